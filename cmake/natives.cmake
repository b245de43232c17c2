# SPDX-License-Identifier: BSD-2-Clause
#
# The routines in assembly, from the table src/arch/<cpu>/natives.inc.  What a
# line of it becomes depends on the assembler (GNU's, or Microsoft's MASM), the
# format of objects and the calling convention: files of src/cc.
#
# Sets MUTATOR_NATIVES, a source file of the library.

list(GET MUTATOR_ARCH_FOLDERS -1 folder)
set(MUTATOR_NATIVES_FOLDER "${CMAKE_CURRENT_BINARY_DIR}/natives/src/arch/${folder}")

# The file for the C preprocessor, which comes before either assembler.
function(mutator_write_natives file)
  set(text "/* Made by cmake/natives.cmake. */\n")
  foreach(header IN LISTS ARGN)
    string(APPEND text "#include \"cc/${header}.inc\"\n")
  endforeach()
  string(APPEND text "BEGIN_NATIVES\n#include \"arch/${folder}/natives.inc\"\nEND_NATIVES\n")
  file(CONFIGURE OUTPUT "${file}" CONTENT "${text}" @ONLY)
endfunction()

if(CMAKE_C_COMPILER_ID STREQUAL "MSVC")
  enable_language(ASM_MASM)
  set(MUTATOR_NATIVES "${MUTATOR_NATIVES_FOLDER}/natives.asm")
  mutator_write_natives("${MUTATOR_NATIVES}.in" masm/${MUTATOR_CALLING_CONVENTION} masm/natives)
  file(APPEND "${MUTATOR_NATIVES}.in" "END\n")
  file(GLOB_RECURSE tables CONFIGURE_DEPENDS "${MUTATOR_TREE}/src/*.inc")
  add_custom_command(
    OUTPUT "${MUTATOR_NATIVES}"
    COMMAND "${CMAKE_C_COMPILER}" /nologo /EP /I "${MUTATOR_TREE}/src" "${MUTATOR_NATIVES}.in" > "${MUTATOR_NATIVES}"
    DEPENDS "${MUTATOR_NATIVES}.in" ${tables}
    VERBATIM)
else()
  enable_language(ASM)
  set(MUTATOR_NATIVES "${MUTATOR_NATIVES_FOLDER}/natives.S")
  mutator_write_natives("${MUTATOR_NATIVES}" gas/${MUTATOR_OBJECT_FORMAT} gas/${MUTATOR_CALLING_CONVENTION} gas/natives)
endif()
