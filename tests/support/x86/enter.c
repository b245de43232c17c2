/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86/enter.c -- into a snippet with all registers loaded, and out of it
 *
 * Every register is loaded, so what is saved is at known addresses.
 */

#include "support/fault_test.h"

#include <string.h>

MutatorWord faultTestIn[MutatorRegisterLIMIT] __asm__("faultTestIn");
MutatorWord faultTestOut[MutatorRegisterLIMIT] __asm__("faultTestOut");
MutatorWord faultTestSavedStack __asm__("faultTestSavedStack");

__asm__(".text\n"
        ".globl faultTestEnter, faultTestExit\n"
        "faultTestEnter:\n"
        "  push %ebp; push %ebx; push %esi; push %edi\n"
        "  mov %esp, faultTestSavedStack\n"
        "  cmpl $0, faultTestIn+4*4\n"
        "  jne 1f\n"
        "  lea -1024(%esp), %eax\n"
        "  and $-64, %eax\n"
        "  mov %eax, faultTestIn+4*4\n"
        "1: pushl faultTestIn+9*4\n"
        "  popfl\n"
        "  mov faultTestIn+0*4, %eax\n"
        "  mov faultTestIn+1*4, %ecx\n"
        "  mov faultTestIn+2*4, %edx\n"
        "  mov faultTestIn+3*4, %ebx\n"
        "  mov faultTestIn+4*4, %esp\n"
        "  mov faultTestIn+5*4, %ebp\n"
        "  mov faultTestIn+6*4, %esi\n"
        "  mov faultTestIn+7*4, %edi\n"
        "  jmp *faultTestIn+8*4\n"
        "faultTestExit:\n"
        "  mov %eax, faultTestOut+0*4\n"
        "  mov %ecx, faultTestOut+1*4\n"
        "  mov %edx, faultTestOut+2*4\n"
        "  mov %ebx, faultTestOut+3*4\n"
        "  mov %esp, faultTestOut+4*4\n"
        "  mov %ebp, faultTestOut+5*4\n"
        "  mov %esi, faultTestOut+6*4\n"
        "  mov %edi, faultTestOut+7*4\n"
        "  mov faultTestSavedStack, %esp\n"
        "  pushfl\n"
        "  popl faultTestOut+9*4\n"
        "  pushl $0x202\n"
        "  popfl\n"
        "  emms\n"
        "  pop %edi; pop %esi; pop %ebx; pop %ebp\n"
        "  ret\n");

/* A jump through the word behind it. */
size_t faultTestJump(unsigned char *at, uintptr_t target) {
  uintptr_t behind = (uintptr_t)at + 6;
  at[0] = 0xff;
  at[1] = 0x25;
  memcpy(at + 2, &behind, sizeof behind);
  memcpy(at + 6, &target, sizeof target);
  return 6 + sizeof target;
}
