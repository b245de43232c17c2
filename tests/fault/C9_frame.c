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

SNIPPET(codeStore, "mov %rax, (%rdi)");
SNIPPET(codeLoad, "mov (%rdi), %rax");

static MutatorWord outer[64]; /* not on any stack */

static void aim(FaultTestStop stop, const void *address) {
  faultTestSet(stop->ucontext, MutatorRegisterRDI, (MutatorWord)address);
  stop->info->si_addr = (void *)(uintptr_t)address;
}

static void declined(FaultTestStop stop, const char *what, const void *address) {
  FaultTestPictureStruct picture;
  aim(stop, address);
  faultTestPictureTake(&picture, stop->info, stop->ucontext);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", what);
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineFRAME, "%s: %s", what,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%s", what);
  CHECK(faultTestPictureSame(&picture, stop->info, stop->ucontext), "%s", what);
}

static void allowed(FaultTestStop stop, const char *what, const void *address) {
  aim(stop, address);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "%s: %s", what,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
}

static MutatorBool probeStore(FaultTestStop stop) {
  unsigned char *state = (unsigned char *)stop->ucontext->uc_mcontext.fpregs;
  unsigned char *sp = (unsigned char *)faultTestGet(stop->ucontext, MutatorRegisterSP);
  MutatorWord local = 0;
  uintptr_t below = (uintptr_t)&local - 256;
  declined(stop, "a saved register", &stop->ucontext->uc_mcontext.gregs[REG_RBX]);
  declined(stop, "the saved PC", &stop->ucontext->uc_mcontext.gregs[REG_RIP]);
  declined(stop, "into the ucontext from below", (unsigned char *)stop->ucontext - 4);
  declined(stop, "the siginfo", stop->info);
  declined(stop, "the end of the siginfo", (unsigned char *)(stop->info + 1) - 1);
  declined(stop, "the saved vector registers", state + 160);
  declined(stop, "their header", state + 512);
  declined(stop, "their extended part", state + 1024);
  declined(stop, "a local variable of the handler", &local);
  declined(stop, "the handler's context", &stop->context);
  declined(stop, "where the handler will push next", (void *)below);
  /* What is the mutator's may be written. */
  allowed(stop, "static memory", outer);
  allowed(stop, "the mutator's stack", sp);
  allowed(stop, "the mutator's stack further up", sp + 512);
  allowed(stop, "the mutator's red zone", sp - 8);
  allowed(stop, "the end of the mutator's red zone", sp - 128);
  return 0;
}

static MutatorBool probeLoad(FaultTestStop stop) {
  allowed(stop, "a load from the frame", &stop->ucontext->uc_mcontext.gregs[REG_RBX]);
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResOK, "a load from the frame");
  CHECK(faultTestGet(stop->ucontext, MutatorRegisterRAX) == 0x5ca1ab1e, "a load from the frame");
  return 0;
}

static void both(void) {
  FaultTestRegisters registers = {{0}};
  registers.word[MutatorRegisterRBX] = 0x5ca1ab1e;
  registers.word[MutatorRegisterRDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeStore, &registers, probeStore, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeLoad, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
}

int main(void) {
  struct sigaction action;
  faultTestSetup();
  both();
  memset(&action, 0, sizeof action);
  action.sa_sigaction = faultTestHandler;
  action.sa_flags = SA_SIGINFO | SA_NODEFER; /* on the interrupted stack */
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  both();
  return 0;
}
