/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_registers.c -- results go to registers as the CPU puts them there: merged, extended, AH to BH, the stack pointer
 *
 * Each snippet runs natively and stepped; registers, flags and memory must be
 * the same.  The few forms that are easiest to get wrong; the differential test has them all.
 */

#include "support/fault_test.h"

SNIPPET(load8, "mov (" rDI "), %al; mov 3(" rDI "), %cl");
SNIPPET(loadHigh, "mov (" rDI "), %ah; mov 1(" rDI "), %ch; mov 2(" rDI "), %dh; mov 3(" rDI "), %bh");
SNIPPET(load16, "mov (" rDI "), %ax; mov 2(" rDI "), %si; mov 4(" rDI "), %bp");
SNIPPET(load32, "mov (" rDI "), %eax; mov 8(" rDI "), %esi");
SNIPPET(loadWord, "mov (" rDI "), " rAX "; mov 3(" rDI "), " rBP);
SNIPPET(loadZero, "movzbw (" rDI "), %ax; movzbl 1(" rDI "), %ecx; movzwl 3(" rDI "), %ebx");
SNIPPET(loadSign, "movsbw 200(" rDI "), %ax; movsbl 201(" rDI "), %ecx; movswl 203(" rDI "), %ebx");
SNIPPET(loadOwnBase, "mov (" rDI "), " rDI);
SNIPPET(store8, "mov %al, (" rDI "); movb $0x99, 3(" rDI ")");
SNIPPET(storeHigh, "mov %ah, (" rDI "); mov %ch, 1(" rDI "); mov %dh, 2(" rDI "); mov %bh, 3(" rDI ")");
SNIPPET(storeWide, "mov %ax, (" rDI "); mov %ecx, 4(" rDI "); mov " rDX ", 8(" rDI "); movw $-2, 16(" rDI ");"
                   "movl $-2, 20(" rDI "); mov" WORD " $-2, 24(" rDI ")");
SNIPPET(storeBase, "mov " rDI ", (" rDI ")");
SNIPPET(storeStack, "mov " rSP ", (" rDI ")");
SNIPPET(addressing, "mov (" rDI "," rCX ",4), %eax; mov 16(" rDI "," rCX "), %bx; mov -8(" rDI "," rDX ",8), " rBP);
SNIPPET(compare, "cmpb $100, 150(" rDI "); setc %al; setl %bl; seto %dl");
SNIPPET(compareSize, "cmpl $-1, (" rDI "); lahf; mov %eax, %ebp; cmp " rAX ", (" rDI "); lahf; mov %eax, %esi;"
                     "cmp (" rDI "), %cx; lahf");
SNIPPET(testBits, "testb $0x80, 130(" rDI "); lahf; mov %eax, %ebp; test " rCX ", (" rDI "); lahf; mov %eax, %esi;"
                  "testl $0x7fffffff, 3(" rDI ")");
SNIPPET(compareHigh, "cmp %ah, (" rDI "); setb %al; cmp (" rDI "), %bh; setb %cl; test %ch, 7(" rDI ")");

/* The stack pointer as base, and as destination: a whole one, and a part of one. */
SNIPPET(stackBase, "xchg " rDI ", " rSP "; mov 8(" rSP "), " rAX "; mov " rAX ", 24(" rSP "); cmpw $3, (" rSP "," rCX
                   "); xchg " rDI ", " rSP);
SNIPPET(stackLoad, "mov " rSP ", " rBX "; lea -64(" rSP "), " rCX "; mov " rCX ", 8(" rDI "); mov 8(" rDI "), " rSP
                   "; xchg " rSP ", " rBX);
SNIPPET(stackLoad16, "mov " rSP ", " rBX "; mov 4(" rDI "), %sp; xchg " rSP ", " rBX);

int main(void) {
  static MutatorWindowStruct window;
  FaultTestRegisters registers = {{0}};
  unsigned reg;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  for (reg = 0; reg < FAULT_TEST_GENERAL; reg++)
    registers.word[reg] = (MutatorWord)UINT64_C(0x8182838485868788) * (2 * reg + 1);
  registers.word[MutatorRegisterSP] = 0;
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  registers.word[MutatorRegisterFLAGS] = 0x202;
#define COMPARE(name, steps) FAULT_TEST_COMPARE(name, &registers, &window, steps)
  COMPARE(load8, 2);
  COMPARE(loadHigh, 4);
  COMPARE(load16, 3);
  COMPARE(load32, 2);
  COMPARE(loadWord, 2);
  COMPARE(loadZero, 3);
  COMPARE(loadSign, 3);
  COMPARE(loadOwnBase, 1);
  COMPARE(store8, 2);
  COMPARE(storeHigh, 4);
  COMPARE(storeWide, 6);
  COMPARE(storeBase, 1);
  COMPARE(storeStack, 1);
  COMPARE(compare, 1);
  COMPARE(compareSize, 3);
  COMPARE(testBits, 3);
  COMPARE(compareHigh, 3);
  registers.word[FaultTestCX] = 3;
  if (nativeFrameSize() == 0) /* else the system would write below it, where nothing is */
    COMPARE(stackBase, 3);
  COMPARE(stackLoad, 2);
  COMPARE(stackLoad16, 1);
  registers.word[FaultTestDX] = 5;
  COMPARE(addressing, 3);
  return 0;
}
