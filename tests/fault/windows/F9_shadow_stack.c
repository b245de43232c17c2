/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F9_shadow_stack.c -- with user shadow stacks stepping is not offered, and says why
 *
 * No system that is tested on has them: what set-up would find is put in its place.
 */

#include "support/fault_test.h"

#include "os/windows/windows.h"

static char *page;
static volatile unsigned stops;

static LONG WINAPI handler(EXCEPTION_POINTERS *pointers) {
  MutatorContextStruct context;
  DWORD was;
  ++stops;
  CHECK(MutatorContextInitFault(&context, pointers) == MutatorResOK, "InitFault");
  CHECK(MutatorContextCanStepInstruction(&context), "without them");
  atomicStore(&mutatorWindowsShadowStacks, 1);
  CHECK(!MutatorContextCanStepInstruction(&context), "with them");
  CHECK(MutatorContextDecline(&context) == MutatorDeclineSYSTEM, "the reason");
  CHECK(MutatorContextStepInstruction(&context) == MutatorResUNIMPL, "the step");
  CHECK(MutatorContextDecline(&context) == MutatorDeclineSYSTEM, "the reason");
  atomicStore(&mutatorWindowsShadowStacks, 0);
  (void)VirtualProtect(page, 4096, PAGE_READWRITE, &was);
  return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void) {
  CHECK(MutatorSetup(NULL) == MutatorResOK, "set-up");
  if (atomicLoad(&mutatorWindowsShadowStacks) != 0)
    faultTestSkip("this process has user shadow stacks");
  page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(page != NULL && AddVectoredExceptionHandler(1, handler) != NULL, "a page and a handler");
  *(volatile char *)page = 1;
  CHECK(stops == 1, "%u stops", stops);
  CHECK(MutatorFaultStackInstall() == MutatorResUNIMPL, "there are no alternate stacks");
  CHECK(MutatorFaultStackRemove() == MutatorResSTATE, "there are no alternate stacks");
  return 0;
}
