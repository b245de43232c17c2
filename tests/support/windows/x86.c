/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/x86.c -- where the registers are
 */

#include "support/native.h"

/* In the order of their encoding (winnt.h, CONTEXT). */
const size_t nativeOffsets[MutatorRegisterLIMIT] = {
    offsetof(CONTEXT, Eax), offsetof(CONTEXT, Ecx),   offsetof(CONTEXT, Edx), offsetof(CONTEXT, Ebx),
    offsetof(CONTEXT, Esp), offsetof(CONTEXT, Ebp),   offsetof(CONTEXT, Esi), offsetof(CONTEXT, Edi),
    offsetof(CONTEXT, Eip), offsetof(CONTEXT, EFlags)};

const DWORD nativeExtended = CONTEXT_i386 | 0x40; /* CONTEXT_XSTATE */

unsigned char *nativeFxsave(CONTEXT *context) { return context->ExtendedRegisters; }

uint32_t *nativeMxcsr(CONTEXT *context) {
  enum { MxcsrAT = 24 };
  return (uint32_t *)(void *)(context->ExtendedRegisters + MxcsrAT);
}

/* The thread's environment block, and its limit ends with that. */
MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  (void)baseReturn;
  return 0;
}

MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  (void)baseReturn;
  return 0;
}
