/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_registers_64.c -- steps treat the registers that 64-bit code has as the CPU does: REX's, and whole ones
 */

#include "support/fault_test.h"

SNIPPET(load8, "mov (" rDI "), %al; mov 1(" rDI "), %r9b; mov 2(" rDI "), %sil; mov 3(" rDI "), %cl");
SNIPPET(load16, "mov (" rDI "), %ax; mov 2(" rDI "), %r15w; mov 4(" rDI "), %bp");
SNIPPET(load32, "mov (" rDI "), %eax; mov 4(" rDI "), %r8d; mov 8(" rDI "), %esi");
SNIPPET(load64, "mov (" rDI "), " rAX "; mov 8(" rDI "), %r12; mov 3(" rDI "), " rBP);
SNIPPET(loadZero, "movzbw (" rDI "), %ax; movzbl 1(" rDI "), %ecx; movzbq 2(" rDI "), " rDX "; movzwl 3(" rDI "), %ebx;"
                  "movzwq 5(" rDI "), %r10");
SNIPPET(loadSign,
        "movsbw 200(" rDI "), %ax; movsbl 201(" rDI "), %ecx; movsbq 202(" rDI "), " rDX "; movswl 203(" rDI "), %ebx;"
        "movswq 205(" rDI "), %r10; movslq 207(" rDI "), %r11");
SNIPPET(loadOwnBase8, "mov (" rDI "), %dil");
SNIPPET(store8, "mov %al, (" rDI "); mov %r9b, 1(" rDI "); mov %sil, 2(" rDI "); movb $0x99, 3(" rDI ")");
SNIPPET(storeWide, "mov %ax, (" rDI "); mov %ecx, 4(" rDI "); mov " rDX ", 8(" rDI "); movw $-2, 16(" rDI
                   "); movl $-2, 20(" rDI ");"
                   "movq $-2, 24(" rDI ")");
SNIPPET(storeStack, "mov " rSP ", (" rDI "); mov %spl, 8(" rDI ")");
SNIPPET(addressing, "mov (" rDI "," rCX ",4), %eax; mov 16(" rDI "," rCX "), %bx; mov -8(" rDI ",%r8,8), " rDX
                    "; mov 64(,%r9,2), %r10");
SNIPPET(compareSize,
        "cmpl $-1, (" rDI "); lahf; mov %eax, %r12d; cmp " rAX ", (" rDI "); lahf; mov %eax, %r13d; cmp (" rDI "), %cx;"
        "lahf; mov %eax, %r14d");
SNIPPET(testBits, "testb $0x80, 130(" rDI "); lahf; mov %eax, %r12d; test " rCX ", (" rDI "); lahf; mov %eax, %r13d;"
                  "testl $0x7fffffff, 3(" rDI ")");
SNIPPET(compareHigh, "cmp %ah, (" rDI "); setb %r12b; cmp (" rDI "), %bh; setb %r13b; test %ch, 7(" rDI ")");
SNIPPET(stackLoad32, "mov " rSP ", " rBX "; mov 4(" rDI "), %esp; xchg " rSP ", " rBX);
SNIPPET(stackLoad8, "mov " rSP ", " rBX "; mov 4(" rDI "), %spl; xchg " rSP ", " rBX);

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
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  for (reg = 0; reg < 16; reg++)
    registers.word[reg] = 0x8182838485868788 * (2 * reg + 1);
  registers.word[MutatorRegisterSP] = 0;
  registers.word[FaultTestDI] = (MutatorWord)base;
  registers.word[MutatorRegisterFLAGS] = 0x202;
#define COMPARE(name, steps) FAULT_TEST_COMPARE(name, &registers, &window, steps)
  COMPARE(load8, 4);
  COMPARE(load16, 3);
  COMPARE(load32, 3);
  COMPARE(load64, 3);
  COMPARE(loadZero, 5);
  COMPARE(loadSign, 6);
  COMPARE(loadOwnBase8, 1);
  COMPARE(store8, 4);
  COMPARE(storeWide, 6);
  COMPARE(storeStack, 2);
  COMPARE(compareSize, 3);
  COMPARE(testBits, 3);
  COMPARE(compareHigh, 3);
  COMPARE(stackLoad32, 1);
  COMPARE(stackLoad8, 1);
  registers.word[FaultTestCX] = 3;
  registers.word[MutatorRegisterR8] = 5;
  registers.word[MutatorRegisterR9] = (MutatorWord)base / 2;
  COMPARE(addressing, 4);
  absolute(&registers, base);
  return 0;
}
