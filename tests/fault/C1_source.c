/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C1_source.c -- where the answer came from: the hardware, and after CanStep the decoder
 */

#include "support/fault_test.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
/* Not an access that a client would want stepped, so not one that the table will have. */
SNIPPET(codeDeclined, "sgdt (" rDI ")");

typedef struct Expectation {
  MutatorAccess access;
  MutatorBool stepped;
} Expectation;

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *e = stop->closure;
  MutatorContext context = &stop->context;
  CHECK(MutatorContextAccessSource(context) == MutatorSourceHARDWARE, "at first");
  CHECK(MutatorContextAccess(context) == e->access, "at first");
  CHECK(MutatorContextCanStepInstruction(context) == e->stepped, "CanStep");
  CHECK(MutatorContextAccess(context) == e->access, "after CanStep");
  CHECK(MutatorContextAccessSource(context) == (e->stepped ? MutatorSourceDECODED : MutatorSourceHARDWARE),
        "after CanStep");
  /* A plan says nothing about an instruction elsewhere. */
  nativeSet(&stop->native, MutatorRegisterPC, nativeGet(&stop->native, MutatorRegisterPC) + 1);
  CHECK(MutatorContextAccessSource(context) == MutatorSourceHARDWARE, "the PC has moved");
  return 0;
}

static MutatorBool probeThread(FaultTestStop stop) {
  MutatorContextStruct thread;
  void *address = &thread;
  MutatorWord code = 77;
  if (nativeInitThreadOf(&thread, &stop->native) != MutatorResOK)
    return 0; /* C8_scan_general has one */
  CHECK(MutatorContextKind(&thread) == MutatorFaultKindNONE, "a THREAD context");
  CHECK(MutatorContextAccess(&thread) == MutatorAccessNONE, "a THREAD context");
  CHECK(MutatorContextAccessSource(&thread) == MutatorSourceNONE, "a THREAD context");
  CHECK(MutatorContextAddress(&thread, &address) == MutatorResFAIL && address == &thread, "a THREAD context");
  CHECK(MutatorContextErrorCode(&thread, &code) == MutatorResFAIL && code == 77, "a THREAD context");
  CHECK(!MutatorContextCanStepInstruction(&thread), "a THREAD context");
  CHECK(MutatorContextDecline(&thread) == MutatorDeclineVARIETY, "a THREAD context");
  CHECK(MutatorContextStepInstruction(&thread) == MutatorResPARAM, "a THREAD context");
  return 0;
}

int main(void) {
  Expectation load = {MutatorAccessREAD, 1}, store = {MutatorAccessWRITE, 1}, declined = {MutatorAccessWRITE, 0};
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, &load);
  (void)FAULT_TEST_RUN(codeStore, &registers, probe, &store);
  (void)FAULT_TEST_RUN(codeDeclined, &registers, probe, &declined);
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeThread, NULL);
  return 0;
}
