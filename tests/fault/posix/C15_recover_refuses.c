/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C15_recover_refuses.c -- MutatorFaultRecover leaves alone what is not the library's own, and bad arguments
 */

#include "support/fault_test.h"

#include "support/access_of.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);

/* What is not the library's own is not recovered from. */
static void checkRefusals(FaultTestStop stop) {
  MutatorWord pc = nativeGet(&stop->native, MutatorRegisterPC);
  siginfo_t sent = *stop->native.info;
  CHECK(!MutatorFaultRecover(stop->native.info, stop->native.ucontext), "the client's own fault");
  CHECK(!MutatorFaultRecover(NULL, stop->native.ucontext) && !MutatorFaultRecover(stop->native.info, NULL), "NULL");
  CHECK(!MutatorFaultRecover((siginfo_t *)((uintptr_t)stop->native.info + 1), stop->native.ucontext), "misaligned");
  CHECK(!MutatorFaultRecover(stop->native.info, (ucontext_t *)((uintptr_t)stop->native.ucontext + 1)), "misaligned");
  /* A signal that arrives just before the access is made: the access is still to come. */
  sent.si_code = SI_USER;
  nativeSet(&stop->native, MutatorRegisterPC, accessOf(mutatorNativeLoad8));
  CHECK(!MutatorFaultRecover(&sent, stop->native.ucontext), "a signal somebody sent");
  CHECK(nativeGet(&stop->native, MutatorRegisterPC) == accessOf(mutatorNativeLoad8), "the PC");
  nativeSet(&stop->native, MutatorRegisterPC, pc);
}

static MutatorBool probe(FaultTestStop stop) {
  checkRefusals(stop);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestHandlers();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
