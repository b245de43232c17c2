/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_word_rewritten.c -- the client may rewrite the word between CanStep and Step: Step loads it afresh
 */

#include "support/fault_test.h"

#include <sys/mman.h>

SNIPPET(codeLoad, "mov (%rdi), %rax");
SNIPPET(codeCompare, "cmp %rcx, (%rdi); sete %al");
SNIPPET(codeStore, "mov %rdx, (%rdi)");

static MutatorWindowStruct window;
static uint64_t *alias;
enum { Old = 0x1111, New = 0x2222, Later = 0x3333 };

static MutatorBool probe(FaultTestStop stop) {
  MutatorInstructionStruct instruction;
  *alias = Old;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResOK, "Decode");
  *alias = New; /* a weak reference has been fixed */
  /* And a register that the instruction uses may be edited as well. */
  CHECK(MutatorContextSetRegister(&stop->context, MutatorRegisterRDX, Later) == MutatorResOK, "SetRegister");
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "Step");
  return 1;
}

int main(void) {
  FaultTestRegisters registers = {{0}}, out;
  void *pointer = NULL;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, faultTestPageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 8, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  faultTestProtect(MutatorWindowBase(&window), faultTestPageSize(), PROT_NONE);
  registers.word[MutatorRegisterRDI] = (MutatorWord)MutatorWindowBase(&window);
  registers.word[MutatorRegisterRCX] = New;
  out = FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(out.word[MutatorRegisterRAX] == New, "it loaded %#zx", out.word[MutatorRegisterRAX]);
  out = FAULT_TEST_RUN(codeCompare, &registers, probe, NULL);
  CHECK((out.word[MutatorRegisterRAX] & 1) == 1, "it compared the new word");
  (void)FAULT_TEST_RUN(codeStore, &registers, probe, NULL);
  CHECK(*alias == Later, "it stored the new value");
  return 0;
}
