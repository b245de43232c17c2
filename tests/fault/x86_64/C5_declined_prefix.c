/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_declined_prefix.c -- encodings of 64-bit code that are declined, with their reason, and change nothing
 */

#include "support/fault_test.h"

SNIPPET(codeOperandAndWide, ".byte 0x66, 0x48, 0x89, 0x07");
SNIPPET(codeNarrowSignExtension, ".byte 0x66, 0x63, 0x07");

static MutatorBool probe(FaultTestStop stop) {
  const MutatorDecline *reason = stop->closure;
  NativePictureStruct picture;
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "Step");
  CHECK(MutatorContextDecline(&stop->context) == *reason, "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(nativePictureSame(&picture, &stop->native), "the record has changed");
  return 0;
}

int main(void) {
  MutatorDecline prefix = MutatorDeclinePREFIX, opcode = MutatorDeclineOPCODE;
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeOperandAndWide, &registers, probe, &prefix);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  (void)FAULT_TEST_RUN(codeNarrowSignExtension, &registers, probe, &opcode);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
