/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_scan_general.c -- a scan finds a reference that is only in a general-purpose register, whichever
 *
 * Of a thread stopped by a fault, and of one that another thread has suspended.
 */

#include "support/fault_test.h"

#include <pthread.h>

SNIPPET(codeFault, "mov (" rDI "), " rAX);
SNIPPET(codeLoop, "1: pause; jmp 1b");

/* Copies of the values may be in vector registers, so only what the record has of
 * the general registers counts. */
typedef struct Search {
  MutatorWord wanted;
  MutatorContext context;
  unsigned found, areas;
} Search;

static MutatorRes look(void *base, void *limit, void *closure) {
  Search *search = closure;
  MutatorWord *word;
  CHECK((uintptr_t)base % sizeof(void *) == 0 && (uintptr_t)limit % sizeof(void *) == 0 && base < limit,
        "an area from %p to %p", base, limit);
  search->areas++;
  for (word = base; word < (MutatorWord *)limit; word++)
    if (*word == search->wanted && nativeIsGeneral(search->context, word))
      search->found++;
  return MutatorResOK;
}

static unsigned find(MutatorContext context, MutatorWord wanted) {
  Search search = {wanted, context, 0, 0};
  CHECK(MutatorContextScan(context, look, &search) == MutatorResOK, "Scan");
  CHECK(search.areas > 0, "no area");
  return search.found;
}

/* RSP and RDI have values of their own. */
static void fillRegisters(FaultTestRegisters *registers, void *page) {
  unsigned reg;
  for (reg = 0; reg < FAULT_TEST_GENERAL; reg++)
    registers->word[reg] = (MutatorWord)UINT64_C(0x5ca1ab1e5ca1ab00) + reg;
  registers->word[FaultTestDI] = (MutatorWord)page;
  registers->word[MutatorRegisterSP] = (MutatorWord)page - 2048;
}

static void findEvery(MutatorContext context, const FaultTestRegisters *registers) {
  unsigned reg;
  for (reg = 0; reg < FAULT_TEST_GENERAL; reg++) {
    MutatorWord value = 0;
    CHECK(find(context, registers->word[reg]) > 0, "register %u", reg);
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)reg, &value) == MutatorResOK, "register %u", reg);
    CHECK(value == registers->word[reg], "register %u", reg);
    /* It is found there, not elsewhere. */
    CHECK(MutatorContextSetRegister(context, (MutatorRegister)reg, 0) == MutatorResOK, "register %u", reg);
    CHECK(find(context, registers->word[reg]) == 0, "register %u is empty", reg);
    CHECK(MutatorContextSetRegister(context, (MutatorRegister)reg, value) == MutatorResOK, "register %u", reg);
  }
}

static MutatorBool probe(FaultTestStop stop) {
  findEvery(&stop->context, stop->closure);
  return 0;
}

/* suspension ------------------------------------------------------------------ */

typedef struct Suspension {
  NativeThread thread;
  const FaultTestRegisters *registers;
  const unsigned char *code;
} Suspension;

static void *suspend(void *closure) {
  const Suspension *suspension = closure;
  MutatorContextStruct context;
  faultTestSuspend(suspension->thread, suspension->code, suspension->code + SNIPPET_SIZE(codeLoop), &context);
  CHECK(MutatorContextVariety(&context) == MutatorContextTHREAD, "variety");
  CHECK(MutatorContextSP(&context) == (void *)suspension->registers->word[MutatorRegisterSP], "SP");
  findEvery(&context, suspension->registers);
  CHECK(MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)(uintptr_t)faultTestExit) == MutatorResOK,
        "PC");
  faultTestResume(suspension->thread, &context);
  return NULL;
}

static void suspended(const FaultTestRegisters *registers) {
  Suspension suspension = {nativeThreadSelf(), registers, NULL};
  pthread_t thread;
  suspension.code = faultTestCode(codeLoop, SNIPPET_SIZE(codeLoop));
  CHECK(pthread_create(&thread, NULL, suspend, &suspension) == 0, "pthread_create");
  (void)faultTestRun(registers, suspension.code, probe, NULL);
  CHECK(pthread_join(thread, NULL) == 0, "pthread_join");
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  fillRegisters(&registers, faultTestPageNew(FaultTestPageNOACCESS));
  (void)FAULT_TEST_RUN(codeFault, &registers, probe, &registers);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  suspended(&registers);
  return 0;
}
