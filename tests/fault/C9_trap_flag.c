/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_trap_flag.c -- a thread that is being single-stepped is not stepped by us: its trap arrives at the next PC
 */

#include "support/fault_test.h"

SNIPPET(codeTraced, "pushf; orl $0x100, (" rSP "); popf; mov %eax, (" rDI "); nop; nop");

static unsigned char *page;
static MutatorWord faultPC;

static MutatorBool probe(FaultTestStop stop) {
  NativePictureStruct picture;
  if (stop->number == 0) {
    faultPC = nativeGet(&stop->native, MutatorRegisterPC);
    CHECK(nativeStopKind(&stop->native) == NativeStopMEMORY, "%#x", (unsigned)nativeStopNumber(&stop->native));
    nativePictureTake(&picture, &stop->native);
    CHECK(!MutatorContextCanStepInstruction(&stop->context), "CanStep");
    CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineTRACE, "%s",
          MutatorDeclineName(MutatorContextDecline(&stop->context)));
    CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "Step");
    CHECK(nativePictureSame(&picture, &stop->native), "the record");
    nativeProtect(page, nativePageSize(), NativeREADWRITE); /* what the client does instead */
    return 1;
  }
  CHECK(stop->number == 1 && nativeStopKind(&stop->native) == NativeStopTRAP, "%#x",
        (unsigned)nativeStopNumber(&stop->native));
  CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindTRACE, "kind");
  CHECK(MutatorContextPC(&stop->context) == (void *)(faultPC + 2), "the trap is behind the store");
  nativeSet(&stop->native, MutatorRegisterFLAGS, 0x202);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  page = faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestAX] = 0x77;
  registers.word[FaultTestDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeTraced, &registers, probe, NULL);
  CHECK(faultTestStops() == 2, "%u stops", faultTestStops());
  CHECK(page[0] == 0x77, "the store was made");
  return 0;
}
