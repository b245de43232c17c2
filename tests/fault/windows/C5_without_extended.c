/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_without_extended.c -- a record without CONTEXT_XSTATE: what needs upper halves is declined, the rest is stepped
 */

#include <string.h>

#include "os/windows/windows.h"
#include "support/fault_test.h"

SNIPPET(codeGeneral, "mov (" rDI "), " rAX);
SNIPPET(codeLegacy, "movdqu (" rDI "), %xmm3");
SNIPPET(codeVex, "vmovdqu (" rDI "), %ymm3\n\tvzeroupper");

static MutatorWindowStruct window;

static void protect(DWORD protection) {
  DWORD was;
  CHECK(VirtualProtect(MutatorWindowBase(&window), 4096, protection, &was), "protection");
}

static MutatorRes step(FaultTestStop stop) {
  return MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window));
}

static MutatorBool probeStepped(FaultTestStop stop) {
  CONTEXT *const registers = stop->native.pointers->ContextRecord;
  const DWORD flags = registers->ContextFlags;
  registers->ContextFlags &= ~(mutatorWindowsContextXstate & 0xff);
  CHECK(MutatorContextCanStepInstruction(&stop->context) && step(stop) == MutatorResOK, "declined for %d",
        (int)MutatorContextDecline(&stop->context));
  registers->ContextFlags = flags;
  return 1;
}

static MutatorBool probeDeclined(FaultTestStop stop) {
  CONTEXT *const registers = stop->native.pointers->ContextRecord;
  const DWORD flags = registers->ContextFlags;
  static CONTEXT before;
  registers->ContextFlags &= ~(mutatorWindowsContextXstate & 0xff);
  before = *registers;
  CHECK(!MutatorContextCanStepInstruction(&stop->context) && step(stop) == MutatorResUNIMPL, "it was stepped");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineVECTOR, "declined for %d",
        (int)MutatorContextDecline(&stop->context));
  CHECK(memcmp(registers, &before, sizeof before) == 0, "something has changed");
  registers->ContextFlags = flags;
  protect(PAGE_READWRITE);
  return 1;
}

static void run(const unsigned char *code, size_t size, FaultTestProbe probe) {
  FaultTestRegisters registers;
  memset(&registers, 0, sizeof registers);
  protect(PAGE_NOACCESS);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  (void)faultTestRun(&registers, faultTestCode(code, size), probe, NULL);
  CHECK(faultTestStops() == 1, "%u stops", faultTestStops());
}

int main(void) {
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, 4096, MutatorWindowForkREFUSE) == MutatorResOK, "a window");
  run(codeGeneral, SNIPPET_SIZE(codeGeneral), probeStepped);
  run(codeLegacy, SNIPPET_SIZE(codeLegacy), probeStepped);
  if (!faultTestFeature(FaultTestFeatureAVX))
    faultTestSkip("the CPU has no AVX");
  run(codeVex, SNIPPET_SIZE(codeVex), probeDeclined);
  return 0;
}
