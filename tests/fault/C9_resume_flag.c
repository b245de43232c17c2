/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_resume_flag.c -- a step clears the resume flag, or a hardware breakpoint on the next instruction would be lost
 */

#include "support/fault_test.h"

SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeCompare, "cmpb $1, (" rDI ")");

enum { RF = 0x10000, DF = 0x400, Status = 0x8d5 };

static MutatorWindowStruct window;

static MutatorBool probe(FaultTestStop stop) {
  MutatorWord before = nativeGet(&stop->native, MutatorRegisterFLAGS), after, value = 0;
  CHECK((before & RF) != 0, "the CPU sets RF at a fault: the test shows nothing");
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(nativeGet(&stop->native, MutatorRegisterFLAGS) == before, "CanStep changes nothing");
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "Step");
  after = nativeGet(&stop->native, MutatorRegisterFLAGS);
  CHECK((after & RF) == 0, "RF is still set");
  CHECK((after & ~(MutatorWord)Status) == (before & ~(MutatorWord)(RF | Status)), "flags %#zx became %#zx", before,
        after);
  CHECK(MutatorContextGetRegister(&stop->context, MutatorRegisterFLAGS, &value) == MutatorResOK && value == after,
        "GetRegister");
  return 1;
}

int main(void) {
  FaultTestRegisters registers = {{0}}, out;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  registers.word[MutatorRegisterFLAGS] = 0x202 | DF;
  out = FAULT_TEST_RUN(codeStore, &registers, probe, NULL);
  CHECK(faultTestStops() == 1 && (out.word[MutatorRegisterFLAGS] & DF) != 0, "the direction flag survives");
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  (void)FAULT_TEST_RUN(codeCompare, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
