/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_word_rewritten.c -- the client may rewrite the word between CanStep and Step: Step loads it afresh
 */

#include "support/fault_test.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeCompare, "cmp " rCX ", (" rDI "); sete %al");
SNIPPET(codeStore, "mov " rDX ", (" rDI ")");

static MutatorWindowStruct window;
static MutatorWord *alias;
enum { Old = 0x1111, New = 0x2222, Later = 0x3333 };

static MutatorBool probe(FaultTestStop stop) {
  MutatorInstructionStruct instruction;
  *alias = Old;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResOK, "Decode");
  *alias = New; /* a weak reference has been fixed */
  /* And a register that the instruction uses may be edited as well. */
  CHECK(MutatorContextSetRegister(&stop->context, FaultTestDX, Later) == MutatorResOK, "SetRegister");
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "Step");
  return 1;
}

int main(void) {
  FaultTestRegisters registers = {{0}}, out;
  void *pointer = NULL;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 8, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  registers.word[FaultTestCX] = New;
  out = FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(out.word[FaultTestAX] == New, "it loaded %#zx", out.word[FaultTestAX]);
  out = FAULT_TEST_RUN(codeCompare, &registers, probe, NULL);
  CHECK((out.word[FaultTestAX] & 1) == 1, "it compared the new word");
  (void)FAULT_TEST_RUN(codeStore, &registers, probe, NULL);
  CHECK(*alias == Later, "it stored the new value");
  return 0;
}
