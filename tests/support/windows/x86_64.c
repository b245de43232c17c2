/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/x86_64.c -- where the registers are
 */

#include "support/native.h"

/* In the order of their encoding (winnt.h, CONTEXT). */
const size_t nativeOffsets[MutatorRegisterLIMIT] = {
    offsetof(CONTEXT, Rax), offsetof(CONTEXT, Rcx),   offsetof(CONTEXT, Rdx), offsetof(CONTEXT, Rbx),
    offsetof(CONTEXT, Rsp), offsetof(CONTEXT, Rbp),   offsetof(CONTEXT, Rsi), offsetof(CONTEXT, Rdi),
    offsetof(CONTEXT, R8),  offsetof(CONTEXT, R9),    offsetof(CONTEXT, R10), offsetof(CONTEXT, R11),
    offsetof(CONTEXT, R12), offsetof(CONTEXT, R13),   offsetof(CONTEXT, R14), offsetof(CONTEXT, R15),
    offsetof(CONTEXT, Rip), offsetof(CONTEXT, EFlags)};

const DWORD nativeExtended = CONTEXT_AMD64 | 0x40; /* CONTEXT_XSTATE */

unsigned char *nativeFxsave(CONTEXT *context) { return (unsigned char *)&context->FltSave; }

uint32_t *nativeMxcsr(CONTEXT *context) { return (uint32_t *)(void *)&context->MxCsr; }

/* Nothing of a program's is there. */
MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  (void)baseReturn;
  return 0;
}

/* The thread's environment block, which knows its own address. */
MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  *baseReturn = (MutatorWord)(uintptr_t)NtCurrentTeb();
  return 1;
}
