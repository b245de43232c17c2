/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F5: a thread that has set AC, with which misaligned accesses are faults, is
 * stepped and keeps it; the handler and its callback run without
 */

#include <string.h>

#include "support/fault_test.h"

#define AC 0x40000UL

static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static unsigned long called, flagsInside;

static MutatorFaultResult callback(MutatorFaultRange theRange, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  (void)theRange, (void)address, (void)access, (void)closure;
  called++;
  __asm__ volatile("pushf\n pop %0" : "=r"(flagsInside));
  return MutatorFaultStep(context) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

/* Load a word with AC set; the flags afterwards. */
static unsigned long loadChecked(const unsigned long *word, unsigned long *valueReturn) {
  unsigned long flags, value, calm;
  __asm__ volatile("pushf\n"
                   "pop %2\n"
                   "mov %2, %1\n"
                   "or %4, %1\n"
                   "push %1\n"
                   "popf\n"
                   "mov (%3), %0\n"
                   "pushf\n"
                   "pop %1\n"
                   "push %2\n"
                   "popf\n"
                   : "=&r"(value), "=&r"(flags), "=&r"(calm)
                   : "r"(word), "i"(AC)
                   : "memory", "cc");
  *valueReturn = value;
  return flags;
}

int main(void) {
  unsigned long value, flags, *word;
  if (FAULT_TEST_ASAN)
    faultTestSkip("AddressSanitizer makes misaligned accesses before a function's first line");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorWindowCreate(&window, faultTestPageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  word = MutatorWindowBase(&window);
  *word = 0x12345678;
  CHECK(MutatorFaultRangeAdd(&range, word, (char *)word + faultTestPageSize(), callback, NULL, &window) == MutatorResOK,
        "range");
  faultTestProtect(word, faultTestPageSize(), 0);
  flags = loadChecked(word, &value);
  CHECK(called == 1, "%lu callbacks", called);
  CHECK(value == 0x12345678, "loaded %#lx", value);
  CHECK((flags & AC) != 0, "AC is lost");
  CHECK((flagsInside & AC) == 0, "AC is set in the callback");
  return 0;
}
