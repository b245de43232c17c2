/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_forged_siginfo.c -- a thread sends itself a fault that never happened
 *
 * rt_tgsigqueueinfo(2) lets a thread forge every field of its own siginfo, and
 * trap number and error code are left over from an earlier fault.  What gives
 * the forgery away is the instruction at the PC: it cannot make that access.
 */

#include "support/fault_test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fault_system.h>

SNIPPET(codeRealStore, "mov " rAX ", (" rDI ")");

/* KEPT1 the page, KEPT2 an open page. */
SNIPPET(codeOther, SYSTEM_CALL "; nop");
SNIPPET(codeOpenStore, SYSTEM_CALL "; mov " rAX ", (" rKEPT2 ")");
SNIPPET(codeElsewhere, SYSTEM_CALL "; mov " rAX ", 8(" rKEPT1 ")");
SNIPPET(codeDirection, SYSTEM_CALL "; mov (" rKEPT1 "), " rAX);
SNIPPET(codeAddress, SYSTEM_CALL "; lea (" rKEPT1 "), " rAX);
SNIPPET(codeUnlisted, SYSTEM_CALL "; prefetcht0 (" rKEPT1 ")");

static siginfo_t real;
static unsigned char *page;

static MutatorBool probeReal(FaultTestStop stop) {
  real = *stop->native.info;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "a real fault");
  return 0;
}

static MutatorBool probeForged(FaultTestStop stop) {
  NativePictureStruct picture;
  CHECK(stop->native.info->si_code == SEGV_ACCERR && stop->native.info->si_addr == page, "the forgery is perfect");
  CHECK(stop->native.ucontext->uc_mcontext.gregs[REG_TRAPNO] == 14, "the trap number is stale");
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", (const char *)stop->closure);
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%s", (const char *)stop->closure);
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorMemoryProcess()) == MutatorResUNIMPL, "%s",
        (const char *)stop->closure);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", (const char *)stop->closure);
  return 0;
}

static void forge(const char *name, const unsigned char *code, const unsigned char *end, void *open) {
  siginfo_t forged = real;
  FaultTestRegisters registers = {{0}};
  char closure[64];
  (void)strncpy(closure, name, sizeof closure - 1);
  closure[sizeof closure - 1] = 0;
  registers.word[FaultTestAX] = SYS_rt_tgsigqueueinfo;
  registers.word[FaultTestCall1] = (MutatorWord)getpid();
  registers.word[FaultTestCall2] = (MutatorWord)syscall(SYS_gettid);
  registers.word[FaultTestCall3] = SIGSEGV;
  registers.word[FaultTestCall4] = (MutatorWord)&forged;
  registers.word[FaultTestKept1] = (MutatorWord)page;
  registers.word[FaultTestKept2] = (MutatorWord)open;
  (void)faultTestRun(&registers, faultTestCode(code, (size_t)(end - code)), probeForged, closure);
  CHECK(faultTestStops() == 1, "%s: %u stops", name, faultTestStops());
}

#define FORGE(name, open) forge(#name, name, name##_end, open)

int main(void) {
  static unsigned char open[64];
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  page = faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeRealStore, &registers, probeReal, NULL);
  FORGE(codeOther, open);
  FORGE(codeOpenStore, open);
  FORGE(codeElsewhere, open);
  FORGE(codeDirection, open);
  FORGE(codeAddress, open);
  FORGE(codeUnlisted, open);
  nativeProtect(page, nativePageSize(), NativeREAD);
  for (i = 0; i < 16; i++)
    CHECK(page[i] == (nativePageSize() + i) % 251, "byte %zu of the page changed", i);
  for (i = 0; i < sizeof open; i++)
    CHECK(open[i] == 0, "byte %zu of the open page changed", i);
  return 0;
}
