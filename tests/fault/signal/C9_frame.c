/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_frame.c -- a store that would overwrite the live signal frame or the handler's stack is declined
 *
 * With an alternate stack, and with the handler on the interrupted stack.  No
 * store into the frame can fault by itself, so a real fault's record is made to
 * name an address in it.
 */

#include "support/fault_test.h"

#include <string.h>

#include <native_signal.h>

SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeLoad, "mov (" rDI "), " rAX);

static MutatorWord outer[64]; /* not on any stack */

static void aim(FaultTestStop stop, const void *address) {
  nativeSet(&stop->native, FaultTestDI, (MutatorWord)address);
  stop->native.info->si_addr = (void *)(uintptr_t)address;
}

static void declined(FaultTestStop stop, const char *what, const void *address) {
  NativePictureStruct picture;
  aim(stop, address);
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", what);
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineFRAME, "%s: %s", what,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%s", what);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", what);
}

static void allowed(FaultTestStop stop, const char *what, const void *address) {
  aim(stop, address);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "%s: %s", what,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
}

static MutatorBool probeStore(FaultTestStop stop) {
  unsigned char *sp = (unsigned char *)nativeGet(&stop->native, MutatorRegisterSP);
  MutatorWord local = 0;
  uintptr_t below = (uintptr_t)&local - 256;
  declined(stop, "a saved register", nativeSlot(stop->native.ucontext, FaultTestBX));
  declined(stop, "the saved PC", nativeSlot(stop->native.ucontext, MutatorRegisterPC));
  declined(stop, "into the ucontext from below", (unsigned char *)stop->native.ucontext + 1 - sizeof(MutatorWord));
  declined(stop, "the siginfo", stop->native.info);
  declined(stop, "the end of the siginfo", (unsigned char *)(stop->native.info + 1) - 1);
  declined(stop, "the saved vector registers", nativeStateAt(stop->native.ucontext, NativeXmmAT, 16));
  declined(stop, "their header", nativeStateAt(stop->native.ucontext, NativePresentAT, 8));
  declined(stop, "their extended part", nativeStateAt(stop->native.ucontext, NativePresentAT + 64 + 256 - 16, 16));
  declined(stop, "a local variable of the handler", &local);
  declined(stop, "the handler's context", &stop->context);
  declined(stop, "where the handler will push next", (void *)below);
  /* What is the mutator's may be written. */
  allowed(stop, "static memory", outer);
  allowed(stop, "the mutator's stack", sp);
  allowed(stop, "the mutator's stack further up", sp + 512);
  if (MUTATOR_RED_ZONE == 0)
    return 0;
  allowed(stop, "the mutator's red zone", sp - 8);
  allowed(stop, "the end of the mutator's red zone", sp - 128);
  return 0;
}

static MutatorBool probeLoad(FaultTestStop stop) {
  allowed(stop, "a load from the frame", nativeSlot(stop->native.ucontext, FaultTestBX));
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResOK, "a load from the frame");
  CHECK(nativeGet(&stop->native, FaultTestAX) == 0x5ca1ab1e, "a load from the frame");
  return 0;
}

static void both(void) {
  FaultTestRegisters registers = {{0}};
  registers.word[FaultTestBX] = 0x5ca1ab1e;
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeStore, &registers, probeStore, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeLoad, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
}

static void onSignal(int signal, siginfo_t *info, void *ucontext) {
  NativeStopStruct stop = {signal, info, ucontext};
  (void)faultTestHandler(&stop);
}

int main(void) {
  struct sigaction action;
  faultTestSetup();
  both();
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_NODEFER; /* on the interrupted stack */
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  both();
  return 0;
}
