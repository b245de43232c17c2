/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_many_ranges.c -- each of 100,000 ranges gets its own faults, stepped through one window
 */

#include "support/fault_test.h"

#include <stdlib.h>

enum { Ranges = sizeof(void *) == 8 ? 100000 : 20000, Faults = 20000 }; /* of a page each */

static MutatorFaultRangeStruct *ranges;
static unsigned char *base;
static MutatorFaultRange lastRange;
static volatile unsigned handled;

static MutatorFaultResult step(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  CHECK(closure == range && access == MutatorAccessWRITE, "as registered");
  CHECK(MutatorFaultRangeBase(range) <= address && address < MutatorFaultRangeLimit(range), "it holds the address");
  CHECK(MutatorFaultStep(context) == MutatorResOK, "decline: %s", MutatorDeclineName(MutatorContextDecline(context)));
  lastRange = range;
  handled++;
  return MutatorFaultHANDLED;
}

static void addRanges(MutatorWindow window) {
  size_t page = nativePageSize();
  size_t i, n;
  for (i = 0; i < Ranges; i++) {
    n = i * 61819 % Ranges; /* a permutation: 61,819 has no factor 2 or 5 */
    CHECK(MutatorFaultRangeAdd(&ranges[n], base + n * page, base + (n + 1) * page, step, &ranges[n], window) ==
              MutatorResOK,
          "range %zu", n);
  }
}

int main(void) {
  static MutatorWindowStruct window;
  size_t page = nativePageSize();
  uint64_t seed = 88172645463325252;
  MutatorCountersStruct before, after;
  unsigned i;
  void *alias;
  ranges = calloc(Ranges, sizeof *ranges);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorWindowCreate(&window, Ranges * page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  addRanges(&window);
  nativeProtect(base, Ranges * page, NativeNONE);
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  for (i = 1; i <= Faults; i++) {
    size_t n = faultTestRandom(&seed) % Ranges;
    size_t offset = faultTestRandom(&seed) % (page / 4) * 4;
    __asm__ volatile("movl %1, (%0)" : : "r"(base + n * page + offset), "r"(i) : "memory");
    CHECK(handled == i && lastRange == &ranges[n], "fault %u in range %zu", i, n);
    CHECK(MutatorWindowAlias(&window, base + n * page + offset, 4, &alias) == MutatorResOK, "alias");
    CHECK(*(unsigned *)alias == i, "stored through the window");
  }
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.faults - before.faults == Faults && after.handled - before.handled == Faults, "counted");
  CHECK(after.steps - before.steps == Faults && after.forwarded == before.forwarded, "counted");
  return 0;
}
