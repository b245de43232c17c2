# SPDX-License-Identifier: BSD-2-Clause
#
# Windows on x86-64, with MinGW-w64 (Debian: gcc-mingw-w64-x86-64-posix); programs run under Wine.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
# For the tests that are in C++, when there is one.
find_program(MUTATOR_CROSS_CXX_x86_64 x86_64-w64-mingw32-g++-posix)
mark_as_advanced(MUTATOR_CROSS_CXX_x86_64)
if(MUTATOR_CROSS_CXX_x86_64)
  set(CMAKE_CXX_COMPILER "${MUTATOR_CROSS_CXX_x86_64}")
endif()

# Programs that run wherever they are put: no DLL of the compiler's.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
cmake_path(SET CMAKE_CROSSCOMPILING_EMULATOR NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../scripts/wine")

include("${CMAKE_CURRENT_LIST_DIR}/root.cmake")
mutator_cross_root(mingw64)
list(APPEND CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
