/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_crossing.c -- accesses that cross a page, natively and stepped through a window, at every offset
 */

#include "support/fault_test.h"

SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeStore4, "movl $0x12345678, (" rDI ")");
SNIPPET(codeStore2, "mov %cx, (" rDI ")");
SNIPPET(codeLoad, "mov (" rDI "), " rBX);
SNIPPET(codeLoad2, "movsw" WORD " (" rDI "), " rBX);
SNIPPET(codeCompare, "cmp " rAX ", (" rDI ")");

enum { Page = 4096 };

int main(void) {
  static MutatorWindowStruct window;
  FaultTestRegisters registers = {{0}};
  unsigned n;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, 3 * Page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  registers.word[FaultTestAX] = (MutatorWord)UINT64_C(0xa1a2a3a4a5a6a7a8);
  registers.word[FaultTestCX] = (MutatorWord)UINT64_C(0xc1c2c3c4c5c6c7c8);
  registers.word[MutatorRegisterFLAGS] = 0x202;
  for (n = 0; n <= 8; n++) {
    registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window) + Page - n;
    FAULT_TEST_COMPARE(codeStore, &registers, &window, 1);
    FAULT_TEST_COMPARE(codeStore4, &registers, &window, 1);
    FAULT_TEST_COMPARE(codeStore2, &registers, &window, 1);
    FAULT_TEST_COMPARE(codeLoad, &registers, &window, 1);
    FAULT_TEST_COMPARE(codeLoad2, &registers, &window, 1);
    FAULT_TEST_COMPARE(codeCompare, &registers, &window, 1);
  }
  return 0;
}
