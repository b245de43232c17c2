# SPDX-License-Identifier: BSD-2-Clause
#
# How every C file of the project is compiled: mutator_compiler (language,
# warnings, sanitizers) and, for the library alone, mutator_library_compiler.

if(NOT CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
  message(WARNING "mutator is tested with GCC and Clang, not with ${CMAKE_C_COMPILER_ID}")
endif()

set(MUTATOR_WARNINGS
    -Wall
    -Wextra
    -Wpedantic
    -Wcast-align
    -Wformat=2
    -Wmissing-prototypes
    -Wpointer-arith
    -Wshadow
    -Wstrict-prototypes
    -Wundef
    -Wvla
    -Wwrite-strings)
if(MSVC)
  set(MUTATOR_WARNINGS /W3)
endif()
if(MUTATOR_WERROR)
  list(APPEND MUTATOR_WARNINGS "$<IF:$<C_COMPILER_ID:MSVC>,/WX,-Werror>")
endif()

add_library(mutator_compiler INTERFACE)
target_compile_features(mutator_compiler INTERFACE c_std_11)
# Inode numbers and file sizes have 64 bits where the C library lets us choose (fstat(2), EOVERFLOW).
target_compile_definitions(mutator_compiler INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(mutator_compiler INTERFACE "$<$<COMPILE_LANGUAGE:C>:${MUTATOR_WARNINGS}>")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

# For the folder, not in mutator_compiler: the lint's own objects take them back.
if(MUTATOR_SANITIZE)
  add_compile_options("$<$<COMPILE_LANGUAGE:C>:-fsanitize=${MUTATOR_SANITIZE}>"
                      "$<$<COMPILE_LANGUAGE:C>:-fno-sanitize-recover=all>"
                      "$<$<COMPILE_LANGUAGE:C>:-fno-omit-frame-pointer>")
  add_link_options("-fsanitize=${MUTATOR_SANITIZE}")
endif()

# The library alone.  In a handler a thread-local variable must not be made on
# first use, as the general TLS models do: initial-exec.
add_library(mutator_library_compiler INTERFACE)
# Addresses below 4,096 are not out of bounds where they are relative to a
# segment: that is how MinGW's headers read the thread's block.
if(MUTATOR_OBJECT_FORMAT MATCHES "^coff" AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
  target_compile_options(mutator_compiler INTERFACE "$<$<COMPILE_LANGUAGE:C>:--param=min-pagesize=0>")
endif()

if(MUTATOR_OBJECT_FORMAT MATCHES "elf|macho")
  target_compile_options(
    mutator_library_compiler INTERFACE -fPIC "$<$<COMPILE_LANGUAGE:C>:-fvisibility=hidden>"
                                       "$<$<COMPILE_LANGUAGE:C>:-ftls-model=initial-exec>")
endif()

# A folder of programs: NAME.c is the program NAME, with NAME_*.c if there are
# such files.  Sets <result> to the names, and <result>_NAME to each one's files.
function(mutator_glob_programs result folder)
  set(patterns "${folder}/*.c")
  foreach(system IN LISTS MUTATOR_OS_FOLDERS)
    list(APPEND patterns "${folder}/${system}/*.c" "${folder}/${system}/${MUTATOR_CPU}/*.c")
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  set(programs "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM stem)
    set(program ${stem})
    foreach(other IN LISTS sources)
      cmake_path(GET other STEM otherStem)
      string(LENGTH "${otherStem}" length)
      string(LENGTH "${program}" programLength)
      string(FIND "${stem}" "${otherStem}_" at)
      if(at EQUAL 0 AND length LESS programLength)
        set(program ${otherStem})
      endif()
    endforeach()
    list(APPEND programs ${program})
    list(APPEND files_${program} "${source}")
  endforeach()
  list(REMOVE_DUPLICATES programs)
  foreach(program IN LISTS programs)
    set(${result}_${program} "${files_${program}}" PARENT_SCOPE)
  endforeach()
  set(${result} "${programs}" PARENT_SCOPE)
endfunction()
