/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86_64/inject_trial.c -- the code of a trial
 */

#include "support/inject_trial.h"

#include "support/fault_test.h"

/* The code's offsets. */
_Static_assert(offsetof(TrialData, mask) == 8, "the trial's assembly");
_Static_assert(offsetof(TrialData, in) == 16, "the trial's assembly");
_Static_assert(offsetof(TrialData, out) == 160, "the trial's assembly");
_Static_assert(offsetof(TrialData, inState) == 512, "the trial's assembly");
_Static_assert(offsetof(TrialData, outState) == 512 + 16384, "the trial's assembly");

__asm__(".text\n"
        ".p2align 6\n"
        ".globl trialCode, trialTrap, trialEnd, injectClearAC\n"
        "trialCode:\n"
        "LtrialCode:\n"
        "  push %rbx\n  push %rbp\n  push %rsi\n  push %rdi\n"
        "  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
        "  mov %rsp, LtrialCode+4096(%rip)\n"
        "  mov LtrialCode+4096+8(%rip), %eax\n"
        "  mov LtrialCode+4096+12(%rip), %edx\n"
        "  xrstor64 LtrialCode+4096+512(%rip)\n"
        "  pushq LtrialCode+4096+16+17*8(%rip)\n"
        "  popfq\n"
        "  mov LtrialCode+4096+16+0*8(%rip), %rax\n  mov LtrialCode+4096+16+1*8(%rip), %rcx\n"
        "  mov LtrialCode+4096+16+2*8(%rip), %rdx\n  mov LtrialCode+4096+16+3*8(%rip), %rbx\n"
        "  mov LtrialCode+4096+16+4*8(%rip), %rsp\n  mov LtrialCode+4096+16+5*8(%rip), %rbp\n"
        "  mov LtrialCode+4096+16+6*8(%rip), %rsi\n  mov LtrialCode+4096+16+7*8(%rip), %rdi\n"
        "  mov LtrialCode+4096+16+8*8(%rip), %r8\n  mov LtrialCode+4096+16+9*8(%rip), %r9\n"
        "  mov LtrialCode+4096+16+10*8(%rip), %r10\n  mov LtrialCode+4096+16+11*8(%rip), %r11\n"
        "  mov LtrialCode+4096+16+12*8(%rip), %r12\n  mov LtrialCode+4096+16+13*8(%rip), %r13\n"
        "  mov LtrialCode+4096+16+14*8(%rip), %r14\n  mov LtrialCode+4096+16+15*8(%rip), %r15\n"
        "trialTrap:\n"
        "  nop\n  nop\n  nop\n  nop\n"
        "  mov %rax, LtrialCode+4096+160+0*8(%rip)\n  mov %rcx, LtrialCode+4096+160+1*8(%rip)\n"
        "  mov %rdx, LtrialCode+4096+160+2*8(%rip)\n  mov %rbx, LtrialCode+4096+160+3*8(%rip)\n"
        "  mov %rsp, LtrialCode+4096+160+4*8(%rip)\n  mov %rbp, LtrialCode+4096+160+5*8(%rip)\n"
        "  mov %rsi, LtrialCode+4096+160+6*8(%rip)\n  mov %rdi, LtrialCode+4096+160+7*8(%rip)\n"
        "  mov %r8, LtrialCode+4096+160+8*8(%rip)\n  mov %r9, LtrialCode+4096+160+9*8(%rip)\n"
        "  mov %r10, LtrialCode+4096+160+10*8(%rip)\n  mov %r11, LtrialCode+4096+160+11*8(%rip)\n"
        "  mov %r12, LtrialCode+4096+160+12*8(%rip)\n  mov %r13, LtrialCode+4096+160+13*8(%rip)\n"
        "  mov %r14, LtrialCode+4096+160+14*8(%rip)\n  mov %r15, LtrialCode+4096+160+15*8(%rip)\n"
        "  mov LtrialCode+4096(%rip), %rsp\n"
        "  pushfq\n"
        "  popq LtrialCode+4096+160+17*8(%rip)\n"
        "  push $0x202\n  popfq\n"
        "  mov LtrialCode+4096+8(%rip), %eax\n"
        "  mov LtrialCode+4096+12(%rip), %edx\n"
        "  xsave64 LtrialCode+4096+512+16384(%rip)\n"
        "  fninit\n"
        "  push $0x1f80\n  ldmxcsr (%rsp)\n  pop %rax\n"
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n"
        "  pop %rdi\n  pop %rsi\n  pop %rbp\n  pop %rbx\n"
        "  ret\n"
        "trialEnd:\n"
        "injectClearAC:\n"
        "  pushfq\n  andl $0xfffbffff, (%rsp)\n  popfq\n"
        "  ret\n");

const TrialTrapCode trialTraps[TrialTrapLIMIT] = {
    [TrialTrapILLEGAL] = {2, {0x0f, 0x0b}},      [TrialTrapBREAKPOINT] = {1, {0xcc}},
    [TrialTrapDIVIDE] = {3, {0x49, 0xf7, 0xf1}}, [TrialTrapREAD] = {3, {0x4d, 0x8b, 0x19}},
    [TrialTrapWRITE] = {3, {0x4d, 0x89, 0x19}},  [TrialTrapGENERAL] = {1, {0xf4}},
};
const unsigned trialPointer = MutatorRegisterR9, trialValue = MutatorRegisterR11;

/* Some of them are a function's to keep, on some systems. */
#define XMM_REGISTERS                                                                                                 \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
      "xmm14", "xmm15"

void trialCall(void (*code)(void)) {
  code();
  __asm__ volatile("" : : : XMM_REGISTERS);
}

void injectLoadState(const unsigned char *state, uint64_t mask) {
  __asm__ volatile("xrstor64 (%0)"
                   :
                   : "r"(state), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32))
                   : "memory", XMM_REGISTERS);
}
