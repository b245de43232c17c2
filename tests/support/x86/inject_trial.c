/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86/inject_trial.c -- the code of a trial
 *
 * It finds its data by its own address, which takes a register and the stack:
 * after the trap the registers are pushed to the thread's.
 */

#include "support/inject_trial.h"

#include "support/fault_test.h"

/* The code's offsets. */
_Static_assert(offsetof(TrialData, mask) == 8, "the trial's assembly");
_Static_assert(offsetof(TrialData, in) == 16, "the trial's assembly");
_Static_assert(offsetof(TrialData, out) == 56, "the trial's assembly");
_Static_assert(offsetof(TrialData, inState) == 512, "the trial's assembly");
_Static_assert(offsetof(TrialData, outState) == 512 + 16384, "the trial's assembly");

__asm__(".text\n"
        ".p2align 6\n"
        ".globl trialCode, trialTrap, trialEnd, injectClearAC\n"
        "trialCode:\n"
        "  push %ebx\n  push %ebp\n  push %esi\n  push %edi\n"
        "  call trialBefore\n"
        "trialBefore:\n"
        "  pop %ebx\n"
        "  lea 4096 - (trialBefore - trialCode)(%ebx), %ebx\n"
        "  mov %esp, (%ebx)\n"
        "  mov 8(%ebx), %eax\n"
        "  mov 12(%ebx), %edx\n"
        "  xrstor 512(%ebx)\n"
        "  pushl 16+9*4(%ebx)\n"
        "  popfl\n"
        "  mov 16+0*4(%ebx), %eax\n  mov 16+1*4(%ebx), %ecx\n"
        "  mov 16+2*4(%ebx), %edx\n  mov 16+4*4(%ebx), %esp\n"
        "  mov 16+5*4(%ebx), %ebp\n  mov 16+6*4(%ebx), %esi\n"
        "  mov 16+7*4(%ebx), %edi\n  mov 16+3*4(%ebx), %ebx\n"
        "trialTrap:\n"
        "  nop\n  nop\n  nop\n  nop\n"
        "  pushfl\n"
        "  pushal\n"
        "  call trialAfter\n"
        "trialAfter:\n"
        "  pop %ebx\n"
        "  lea 4096 - (trialAfter - trialCode)(%ebx), %ebx\n"
        "  mov 28(%esp), %eax\n  mov %eax, 56+0*4(%ebx)\n"
        "  mov 24(%esp), %eax\n  mov %eax, 56+1*4(%ebx)\n"
        "  mov 20(%esp), %eax\n  mov %eax, 56+2*4(%ebx)\n"
        "  mov 16(%esp), %eax\n  mov %eax, 56+3*4(%ebx)\n"
        "  lea 36(%esp), %eax\n  mov %eax, 56+4*4(%ebx)\n"
        "  mov 8(%esp), %eax\n  mov %eax, 56+5*4(%ebx)\n"
        "  mov 4(%esp), %eax\n  mov %eax, 56+6*4(%ebx)\n"
        "  mov (%esp), %eax\n  mov %eax, 56+7*4(%ebx)\n"
        "  mov 32(%esp), %eax\n  mov %eax, 56+9*4(%ebx)\n"
        "  mov (%ebx), %esp\n"
        "  pushl $0x202\n  popfl\n"
        "  mov 8(%ebx), %eax\n"
        "  mov 12(%ebx), %edx\n"
        "  xsave 512+16384(%ebx)\n"
        "  fninit\n"
        "  pushl $0x1f80\n  ldmxcsr (%esp)\n  pop %eax\n"
        "  pop %edi\n  pop %esi\n  pop %ebp\n  pop %ebx\n"
        "  ret\n"
        "trialEnd:\n"
        "injectClearAC:\n"
        "  pushfl\n  andl $0xfffbffff, (%esp)\n  popfl\n"
        "  ret\n");

const TrialTrapCode trialTraps[TrialTrapLIMIT] = {
    [TrialTrapILLEGAL] = {2, {0x0f, 0x0b}}, [TrialTrapBREAKPOINT] = {1, {0xcc}},  [TrialTrapDIVIDE] = {2, {0xf7, 0xf7}},
    [TrialTrapREAD] = {2, {0x8b, 0x37}},    [TrialTrapWRITE] = {2, {0x89, 0x37}}, [TrialTrapGENERAL] = {1, {0xf4}},
};
const unsigned trialPointer = MutatorRegisterEDI, trialValue = MutatorRegisterESI;

void trialCall(void (*code)(void)) { code(); }

void injectLoadState(const unsigned char *state, uint64_t mask) {
  __asm__ volatile("xrstor (%0)" : : "r"(state), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}
