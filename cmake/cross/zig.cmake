# SPDX-License-Identifier: BSD-2-Clause
#
# For the toolchain files of this folder: zig, where scripts/cross has put it.
#
#   mutator_cross_zig(TARGET)
#
# Programs named cc, ar and ranlib are in MUTATOR_CROSS_CACHE/zig/current/bin.

function(mutator_cross_zig target)
  set(cache "$ENV{MUTATOR_CROSS_CACHE}")
  if(cache STREQUAL "")
    cmake_path(SET cache NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../build/cross")
  endif()
  set(programs "${cache}/zig/current/bin")
  foreach(language C ASM)
    set(CMAKE_${language}_COMPILER "${programs}/cc" PARENT_SCOPE)
    set(CMAKE_${language}_COMPILER_TARGET ${target} PARENT_SCOPE)
  endforeach()
  set(CMAKE_AR "${programs}/ar" CACHE FILEPATH "")
  set(CMAKE_RANLIB "${programs}/ranlib" CACHE FILEPATH "")
  # Nothing is installed where it would run: names in libraries stay as they are.
  find_program(CMAKE_INSTALL_NAME_TOOL NAMES llvm-install-name-tool llvm-install-name-tool-14 true)
  set(CMAKE_OSX_SYSROOT "" CACHE STRING "zig has the headers")
endfunction()
