/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/freebsd/x86_64.c -- where the registers are
 */

#include "support/native.h"

#include <sys/types.h>

#include <machine/sysarch.h>

#define AT(field) offsetof(ucontext_t, uc_mcontext.mc_##field)

const unsigned short nativeOffsets[MutatorRegisterLIMIT] = {AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
                                                            AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
                                                            AT(r12), AT(r13), AT(r14), AT(r15), AT(rip), AT(rflags)};

/* The selector of 32-bit code (FreeBSD sys/amd64/include/segments.h, GUCODE32_SEL). */
void nativeForeignCode(ucontext_t *ucontext) { ucontext->uc_mcontext.mc_cs = 0x33; }

MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  void *base;
  if (amd64_get_fsbase(&base) != 0)
    nativeStopProgram("amd64_get_fsbase");
  *baseReturn = (MutatorWord)base;
  return 1;
}

/* GS's base is free for programs to use: an odd one, at a low address. */
MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  *baseReturn = 0x30001235;
  if (amd64_set_gsbase((void *)*baseReturn) != 0)
    nativeStopProgram("amd64_set_gsbase");
  return 1;
}

/* Where FS's base is nobody promises. */
void nativeRunLow(void (*function)(void *closure), void *closure) { function(closure); }
