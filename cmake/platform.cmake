# SPDX-License-Identifier: BSD-2-Clause
#
# Which port this is: the one place where the build looks at an operating
# system's or a CPU's name.  A new port is one row.
#
# Sets MUTATOR_OS, MUTATOR_CPU, MUTATOR_OS_FOLDERS, MUTATOR_ARCH_FOLDERS, and for
# the natives (cmake/natives.cmake) MUTATOR_OBJECT_FORMAT and MUTATOR_CALLING_CONVENTION.

# CMAKE_SYSTEM_NAME | processors | bits | MUTATOR_OS | MUTATOR_CPU | folders of src/os | folders of src/arch |
# files of src/cc/gas: format of objects, calling convention
set(MUTATOR_PORTS
    "Linux|x86_64,amd64,AMD64|64|linux|x86_64|posix,signal,linux|x86,x86_64|elf|sysv"
    "Linux|i386,i486,i586,i686|32|linux|x86|posix,signal,linux|x86,x86_32|elf|cdecl"
    "FreeBSD|x86_64,amd64|64|freebsd|x86_64|posix,signal,absent,freebsd|x86,x86_64|elf|sysv"
    "FreeBSD|i386,i486,i586,i686|32|freebsd|x86|posix,signal,absent,freebsd|x86,x86_32|elf|cdecl"
    "Darwin|x86_64|64|macos|x86_64|posix,absent,macos|x86,x86_64|macho|sysv"
    "Windows|x86_64,amd64,AMD64|64|windows|x86_64|absent,windows|x86,x86_64|coff|win64"
    "Windows|i386,i486,i586,i686,x86,X86|32|windows|x86|absent,windows|x86,x86_32|coff_x86|cdecl"
)

function(mutator_find_port)
  math(EXPR bits "8 * ${CMAKE_SIZEOF_VOID_P}")
  foreach(port IN LISTS MUTATOR_PORTS)
    string(REPLACE "|" ";" field "${port}")
    list(GET field 0 system)
    list(GET field 1 processors)
    list(GET field 2 portBits)
    string(REPLACE "," ";" processors "${processors}")
    if(system STREQUAL CMAKE_SYSTEM_NAME AND CMAKE_SYSTEM_PROCESSOR IN_LIST processors AND portBits EQUAL bits)
      list(GET field 3 os)
      list(GET field 4 cpu)
      list(GET field 5 osFolders)
      list(GET field 6 archFolders)
      list(GET field 7 format)
      list(GET field 8 convention)
      string(REPLACE "," ";" osFolders "${osFolders}")
      string(REPLACE "," ";" archFolders "${archFolders}")
      set(MUTATOR_OS ${os} PARENT_SCOPE)
      set(MUTATOR_CPU ${cpu} PARENT_SCOPE)
      set(MUTATOR_OS_FOLDERS ${osFolders} PARENT_SCOPE)
      set(MUTATOR_ARCH_FOLDERS ${archFolders} PARENT_SCOPE)
      set(MUTATOR_OBJECT_FORMAT ${format} PARENT_SCOPE)
      set(MUTATOR_CALLING_CONVENTION ${convention} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(
    FATAL_ERROR
      "mutator has no port to ${CMAKE_SYSTEM_NAME} on a ${bits}-bit ${CMAKE_SYSTEM_PROCESSOR}.\n"
      "The ports are the rows of cmake/platform.cmake; docs/porting.md says how to add one.")
endfunction()

mutator_find_port()
