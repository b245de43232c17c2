# SPDX-License-Identifier: BSD-2-Clause
#
# For the toolchain files of this folder: where scripts/cross has put the
# libraries for the target, and nothing of the machine that builds.
#
#   mutator_cross_root(TARGET)
#
# The folder is MUTATOR_CROSS_CACHE/<target>/current; without that variable of
# the environment the cache is build/cross.

function(mutator_cross_root target)
  set(cache "$ENV{MUTATOR_CROSS_CACHE}")
  if(cache STREQUAL "")
    cmake_path(SET cache NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../build/cross")
  endif()
  set(root "${cache}/${target}/current")
  # pkg-config's own path would lead to the machine's libraries.
  set(ENV{PKG_CONFIG_LIBDIR} "${root}/lib/pkgconfig")
  set(ENV{PKG_CONFIG_PATH} "")
  set(CMAKE_FIND_ROOT_PATH "${root}" PARENT_SCOPE)
  set(CMAKE_PREFIX_PATH "${root}" PARENT_SCOPE)
  set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER PARENT_SCOPE)
  set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY PARENT_SCOPE)
  set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY PARENT_SCOPE)
  set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY PARENT_SCOPE)
endfunction()
