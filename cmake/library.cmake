# SPDX-License-Identifier: BSD-2-Clause
#
# The library: one set of objects, a static and a shared library made of them.
#
# Targets: mutator_objects, mutator_static, mutator_shared, and mutator::mutator
# (the static one) for projects that take this one by add_subdirectory.

# Every file of the folders that make up this port.  Of an operating system's
# folder, files named for another CPU (os/linux/x86.c) are left out.
function(mutator_glob_sources result)
  set(folders core fault thread postmortem breakpoint inject backstep)
  foreach(folder IN LISTS MUTATOR_ARCH_FOLDERS)
    list(APPEND folders arch/${folder})
  endforeach()
  foreach(folder IN LISTS MUTATOR_OS_FOLDERS)
    list(APPEND folders os/${folder})
  endforeach()
  set(patterns "")
  foreach(folder IN LISTS folders)
    list(APPEND patterns "${MUTATOR_TREE}/src/${folder}/*.c")
  endforeach()
  foreach(folder IN LISTS MUTATOR_OS_FOLDERS)
    list(APPEND patterns "${MUTATOR_TREE}/src/os/${folder}/*.S")
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})

  file(GLOB otherCPUs RELATIVE "${MUTATOR_TREE}/src/arch" "${MUTATOR_TREE}/src/arch/*")
  list(REMOVE_ITEM otherCPUs ${MUTATOR_CPU})
  foreach(cpu IN LISTS otherCPUs)
    list(FILTER sources EXCLUDE REGEX "/src/os/[^/]*/${cpu}\\.[cS]$")
  endforeach()
  if(sources STREQUAL "")
    message(FATAL_ERROR "No source files in ${MUTATOR_TREE}/src")
  endif()
  set(${result} "${sources}" PARENT_SCOPE)
endfunction()

mutator_glob_sources(MUTATOR_SOURCES)
list(APPEND MUTATOR_SOURCES "${MUTATOR_NATIVES}")
# Who follows frame pointers from a callback of an injection shall meet the trampoline's.
set_source_files_properties("${MUTATOR_TREE}/src/inject/run.c" PROPERTIES COMPILE_OPTIONS -fno-omit-frame-pointer)

# The library's objects, with more compiler options if any are given.
function(mutator_add_objects target)
  add_library(${target} OBJECT ${MUTATOR_SOURCES})
  target_include_directories(${target} PRIVATE "${MUTATOR_TREE}/include" "${MUTATOR_TREE}/src")
  # What is inline in one system and a call in others: the system's own comes first.
  foreach(folder IN LISTS MUTATOR_OS_FOLDERS)
    if(EXISTS "${PROJECT_SOURCE_DIR}/src/os/${folder}/inline")
      target_include_directories(${target} PRIVATE "${MUTATOR_TREE}/src/os/${folder}/inline")
    endif()
  endforeach()
  target_include_directories(${target} PRIVATE "${MUTATOR_TREE}/src/os/inline")
  target_compile_definitions(${target} PRIVATE "${MUTATOR_PREFIX}MUTATOR_VERSION=\"${PROJECT_VERSION}\"")
  target_link_libraries(${target} PRIVATE mutator_compiler mutator_library_compiler PkgConfig::MUTATOR_CAPSTONE
                                          Threads::Threads)
  target_compile_options(${target} PRIVATE ${ARGN})
endfunction()

mutator_add_objects(mutator_objects)

add_library(mutator_static STATIC $<TARGET_OBJECTS:mutator_objects>)
target_link_libraries(mutator_static PRIVATE PkgConfig::MUTATOR_CAPSTONE Threads::Threads)

add_library(mutator_shared SHARED $<TARGET_OBJECTS:mutator_objects>)
target_link_libraries(mutator_shared PRIVATE PkgConfig::MUTATOR_CAPSTONE Threads::Threads)
if(MUTATOR_OBJECT_FORMAT STREQUAL "elf")
  # now: no symbol is looked up in a handler.  nodelete: a handler may be running
  # in it.  exclude-libs: what a static Capstone defines is not ours to export; a
  # linker without that is told by a script what is.
  # defs: nothing is missing (Clang leaves the sanitizers' symbols open).
  target_link_options(mutator_shared PRIVATE -Wl,-z,now -Wl,-z,nodelete -Wl,-z,noexecstack)
  include(CheckLinkerFlag)
  check_linker_flag(C -Wl,--exclude-libs,ALL MUTATOR_LINKER_EXCLUDES_LIBS)
  if(MUTATOR_LINKER_EXCLUDES_LIBS)
    target_link_options(mutator_shared PRIVATE -Wl,--exclude-libs,ALL)
  else()
    set(script "${PROJECT_BINARY_DIR}/exports.map")
    file(CONFIGURE OUTPUT "${script}" CONTENT "{ global: ${MUTATOR_PREFIX}Mutator*; local: *; };\n" @ONLY)
    target_link_options(mutator_shared PRIVATE "-Wl,--version-script,${script}")
  endif()
  if(NOT (MUTATOR_SANITIZE AND CMAKE_C_COMPILER_ID MATCHES "Clang"))
    target_link_options(mutator_shared PRIVATE -Wl,-z,defs)
  endif()
endif()

if(MINGW)
  # Divisions of 64 bits on x86 are the compiler's; whoever loads us need not have its DLL.
  target_link_options(mutator_shared PRIVATE -static-libgcc)
endif()

# COFF objects have no visibility: a DLL exports what a list says, here every
# function that the headers for this system declare MUTATOR_API.
function(mutator_write_exports file)
  file(GLOB headers CONFIGURE_DEPENDS "${MUTATOR_TREE}/include/${MUTATOR_PREFIX}mutator/*.h"
       "${MUTATOR_TREE}/include/${MUTATOR_PREFIX}mutator/os/${MUTATOR_OS}.h")
  set(names "")
  foreach(header IN LISTS headers)
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
    file(READ "${header}" text)
    string(REGEX MATCHALL "\n${MUTATOR_PREFIX}MUTATOR_API [^(]*\\(" declarations "${text}")
    foreach(declaration IN LISTS declarations)
      string(REGEX REPLACE ".*[^A-Za-z0-9_]([A-Za-z0-9_]+)\\($" "  \\1\n" name "${declaration}")
      list(APPEND names "${name}")
    endforeach()
  endforeach()
  list(JOIN names "" names)
  file(CONFIGURE OUTPUT "${file}" CONTENT "EXPORTS\n${names}" @ONLY)
endfunction()

if(MUTATOR_OBJECT_FORMAT MATCHES "^coff")
  mutator_write_exports("${PROJECT_BINARY_DIR}/${MUTATOR_PREFIX}mutator.def")
  target_sources(mutator_shared PRIVATE "${PROJECT_BINARY_DIR}/${MUTATOR_PREFIX}mutator.def")
endif()

set_target_properties(
  mutator_static mutator_shared
  PROPERTIES LINKER_LANGUAGE C
             OUTPUT_NAME "${MUTATOR_PREFIX}mutator"
             VERSION "${PROJECT_VERSION}"
             SOVERSION "${PROJECT_VERSION_MAJOR}")
foreach(library mutator_static mutator_shared)
  target_include_directories(${library} INTERFACE "$<BUILD_INTERFACE:${MUTATOR_TREE}/include>"
                                                  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endforeach()
add_library(mutator::mutator ALIAS mutator_static)

# For programs whose JIT writes its code by calls: an object that takes those calls over.
if(MUTATOR_OS STREQUAL "linux")
  set(calls process_vm_writev pwrite pwrite64 pwritev pwritev64)
  add_library(mutator_writes STATIC "${MUTATOR_TREE}/src/os/linux/wrap/setup_writes.c")
  set_target_properties(mutator_writes PROPERTIES OUTPUT_NAME "${MUTATOR_PREFIX}mutator_writes")
  target_link_libraries(mutator_writes PUBLIC "$<BUILD_INTERFACE:mutator_static>"
                                       PRIVATE "$<BUILD_INTERFACE:mutator_compiler>")
  list(TRANSFORM calls PREPEND "-Wl,--wrap=")
  target_link_options(mutator_writes INTERFACE ${calls})
  target_compile_definitions(mutator_writes PRIVATE _GNU_SOURCE)
endif()
