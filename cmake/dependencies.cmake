# SPDX-License-Identifier: BSD-2-Clause
#
# What the build needs from outside: Capstone (4, 5 or 6) for the library,
# Check and Zydis for the tests.

# Where programs are linked with nothing but static libraries, no import library will do.
if(CMAKE_EXE_LINKER_FLAGS MATCHES "(^| )-static( |$)")
  list(PREPEND CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config was not found; on Debian and Ubuntu: apt-get install pkg-config")
endif()

pkg_check_modules(MUTATOR_CAPSTONE IMPORTED_TARGET capstone>=4)
if(NOT MUTATOR_CAPSTONE_FOUND)
  message(FATAL_ERROR "Capstone 4 or later was not found by pkg-config (module capstone).\n"
                      "On Debian and Ubuntu: apt-get install libcapstone-dev")
endif()
# Some versions name include/capstone, some include; we say <capstone/capstone.h>.
foreach(folder IN LISTS MUTATOR_CAPSTONE_INCLUDE_DIRS)
  if(folder MATCHES "^(.+)/capstone/?$" AND NOT CMAKE_MATCH_1 IN_LIST CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES)
    set_property(TARGET PkgConfig::MUTATOR_CAPSTONE APPEND PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_MATCH_1}")
  endif()
endforeach()
# Its pkg-config file names the folder that holds capstone.h; the headers are
# included as Capstone's documentation has it, <capstone/capstone.h>.
foreach(folder IN LISTS MUTATOR_CAPSTONE_INCLUDE_DIRS)
  if(EXISTS "${folder}/../capstone/capstone.h")
    cmake_path(GET folder PARENT_PATH folder)
    target_include_directories(PkgConfig::MUTATOR_CAPSTONE INTERFACE "${folder}")
  endif()
endforeach()
if(MUTATOR_CAPSTONE_VERSION VERSION_GREATER_EQUAL 7)
  message(WARNING "Capstone ${MUTATOR_CAPSTONE_VERSION}: mutator is made for 4, 5 and 6")
endif()

if(MUTATOR_BUILD_TESTS)
  pkg_check_modules(MUTATOR_CHECK IMPORTED_TARGET check)
  if(NOT MUTATOR_CHECK_FOUND)
    message(FATAL_ERROR "The tests need Check, which pkg-config did not find (module check).\n"
                        "On Debian and Ubuntu: apt-get install check\nWithout tests: -DMUTATOR_BUILD_TESTS=OFF")
  endif()
  find_package(zydis 4 QUIET CONFIG)
  if(NOT TARGET Zydis::Zydis)
    message(FATAL_ERROR "The tests need Zydis 4 (find_package(zydis)).\n"
                        "On Debian and Ubuntu: apt-get install libzydis-dev\nWithout tests: -DMUTATOR_BUILD_TESTS=OFF")
  endif()
  # The system's own interpreter before a user's: the scripts use its standard library only.
  find_program(MUTATOR_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
  find_program(MUTATOR_PYTHON NAMES python3 REQUIRED)
  mark_as_advanced(MUTATOR_PYTHON)
endif()
