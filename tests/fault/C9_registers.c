/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_registers.c -- results go to registers as the CPU puts them there: merged, zero-extended, AH to BH, RSP
 *
 * Each snippet runs natively and stepped; registers, flags and memory must be
 * the same.  The few forms that are easiest to get wrong; the differential test has them all.
 */

#include "support/fault_test.h"

#include <stdio.h>

SNIPPET(load8, "mov (%rdi), %al; mov 1(%rdi), %r9b; mov 2(%rdi), %sil; mov 3(%rdi), %cl");
SNIPPET(loadHigh, "mov (%rdi), %ah; mov 1(%rdi), %ch; mov 2(%rdi), %dh; mov 3(%rdi), %bh");
SNIPPET(load16, "mov (%rdi), %ax; mov 2(%rdi), %r15w; mov 4(%rdi), %bp");
SNIPPET(load32, "mov (%rdi), %eax; mov 4(%rdi), %r8d; mov 8(%rdi), %esi");
SNIPPET(load64, "mov (%rdi), %rax; mov 8(%rdi), %r12; mov 3(%rdi), %rbp");
SNIPPET(loadZero, "movzbw (%rdi), %ax; movzbl 1(%rdi), %ecx; movzbq 2(%rdi), %rdx; movzwl 3(%rdi), %ebx;"
                  "movzwq 5(%rdi), %r10");
SNIPPET(loadSign, "movsbw 200(%rdi), %ax; movsbl 201(%rdi), %ecx; movsbq 202(%rdi), %rdx; movswl 203(%rdi), %ebx;"
                  "movswq 205(%rdi), %r10; movslq 207(%rdi), %r11");
SNIPPET(loadOwnBase, "mov (%rdi), %rdi");
SNIPPET(loadOwnBase8, "mov (%rdi), %dil");
SNIPPET(store8, "mov %al, (%rdi); mov %r9b, 1(%rdi); mov %sil, 2(%rdi); movb $0x99, 3(%rdi)");
SNIPPET(storeHigh, "mov %ah, (%rdi); mov %ch, 1(%rdi); mov %dh, 2(%rdi); mov %bh, 3(%rdi)");
SNIPPET(storeWide, "mov %ax, (%rdi); mov %ecx, 4(%rdi); mov %rdx, 8(%rdi); movw $-2, 16(%rdi); movl $-2, 20(%rdi);"
                   "movq $-2, 24(%rdi)");
SNIPPET(storeBase, "mov %rdi, (%rdi)");
SNIPPET(storeStack, "mov %rsp, (%rdi); mov %spl, 8(%rdi)");
SNIPPET(addressing, "mov (%rdi,%rcx,4), %eax; mov 16(%rdi,%rcx), %bx; mov -8(%rdi,%r8,8), %rdx; mov 64(,%r9,2), %r10");
SNIPPET(compare, "cmpb $100, 150(%rdi); setc %al; setl %bl; seto %dl");
SNIPPET(compareSize,
        "cmpl $-1, (%rdi); lahf; mov %eax, %r12d; cmp %rax, (%rdi); lahf; mov %eax, %r13d; cmp (%rdi), %cx;"
        "lahf; mov %eax, %r14d");
SNIPPET(testBits, "testb $0x80, 130(%rdi); lahf; mov %eax, %r12d; test %rcx, (%rdi); lahf; mov %eax, %r13d;"
                  "testl $0x7fffffff, 3(%rdi)");
SNIPPET(compareHigh, "cmp %ah, (%rdi); setb %r12b; cmp (%rdi), %bh; setb %r13b; test %ch, 7(%rdi)");

/* The stack pointer as base, and as destination: a whole one, half of one, a quarter. */
SNIPPET(stackBase, "xchg %rdi, %rsp; mov 8(%rsp), %rax; mov %rax, 24(%rsp); cmpw $3, (%rsp,%rcx); xchg %rdi, %rsp");
SNIPPET(stackLoad, "mov %rsp, %rbx; lea -64(%rsp), %rcx; mov %rcx, 8(%rdi); mov 8(%rdi), %rsp; xchg %rsp, %rbx");
SNIPPET(stackLoad32, "mov %rsp, %rbx; mov 4(%rdi), %esp; xchg %rsp, %rbx");
SNIPPET(stackLoad16, "mov %rsp, %rbx; mov 4(%rdi), %sp; xchg %rsp, %rbx");
SNIPPET(stackLoad8, "mov %rsp, %rbx; mov 4(%rdi), %spl; xchg %rsp, %rbx");

static MutatorWindowStruct window;

/* A place in the window by its absolute address, through the accumulator alone. */
static void absolute(const FaultTestRegisters *registers, const unsigned char *base) {
  static const struct {
    const char *name;
    unsigned char bytes[3];
    size_t count;
  } forms[] = {{"A0", {0xa0}, 1}, {"A1", {0xa1}, 1}, {"66 A1", {0x66, 0xa1}, 2}, {"48 A1", {0x48, 0xa1}, 2},
               {"A2", {0xa2}, 1}, {"A3", {0xa3}, 1}, {"66 A3", {0x66, 0xa3}, 2}, {"48 A3", {0x48, 0xa3}, 2}};
  size_t i, j;
  for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    unsigned char code[16];
    uintptr_t address = (uintptr_t)base + 130;
    for (j = 0; j < forms[i].count; j++)
      code[j] = forms[i].bytes[j];
    for (j = 0; j < 8; j++)
      code[forms[i].count + j] = (unsigned char)(address >> 8 * j);
    faultTestCompare(forms[i].name, code, forms[i].count + 8, registers, &window, 1);
  }
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  unsigned reg;
  unsigned char *base;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, faultTestPageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  for (reg = 0; reg < 16; reg++)
    registers.word[reg] = 0x8182838485868788 * (2 * reg + 1);
  registers.word[MutatorRegisterRSP] = 0;
  registers.word[MutatorRegisterRDI] = (MutatorWord)base;
  registers.word[MutatorRegisterFLAGS] = 0x202;
#define COMPARE(name, steps) FAULT_TEST_COMPARE(name, &registers, &window, steps)
  COMPARE(load8, 4);
  COMPARE(loadHigh, 4);
  COMPARE(load16, 3);
  COMPARE(load32, 3);
  COMPARE(load64, 3);
  COMPARE(loadZero, 5);
  COMPARE(loadSign, 6);
  COMPARE(loadOwnBase, 1);
  COMPARE(loadOwnBase8, 1);
  COMPARE(store8, 4);
  COMPARE(storeHigh, 4);
  COMPARE(storeWide, 6);
  COMPARE(storeBase, 1);
  COMPARE(storeStack, 2);
  COMPARE(compare, 1);
  COMPARE(compareSize, 3);
  COMPARE(testBits, 3);
  COMPARE(compareHigh, 3);
  registers.word[MutatorRegisterRCX] = 3;
  COMPARE(stackBase, 3);
  COMPARE(stackLoad, 2);
  COMPARE(stackLoad32, 1);
  COMPARE(stackLoad16, 1);
  COMPARE(stackLoad8, 1);
  registers.word[MutatorRegisterR8] = 5;
  registers.word[MutatorRegisterR9] = (MutatorWord)base / 2;
  COMPARE(addressing, 4);
  absolute(&registers, base);
  return 0;
}
