# SPDX-License-Identifier: BSD-2-Clause
#
# FreeBSD on x86, with zig as compiler and linker: it has the system's headers, and the names in its libraries.

set(CMAKE_SYSTEM_NAME FreeBSD)
set(CMAKE_SYSTEM_PROCESSOR i386)

# Like the library itself, its tests want SSE2.
set(CMAKE_C_FLAGS_INIT "-msse2")
include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
mutator_cross_zig(x86-freebsd.14.0)
include("${CMAKE_CURRENT_LIST_DIR}/root.cmake")
mutator_cross_root(freebsd-x86)
