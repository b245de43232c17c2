# SPDX-License-Identifier: BSD-2-Clause
#
# Linux on 32-bit x86, with the compiler of an x86-64 Linux (Debian: gcc-12-multilib).

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER gcc)

# The kernel's <asm/...> are in the 64-bit library's folder, and good for both;
# the link to them that gcc-multilib makes goes when a cross compiler comes.
execute_process(COMMAND gcc -print-multiarch OUTPUT_VARIABLE multiarch ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
# Like the library itself, its tests want SSE2.
set(CMAKE_C_FLAGS_INIT "-m32 -msse2 -idirafter /usr/include/${multiarch}")
set(CMAKE_ASM_FLAGS_INIT "-m32")
# For the tests that are in C++, when its 32-bit library is there (g++-12-multilib).
execute_process(COMMAND gcc -m32 -print-file-name=libstdc++.so OUTPUT_VARIABLE library ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(IS_ABSOLUTE "${library}")
  set(CMAKE_CXX_COMPILER g++)
  set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
endif()

include("${CMAKE_CURRENT_LIST_DIR}/root.cmake")
mutator_cross_root(i386)
