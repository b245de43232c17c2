# SPDX-License-Identifier: BSD-2-Clause
#
# FreeBSD on x86-64, with zig as compiler and linker: it has the system's headers, and the names in its libraries.

set(CMAKE_SYSTEM_NAME FreeBSD)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
mutator_cross_zig(x86_64-freebsd.14.0)
include("${CMAKE_CURRENT_LIST_DIR}/root.cmake")
mutator_cross_root(freebsd-x86_64)
