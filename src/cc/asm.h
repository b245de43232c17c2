/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/asm.h -- the GNU assembler's dialect, ELF objects
 */

#ifndef mutator_cc_asm_h
#define mutator_cc_asm_h

/* Marks the object fit for indirect branch tracking and shadow stacks, and
 * defines _CET_ENDBR, when the compiler was asked for them. */
#ifdef __CET__
#include <cet.h>
#else
#define _CET_ENDBR
#endif

/* The assembler's own layout. */
/* clang-format off */

/* A function that other objects of the library call, and nobody else. */
#define FUNCTION(name)                                                                                                 \
  .globl name;                                                                                                         \
  .hidden name;                                                                                                        \
  .type name, @function;                                                                                               \
  .p2align 4;                                                                                                          \
  name : .cfi_startproc;                                                                                               \
  _CET_ENDBR

#define END_FUNCTION(name)                                                                                             \
  .cfi_endproc;                                                                                                        \
  .size name, .- name

#define READ_ONLY_DATA .section .rodata, "a", @progbits
#define NO_EXECUTABLE_STACK .section .note.GNU-stack, "", @progbits

/* clang-format on */

#endif
