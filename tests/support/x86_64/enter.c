/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86_64/enter.c -- into a snippet with all registers loaded, and out of it
 *
 * Every register is loaded, so what is saved is at known addresses.  Kept for
 * the caller is what either ABI wants kept: RSI, RDI and XMM6 to XMM15 are
 * Windows's.
 */

#include "support/fault_test.h"

#include <string.h>

MutatorWord faultTestIn[MutatorRegisterLIMIT] __asm__("faultTestIn");
MutatorWord faultTestOut[MutatorRegisterLIMIT] __asm__("faultTestOut");
MutatorWord faultTestSavedStack __asm__("faultTestSavedStack");

__asm__(".text\n"
        ".globl faultTestEnter, faultTestExit\n"
        "faultTestEnter:\n"
        "  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15; push %rsi; push %rdi\n"
        "  sub $168, %rsp\n"
        "  .irp n,6,7,8,9,10,11,12,13,14,15\n"
        "  movups %xmm\\n, 16*\\n-96(%rsp)\n"
        "  .endr\n"
        "  mov %rsp, faultTestSavedStack(%rip)\n"
        "  cmpq $0, faultTestIn+4*8(%rip)\n"
        "  jne 1f\n"
        "  lea -1024(%rsp), %rax\n"
        "  and $-64, %rax\n"
        "  mov %rax, faultTestIn+4*8(%rip)\n"
        "1: pushq faultTestIn+17*8(%rip)\n"
        "  popfq\n"
        "  mov faultTestIn+0*8(%rip), %rax\n"
        "  mov faultTestIn+1*8(%rip), %rcx\n"
        "  mov faultTestIn+2*8(%rip), %rdx\n"
        "  mov faultTestIn+3*8(%rip), %rbx\n"
        "  mov faultTestIn+4*8(%rip), %rsp\n"
        "  mov faultTestIn+5*8(%rip), %rbp\n"
        "  mov faultTestIn+6*8(%rip), %rsi\n"
        "  mov faultTestIn+7*8(%rip), %rdi\n"
        "  mov faultTestIn+8*8(%rip), %r8\n"
        "  mov faultTestIn+9*8(%rip), %r9\n"
        "  mov faultTestIn+10*8(%rip), %r10\n"
        "  mov faultTestIn+11*8(%rip), %r11\n"
        "  mov faultTestIn+12*8(%rip), %r12\n"
        "  mov faultTestIn+13*8(%rip), %r13\n"
        "  mov faultTestIn+14*8(%rip), %r14\n"
        "  mov faultTestIn+15*8(%rip), %r15\n"
        "  jmp *faultTestIn+16*8(%rip)\n"
        "faultTestExit:\n"
        "  mov %rax, faultTestOut+0*8(%rip)\n"
        "  mov %rcx, faultTestOut+1*8(%rip)\n"
        "  mov %rdx, faultTestOut+2*8(%rip)\n"
        "  mov %rbx, faultTestOut+3*8(%rip)\n"
        "  mov %rsp, faultTestOut+4*8(%rip)\n"
        "  mov %rbp, faultTestOut+5*8(%rip)\n"
        "  mov %rsi, faultTestOut+6*8(%rip)\n"
        "  mov %rdi, faultTestOut+7*8(%rip)\n"
        "  mov %r8, faultTestOut+8*8(%rip)\n"
        "  mov %r9, faultTestOut+9*8(%rip)\n"
        "  mov %r10, faultTestOut+10*8(%rip)\n"
        "  mov %r11, faultTestOut+11*8(%rip)\n"
        "  mov %r12, faultTestOut+12*8(%rip)\n"
        "  mov %r13, faultTestOut+13*8(%rip)\n"
        "  mov %r14, faultTestOut+14*8(%rip)\n"
        "  mov %r15, faultTestOut+15*8(%rip)\n"
        "  mov faultTestSavedStack(%rip), %rsp\n"
        "  pushfq\n"
        "  popq faultTestOut+17*8(%rip)\n"
        "  pushq $0x202\n"
        "  popfq\n"
        "  emms\n"
        "  .irp n,6,7,8,9,10,11,12,13,14,15\n"
        "  movups 16*\\n-96(%rsp), %xmm\\n\n"
        "  .endr\n"
        "  add $168, %rsp\n"
        "  pop %rdi; pop %rsi; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
        "  ret\n");

/* A jump through the eight bytes behind it. */
size_t faultTestJump(unsigned char *at, uintptr_t target) {
  static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0};
  memcpy(at, jump, sizeof jump);
  memcpy(at + sizeof jump, &target, sizeof target);
  return sizeof jump + sizeof target;
}
