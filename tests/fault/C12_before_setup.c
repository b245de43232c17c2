/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_before_setup.c -- before MutatorSetup: Init works, CanStep is false, Step gives STATE, and the rest answers
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeLoad, "mov (" rDI "), " rAX);

static unsigned char *page;

static MutatorRes countAreas(void *base, void *limit, void *closure) {
  CHECK(base < limit, "an area");
  ++*(unsigned *)closure;
  return MutatorResOK;
}

static void checkAnswers(FaultTestStop stop) {
  void *address = NULL;
  MutatorWord code = 0;
  unsigned areas = 0;
  CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindPROTECTION, "Kind");
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK && address == page, "Address");
  CHECK(MutatorContextAccess(&stop->context) == MutatorAccessREAD, "Access");
  CHECK(MutatorContextErrorCode(&stop->context, &code) == MutatorResOK, "ErrorCode");
  CHECK(code == nativeErrorCode(&stop->native), "ErrorCode");
  CHECK(MutatorContextSP(&stop->context) == (void *)nativeGet(&stop->native, MutatorRegisterSP), "SP");
  CHECK(MutatorContextPC(&stop->context) == (void *)nativeGet(&stop->native, MutatorRegisterPC), "PC");
  CHECK(MutatorContextScan(&stop->context, countAreas, &areas) == MutatorResOK && areas >= 2, "Scan");
}

static MutatorBool probe(FaultTestStop stop) {
  MutatorInstructionStruct instruction;
  NativePictureStruct picture;
  nativePictureTake(&picture, &stop->native);
  checkAnswers(stop);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineSETUP, "CanStep");
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResSTATE, "Step");
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorMemoryDirect()) == MutatorResSTATE, "StepWith");
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResSTATE, "Decode");
  CHECK(nativePictureSame(&picture, &stop->native), "the record");
  return 0;
}

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultDECLINED;
}

int main(void) {
  static MutatorFaultRangeStruct range;
  static MutatorWindowStruct window;
  MutatorCountersStruct counters;
  MutatorFaultRange found = &range;
  FaultTestRegisters registers = {{0}};
  MutatorWord word = 0;
  faultTestHandlers();
  page = faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  CHECK(MutatorMemoryProcess() == NULL, "no process memory yet");
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), &word, page, sizeof word) == MutatorResACCESS, "direct works at once");
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), &word, page - 8, sizeof word) == MutatorResOK, "direct works at once");
  CHECK(MutatorWindowCreate(&window, 4096, MutatorWindowForkREFUSE) == MutatorResSTATE, "WindowCreate");
  CHECK(MutatorWindowAdopt(&window, page, page + 4096, 4096, MutatorWindowForkREFUSE) == MutatorResSTATE, "Adopt");
  CHECK(MutatorFaultRangeAdd(&range, page, page + 4096, callback, NULL, NULL) == MutatorResSTATE, "RangeAdd");
  CHECK(MutatorFaultRangeRemove(&range) == MutatorResPARAM, "RangeRemove");
  CHECK(MutatorFaultRangeFind(page, &found) == MutatorResFAIL && found == &range, "RangeFind");
  CHECK(MutatorFaultQuiesce(0) == MutatorResSTATE, "Quiesce");
  CHECK(MutatorFaultFinish() == MutatorResSTATE, "Finish");
  CHECK(MutatorFaultStackInstall() == MutatorResSTATE, "StackInstall");
  CHECK(MutatorCountersGet(&counters) == MutatorResOK && counters.declines[MutatorDeclineSETUP] >= 1, "counters");
  CHECK(counters.steps == 0, "counters");
  return 0;
}
