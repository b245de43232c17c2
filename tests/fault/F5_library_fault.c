/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F5_library_fault.c -- a fault of the library's own, inside a callback, is recovered and reported, and is no loop
 */

#include "support/fault_test.h"

static unsigned char *page;
static volatile unsigned calls;

/* Stepping in place meets the protection again: that fault is the library's.
 * So does every direct memory access. */
static MutatorFaultResult stepInPlace(MutatorFaultRange range, MutatorContext context, void *address,
                                      MutatorAccess access, void *closure) {
  MutatorWord word = 0;
  (void)range;
  (void)access;
  (void)closure;
  calls++;
  CHECK(MutatorFaultStep(context) == MutatorResACCESS, "step");
  CHECK(MutatorContextStepInstruction(context) == MutatorResACCESS, "step");
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), &word, address, sizeof word) == MutatorResACCESS, "load");
  CHECK(MutatorMemoryStore(MutatorMemoryDirect(), address, &word, sizeof word) == MutatorResACCESS, "store");
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  CHECK(MutatorFaultStep(context) == MutatorResOK, "step: the page is open");
  return MutatorFaultHANDLED;
}

int main(void) {
  static MutatorFaultRangeStruct range;
  MutatorCountersStruct before, after;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), stepInPlace, NULL, NULL) == MutatorResOK, "add");
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  __asm__ volatile("mov %1, (%0)" : : "r"(page), "r"((MutatorWord)99) : "memory");
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(calls == 1 && *(MutatorWord *)(void *)page == 99, "stepped once");
  CHECK(after.recovered - before.recovered == 4, "%llu recovered",
        (unsigned long long)(after.recovered - before.recovered));
  CHECK(after.faults - before.faults == 1 && after.handled - before.handled == 1, "they do not count as faults");
  CHECK(after.inaccessible - before.inaccessible == 2 && after.steps - before.steps == 1, "steps");
  return 0;
}
