/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_trap_flag.c -- a thread that is being single-stepped is not stepped by us: its trap arrives at the next PC
 */

#include "support/fault_test.h"

#include <sys/mman.h>

SNIPPET(codeTraced, "pushfq; orl $0x100, (%rsp); popfq; mov %rax, (%rdi); nop; nop");

static unsigned char *page;
static MutatorWord faultPC;

static MutatorBool probe(FaultTestStop stop) {
  FaultTestPictureStruct picture;
  if (stop->number == 0) {
    faultPC = faultTestGet(stop->ucontext, MutatorRegisterPC);
    CHECK(stop->signal == SIGSEGV, "signal %d", stop->signal);
    faultTestPictureTake(&picture, stop->info, stop->ucontext);
    CHECK(!MutatorContextCanStepInstruction(&stop->context), "CanStep");
    CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineTRACE, "%s",
          MutatorDeclineName(MutatorContextDecline(&stop->context)));
    CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "Step");
    CHECK(faultTestPictureSame(&picture, stop->info, stop->ucontext), "the record");
    faultTestProtect(page, faultTestPageSize(), PROT_READ | PROT_WRITE); /* what the client does instead */
    return 1;
  }
  CHECK(stop->number == 1 && stop->signal == SIGTRAP, "signal %d", stop->signal);
  CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindTRACE, "kind");
  CHECK(MutatorContextPC(&stop->context) == (void *)(faultPC + 3), "the trap is behind the store");
  faultTestSet(stop->ucontext, MutatorRegisterFLAGS, 0x202);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  page = faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[MutatorRegisterRAX] = 0x77;
  registers.word[MutatorRegisterRDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeTraced, &registers, probe, NULL);
  CHECK(faultTestStops() == 2, "%u stops", faultTestStops());
  CHECK(page[0] == 0x77, "the store was made");
  return 0;
}
