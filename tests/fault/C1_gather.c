/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C1_gather.c -- address and access of a gather that faults on one of its elements
 */

#include "support/fault_test.h"

#include <string.h>

/* RDI base, RSI eight indices. */
SNIPPET(codeGather,
        "vmovdqu (" rSI "), %ymm1; vpcmpeqd %ymm2, %ymm2, %ymm2; vpgatherdd %ymm2, (" rDI ",%ymm1,4), %ymm0");

typedef struct Expectation {
  FaultTestPage page;
  MutatorFaultKind kind;
  unsigned char *address;
} Expectation;

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *e = stop->closure;
  void *address = NULL;
  const char *name = faultTestPageName(e->page);
  CHECK(MutatorContextKind(&stop->context) == e->kind, "%s", name);
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK, "%s", name);
  CHECK(address == e->address, "%s: %p, not %p", name, address, (void *)e->address);
  CHECK(MutatorContextAccess(&stop->context) == MutatorAccessREAD, "%s", name);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", name);
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineOPCODE, "%s", name);
  return 0;
}

static void gather(FaultTestPage kind, MutatorFaultKind fault, unsigned element, int into) {
  unsigned char *page = faultTestPageNew(kind);
  int32_t indices[8] = {-1, -2, -3, -4, -5, -6, -7, -8};
  Expectation e = {kind, fault, page + 4 * into};
  FaultTestRegisters registers = {{0}};
  if (page == NULL)
    return;
  indices[element] = into;
  registers.word[FaultTestDI] = (MutatorWord)page;
  registers.word[FaultTestSI] = (MutatorWord)indices;
  (void)FAULT_TEST_RUN(codeGather, &registers, probe, &e);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
}

int main(void) {
  unsigned element;
  if (!faultTestFeature(FaultTestFeatureAVX2))
    faultTestSkip("the CPU has no AVX2");
  faultTestSetup();
  for (element = 0; element < 8; element++) {
    gather(FaultTestPageNOACCESS, MutatorFaultKindPROTECTION, element, (int)element * 100);
    gather(FaultTestPageUNMAPPED, MutatorFaultKindUNMAPPED, element, 1);
    gather(FaultTestPageHOLE, MutatorFaultKindBUS, element, 1023);
  }
  return 0;
}
