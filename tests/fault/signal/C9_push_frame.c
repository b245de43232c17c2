/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_push_frame.c -- pushes, calls and strings that would overwrite the live signal frame are declined
 *
 * A push that faults by itself has its record changed to name an address in
 * the frame; a string's last element alone is enough.
 */

#include "support/fault_test.h"

SNIPPET(codePush, "push " rAX);
SNIPPET(codePushMemory, "push" WORD " (" rBX ")");
SNIPPET(codePushFlags, "pushf");
SNIPPET(codeCall, "call . + 5");
SNIPPET(codeStore, "rep stosb");

static MutatorWord source = 0x5ca1ab1e;

static void declined(FaultTestStop stop, const char *what) {
  NativePictureStruct picture;
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", what);
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineFRAME, "%s: %s", what,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%s", what);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", what);
}

static void push(FaultTestStop stop, const char *what, void *target) {
  nativeSet(&stop->native, MutatorRegisterSP, (MutatorWord)target + sizeof(MutatorWord));
  stop->native.info->si_addr = target;
  declined(stop, what);
}

static MutatorBool probePush(FaultTestStop stop) {
  MutatorWord local = 0;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  push(stop, "onto a saved register", nativeSlot(stop->native.ucontext, FaultTestBX));
  push(stop, "onto the siginfo", stop->native.info);
  push(stop, "onto a local variable of the handler", &local);
  push(stop, "into the ucontext from below", (unsigned char *)stop->native.ucontext + 1 - sizeof(MutatorWord));
  return 0;
}

/* All but the last of the elements end below the frame. */
static MutatorBool probeStore(FaultTestStop stop) {
  unsigned char *frame = (unsigned char *)stop->native.info;
  unsigned char *first = (unsigned char *)faultTestPageNew(FaultTestPageNOACCESS);
  const MutatorBool below = first < frame;
  nativeSet(&stop->native, FaultTestDI, (MutatorWord)first);
  nativeSet(&stop->native, FaultTestCX, below ? (MutatorWord)(frame - first) + 1 : (MutatorWord)(first - frame));
  nativeSet(&stop->native, MutatorRegisterFLAGS, below ? 0x202 : 0x602);
  stop->native.info->si_addr = first;
  declined(stop, "a string that reaches the frame");
  return 0;
}

int main(void) {
  static const struct {
    const unsigned char *code, *end;
  } pushes[] = {{codePush, codePush_end},
                {codePushMemory, codePushMemory_end},
                {codePushFlags, codePushFlags_end},
                {codeCall, codeCall_end}};
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  registers.word[FaultTestBX] = (MutatorWord)&source;
  registers.word[FaultTestCX] = 16;
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[MutatorRegisterSP] = registers.word[FaultTestDI] + 256;
  for (i = 0; i < sizeof pushes / sizeof pushes[0]; i++) {
    (void)faultTestRun(&registers, faultTestCode(pushes[i].code, (size_t)(pushes[i].end - pushes[i].code)), probePush,
                       NULL);
    CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  }
  registers.word[MutatorRegisterSP] = 0;
  (void)FAULT_TEST_RUN(codeStore, &registers, probeStore, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
