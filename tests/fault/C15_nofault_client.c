/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C15_nofault_client.c -- direct accesses under a client's own handler that calls MutatorFaultRecover first
 *
 * The library's hook is not installed.  Also from inside the handler.
 */

#include "fault/nofault.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);

static unsigned char *page;

static MutatorBool probe(FaultTestStop stop) {
  CHECK(stop->number == 0, "a nested fault has not been recovered from");
  CHECK(!nativeRecover(&stop->native), "the client's own fault");
  nofaultAll(page);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestHandlers();
  page = faultTestPageNew(FaultTestPageNOACCESS);
  nofaultAll(page);
  registers.word[FaultTestDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
