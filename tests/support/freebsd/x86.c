/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/freebsd/x86.c -- where the registers are
 */

#include "support/native.h"

#include <sys/types.h>

#include <machine/sysarch.h>

#define AT(field) offsetof(ucontext_t, uc_mcontext.mc_##field)

const unsigned short nativeOffsets[MutatorRegisterLIMIT] = {AT(eax), AT(ecx), AT(edx), AT(ebx), AT(esp),
                                                            AT(ebp), AT(esi), AT(edi), AT(eip), AT(eflags)};

/* The selector of 64-bit code (FreeBSD sys/amd64/include/segments.h, GUCODE_SEL). */
void nativeForeignCode(ucontext_t *ucontext) { ucontext->uc_mcontext.mc_cs = 0x43; }

/* FS is free for programs to use: a base of which 16-bit addresses reach the data pages of the differential test. */
MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  *baseReturn = 0x3fffedcb;
  if (i386_set_fsbase((void *)*baseReturn) != 0)
    nativeStopProgram("i386_set_fsbase");
  return 1;
}

/* The C library's thread block. */
MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  void *base;
  if (i386_get_gsbase(&base) != 0)
    nativeStopProgram("i386_get_gsbase");
  *baseReturn = (MutatorWord)base;
  return 1;
}

/* All addresses are low. */
void nativeRunLow(void (*function)(void *closure), void *closure) { function(closure); }
