/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_lazy_init.c -- Init looks at neither the record nor the instruction: it may come before the record is filled in
 */

#include "support/fault_test.h"

#include <string.h>
#include <sys/mman.h>

SNIPPET(codeLoad, "mov (" rDI "), " rAX);

/* On a page that nobody may touch yet. */
typedef struct Record {
  siginfo_t info;
  ucontext_t ucontext;
} Record;

static MutatorContextStruct early, earlyThread;
static Record *record;
static uint64_t recovered;

static uint64_t recoveries(void) {
  MutatorCountersStruct counters;
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters.recovered;
}

static MutatorBool probe(FaultTestStop stop) {
  void *address = NULL;
  nativeProtect(record, nativePageSize(), NativeREADWRITE);
  record->info = *stop->native.info;
  memcpy(&record->ucontext, stop->native.ucontext, offsetof(ucontext_t, __fpregs_mem));
  CHECK(MutatorContextKind(&early) == MutatorFaultKindPROTECTION, "filled in later");
  CHECK(MutatorContextAddress(&early, &address) == MutatorResOK && address == stop->native.info->si_addr,
        "filled in later");
  CHECK(MutatorContextPC(&early) == MutatorContextPC(&stop->context), "filled in later");
  CHECK(MutatorContextSP(&earlyThread) == MutatorContextSP(&stop->context), "filled in later");
  CHECK(MutatorContextCanStepInstruction(&early), "filled in later: %s",
        MutatorDeclineName(MutatorContextDecline(&early)));
  /* And what was asked is asked again: the record is read through. */
  record->info.si_code = SI_USER;
  CHECK(MutatorContextKind(&early) == MutatorFaultKindASYNC, "changed since");
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  _Static_assert(sizeof(MutatorContextStruct) <= 128, "a Linux context is at most 128 bytes");
  _Static_assert(sizeof(MutatorInstructionStruct) <= 512, "an instruction is at most 512 bytes");
  faultTestSetup();
  record = (Record *)(void *)faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(sizeof *record <= nativePageSize(), "it fits");
  recovered = recoveries();
  CHECK(MutatorContextInitFault(&early, &record->info, &record->ucontext) == MutatorResOK, "InitFault");
  CHECK(MutatorContextInitThread(&earlyThread, &record->ucontext) == MutatorResOK, "InitThread");
  CHECK(MutatorContextCheck(&early) && MutatorContextCheck(&earlyThread), "Check");
  CHECK(MutatorContextVariety(&early) == MutatorContextFAULT, "Variety");
  CHECK(MutatorContextVariety(&earlyThread) == MutatorContextTHREAD, "Variety");
  CHECK(MutatorContextDecline(&early) == MutatorDeclineNONE, "Decline");
  CHECK(recoveries() == recovered, "nothing was touched");
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
