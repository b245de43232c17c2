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

SNIPPET(codeRealStore, "mov %rax, (%rdi)");

/* RBX the page, RBP an open page. */
SNIPPET(codeOther, "syscall; nop");
SNIPPET(codeOpenStore, "syscall; mov %r12, (%rbp)");
SNIPPET(codeElsewhere, "syscall; mov %r12, 8(%rbx)");
SNIPPET(codeDirection, "syscall; mov (%rbx), %r12");
SNIPPET(codeAddress, "syscall; lea (%rbx), %r12");
SNIPPET(codeUnlisted, "syscall; prefetcht0 (%rbx)");

static siginfo_t real;
static unsigned char *page;

static MutatorBool probeReal(FaultTestStop stop) {
  real = *stop->info;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "a real fault");
  return 0;
}

static MutatorBool probeForged(FaultTestStop stop) {
  FaultTestPictureStruct picture;
  CHECK(stop->info->si_code == SEGV_ACCERR && stop->info->si_addr == page, "the forgery is perfect");
  CHECK(stop->ucontext->uc_mcontext.gregs[REG_TRAPNO] == 14, "the trap number is stale");
  faultTestPictureTake(&picture, stop->info, stop->ucontext);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", (const char *)stop->closure);
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%s", (const char *)stop->closure);
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorMemoryProcess()) == MutatorResUNIMPL, "%s",
        (const char *)stop->closure);
  CHECK(faultTestPictureSame(&picture, stop->info, stop->ucontext), "%s", (const char *)stop->closure);
  return 0;
}

static void forge(const char *name, const unsigned char *code, const unsigned char *end, void *open) {
  siginfo_t forged = real;
  FaultTestRegisters registers = {{0}};
  char closure[64];
  (void)strncpy(closure, name, sizeof closure - 1);
  closure[sizeof closure - 1] = 0;
  registers.word[MutatorRegisterRAX] = SYS_rt_tgsigqueueinfo;
  registers.word[MutatorRegisterRDI] = (MutatorWord)getpid();
  registers.word[MutatorRegisterRSI] = (MutatorWord)syscall(SYS_gettid);
  registers.word[MutatorRegisterRDX] = SIGSEGV;
  registers.word[MutatorRegisterR10] = (MutatorWord)&forged;
  registers.word[MutatorRegisterRBX] = (MutatorWord)page;
  registers.word[MutatorRegisterRBP] = (MutatorWord)open;
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
  registers.word[MutatorRegisterRDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeRealStore, &registers, probeReal, NULL);
  FORGE(codeOther, open);
  FORGE(codeOpenStore, open);
  FORGE(codeElsewhere, open);
  FORGE(codeDirection, open);
  FORGE(codeAddress, open);
  FORGE(codeUnlisted, open);
  faultTestProtect(page, faultTestPageSize(), PROT_READ);
  for (i = 0; i < 16; i++)
    CHECK(page[i] == (faultTestPageSize() + i) % 251, "byte %zu of the page changed", i);
  for (i = 0; i < sizeof open; i++)
    CHECK(open[i] == 0, "byte %zu of the open page changed", i);
  return 0;
}
