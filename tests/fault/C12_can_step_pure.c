/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_can_step_pure.c -- CanStep and Decode, asked while the page is protected, touch no memory but the instruction
 *
 * The library's own faults would be counted; a client's callback or handler
 * would be called.
 */

#include "support/fault_test.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeCompare, "cmpb $1, (" rDI ")");
SNIPPET(codeTest, "test " rCX ", -4(" rDI ")");
SNIPPET(codeAdd, "add" WORD " $1, (" rDI ")");

static uint64_t recoveries(void) {
  MutatorCountersStruct counters;
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters.recovered;
}

static MutatorBool probe(FaultTestStop stop) {
  uint64_t before = recoveries();
  NativePictureStruct picture;
  MutatorInstructionStruct instruction;
  unsigned i;
  CHECK(stop->number == 0, "CanStep has faulted");
  nativePictureTake(&picture, &stop->native);
  nativeErrorSet();
  for (i = 0; i < 3; i++) {
    CHECK(MutatorContextCanStepInstruction(&stop->context) || stop->closure != NULL, "CanStep");
    CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResOK || stop->closure != NULL, "Decode");
    (void)MutatorContextKind(&stop->context);
    (void)MutatorContextAccess(&stop->context);
  }
  CHECK(nativeErrorKept(), "errno");
  CHECK(recoveries() == before, "%llu accesses were made and recovered from",
        (unsigned long long)(recoveries() - before));
  CHECK(nativePictureSame(&picture, &stop->native), "the record has changed: only Step moves the PC");
  return 0;
}

int main(void) {
  static const FaultTestPage kinds[] = {FaultTestPageNOACCESS, FaultTestPageUNMAPPED, FaultTestPageHOLE};
  static char mayDecline;
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    unsigned char *page = faultTestPageNew(kinds[i]);
    if (page == NULL)
      continue;
    registers.word[FaultTestDI] = (MutatorWord)page;
    (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
    (void)FAULT_TEST_RUN(codeStore, &registers, probe, NULL);
    (void)FAULT_TEST_RUN(codeCompare, &registers, probe, NULL);
    (void)FAULT_TEST_RUN(codeTest, &registers, probe, NULL);
    (void)FAULT_TEST_RUN(codeAdd, &registers, probe, &mayDecline);
  }
  return 0;
}
