/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C1_execute.c -- execution of pages that do not allow it: the address is the PC's, the access EXECUTE
 *
 * C1, C2, C6: also when the instruction starts on a good page and ends on the
 * other; and such a fault is declined without a fetch.
 */

#include "support/fault_test.h"

SNIPPET(codeJump, "jmp *" rDI);

typedef struct Expectation {
  FaultTestPage page;
  MutatorFaultKind kind;
  unsigned char *pc, *address;
} Expectation;

#define THAT(condition) CHECK(condition, "%s page", faultTestPageName(e->page))

static uint64_t recovered(void) {
  MutatorCountersStruct counters;
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters.recovered;
}

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *e = stop->closure;
  MutatorInstructionStruct instruction;
  void *address = NULL;
  MutatorWord code = 0;
  uint64_t before = recovered();
  THAT(MutatorContextKind(&stop->context) == e->kind);
  THAT(MutatorContextPC(&stop->context) == e->pc);
  THAT(MutatorContextAddress(&stop->context, &address) == MutatorResOK);
  THAT(address == e->address);
  THAT(MutatorContextAccess(&stop->context) == MutatorAccessEXECUTE);
  THAT(MutatorContextAccessSource(&stop->context) == MutatorSourceHARDWARE);
  THAT(MutatorContextErrorCode(&stop->context, &code) == MutatorResOK);
  THAT(code == nativeErrorCode(&stop->native) && (!NATIVE_ERROR_BITS || (code & 16) != 0));
  THAT(!MutatorContextCanStepInstruction(&stop->context));
  THAT(MutatorContextDecline(&stop->context) == MutatorDeclineEXECUTE);
  THAT(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL);
  THAT(MutatorContextDecode(&stop->context, &instruction) == MutatorResUNIMPL);
  THAT(MutatorContextDecline(&stop->context) == MutatorDeclineEXECUTE);
  THAT(recovered() == before); /* nothing was fetched from the page */
  return 0;
}

static void jumpTo(const Expectation *e) {
  FaultTestRegisters registers = {{0}};
  Expectation expectation = *e;
  registers.word[FaultTestDI] = (MutatorWord)e->pc;
  (void)FAULT_TEST_RUN(codeJump, &registers, probe, &expectation);
  CHECK(faultTestStops() == 1, "%s page: %u faults", faultTestPageName(e->page), faultTestStops());
}

static void jumpInto(FaultTestPage kind, MutatorFaultKind fault, unsigned char *page) {
  const Expectation at = {kind, fault, page, page};
  const Expectation inside = {kind, fault, page + 99, page + 99};
  const Expectation across = {kind, fault, page - 2, page};
  jumpTo(&at);
  jumpTo(&inside);
  page[-2] = 0x66; /* the first two bytes of a longer MOV */
  page[-1] = 0xc7;
  jumpTo(&across);
}

int main(void) {
  static const struct {
    FaultTestPage page;
    MutatorFaultKind kind;
  } cases[] = {{FaultTestPageNOACCESS, MutatorFaultKindPROTECTION},
               {FaultTestPageREADONLY, MutatorFaultKindPROTECTION},
               {FaultTestPageNOEXECUTE, MutatorFaultKindPROTECTION},
               {FaultTestPageUNMAPPED, MutatorFaultKindUNMAPPED},
               {FaultTestPageHOLE, MutatorFaultKindBUS}};
  size_t i;
  faultTestSetup();
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsigned char *page = faultTestPageNew(cases[i].page);
    if (page != NULL)
      jumpInto(cases[i].page, cases[i].kind, page);
  }
  return 0;
}
