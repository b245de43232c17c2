/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_stack_pointer.c -- a stack pointer with which no handler can return is not loaded
 *
 * MOV RSP, m leaves whatever was in memory in RSP, and the CPU goes on.  A
 * handler that returned with a value that is not canonical would be killed on
 * its way, so the step gives ACCESS and changes nothing.  In 32-bit mode every
 * value can be returned with.
 */

#include "support/fault_test.h"

SNIPPET(codeLoad, "mov (" rDI "), " rSP);

static MutatorWindowStruct window;

typedef struct Expectation {
  MutatorRes res;
  MutatorWord value;
} Expectation;

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *expected = stop->closure;
  const MutatorWord before = nativeGet(&stop->native, MutatorRegisterSP);
  MutatorRes res;
  MutatorWord after;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "can step");
  res = MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window));
  after = nativeGet(&stop->native, MutatorRegisterSP);
  CHECK(res == expected->res, "%#zx: %s", (size_t)expected->value, MutatorResName(res));
  CHECK(after == (res == MutatorResOK ? expected->value : before), "the stack pointer is %#zx", (size_t)after);
  return res == MutatorResOK; /* then it runs on with it, as the CPU would */
}

static void load(MutatorWord *alias, MutatorWord value, MutatorRes res) {
  FaultTestRegisters registers = {{0}};
  Expectation expected = {res, value};
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  *alias = value;
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, &expected);
  CHECK(faultTestStops() == 1, "%u stops", faultTestStops());
}

int main(void) {
  void *alias;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 8, &alias) == MutatorResOK, "alias");
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  load(alias, (MutatorWord)UINT64_C(0x1234567812345678), sizeof(MutatorWord) == 8 ? MutatorResACCESS : MutatorResOK);
  load(alias, (MutatorWord)UINT64_C(0x7ffffffff000), MutatorResOK);
  load(alias, 0, MutatorResOK);
  return 0;
}
