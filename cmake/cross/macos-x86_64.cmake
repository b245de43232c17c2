# SPDX-License-Identifier: BSD-2-Clause
#
# macOS on x86-64, with zig as compiler and linker: it has the system's headers, and the names in its libraries.

set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
mutator_cross_zig(x86_64-macos.13.0)
include("${CMAKE_CURRENT_LIST_DIR}/root.cmake")
mutator_cross_root(macos-x86_64)
