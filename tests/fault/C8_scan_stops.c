/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_scan_stops.c -- a scan ends at the first result that is not OK, and that is its result
 */

#include "support/fault_test.h"

SNIPPET(codeFault, "mov (" rDI "), " rAX);

typedef struct Count {
  unsigned calls, stopAt;
  MutatorRes res;
} Count;

static MutatorRes count(void *base, void *limit, void *closure) {
  Count *c = closure;
  CHECK(base < limit, "an area");
  return ++c->calls == c->stopAt ? c->res : MutatorResOK;
}

static MutatorBool probe(FaultTestStop stop) {
  static const MutatorRes results[] = {MutatorResFAIL, MutatorResLIMIT, MutatorResACCESS, -7, 12345};
  Count all = {0, 0, MutatorResOK};
  unsigned at;
  size_t i;
  CHECK(MutatorContextScan(&stop->context, count, &all) == MutatorResOK, "Scan");
  CHECK(all.calls >= 2, "%u areas: the test shows little", all.calls);
  for (at = 1; at <= all.calls; at++)
    for (i = 0; i < sizeof results / sizeof results[0]; i++) {
      Count c = {0, at, results[i]};
      MutatorRes res = MutatorContextScan(&stop->context, count, &c);
      CHECK(res == results[i], "result %d of call %u: %d", results[i], at, res);
      CHECK(c.calls == at, "result %d of call %u: %u calls", results[i], at, c.calls);
    }
  CHECK(MutatorContextScan(&stop->context, NULL, &all) == MutatorResPARAM, "no function");
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeFault, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
