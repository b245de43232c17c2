/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_change_while_faulting.c -- threads fault while others add and remove ranges next door
 *
 * Even pages stay registered, and every fault in them must reach its own
 * callback.  Odd pages are registered, removed, quiesced and wiped, over and
 * over: a wiped range that is still called ends the program.
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <string.h>

enum { Pages = 64, Faulters = 3, Writers = 2, Rounds = 20000, Wipes = 25 };

static unsigned char *base;
static MutatorWindowStruct window;
static MutatorFaultRangeStruct ranges[Pages];
static volatile int done;

static MutatorFaultResult step(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  size_t page = (size_t)((unsigned char *)address - base) / nativePageSize();
  (void)access;
  CHECK(closure == &ranges[page] && range == &ranges[page], "the callback of page %zu", page);
  CHECK(MutatorFaultStep(context) == MutatorResOK, "step");
  return MutatorFaultHANDLED;
}

static unsigned char *at(size_t page) { return base + page * nativePageSize(); }

static MutatorRes add(size_t page) {
  return MutatorFaultRangeAdd(&ranges[page], at(page), at(page + 1), step, &ranges[page], &window);
}

static void removeRange(size_t page) {
  MutatorRes res;
  do
    res = MutatorFaultRangeRemove(&ranges[page]);
  while (res == MutatorResLIMIT);
  CHECK(res == MutatorResOK, "remove: %s", MutatorResName(res));
}

static void *faultOften(void *closure) {
  uint64_t seed = (uint64_t)(uintptr_t)closure;
  uint32_t count = 0;
  faultTestThreadStack(MutatorFaultStackInstall);
  while (!done) {
    unsigned char *word = at(faultTestRandom(&seed) % (Pages / 2) * 2) + (uintptr_t)closure * 8;
    __asm__ volatile("movl %1, (%0)" : : "r"(word), "r"(++count) : "memory");
  }
  return NULL;
}

/* Odd pages are open: nobody faults there, but they move the tree under the readers. */
static void *changeOften(void *closure) {
  size_t writer = (size_t)(uintptr_t)closure;
  unsigned i;
  for (i = 0; i < Rounds; i++) {
    size_t page = (i * 7 % (Pages / 2 / Writers) * Writers + writer) * 2 + 1;
    MutatorRes res;
    do
      res = add(page);
    while (res == MutatorResLIMIT);
    CHECK(res == MutatorResOK, "add: %s", MutatorResName(res));
    removeRange(page);
    if (i % Wipes == 0) {
      CHECK(MutatorFaultQuiesce(20000) == MutatorResOK, "quiesce");
      memset(&ranges[page], 0xff, sizeof ranges[page]);
    }
  }
  return NULL;
}

int main(void) {
  pthread_t faulter[Faulters], writer[Writers];
  MutatorCountersStruct counters;
  uintptr_t i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorWindowCreate(&window, Pages * nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  for (i = 0; i < Pages; i += 2) {
    CHECK(add(i) == MutatorResOK, "add");
    nativeProtect(at(i), nativePageSize(), NativeNONE);
  }
  for (i = 0; i < Faulters; i++)
    CHECK(pthread_create(&faulter[i], NULL, faultOften, (void *)(i + 1)) == 0, "thread");
  for (i = 0; i < Writers; i++)
    CHECK(pthread_create(&writer[i], NULL, changeOften, (void *)i) == 0, "thread");
  for (i = 0; i < Writers; i++)
    CHECK(pthread_join(writer[i], NULL) == 0, "join");
  done = 1;
  for (i = 0; i < Faulters; i++)
    CHECK(pthread_join(faulter[i], NULL) == 0, "join");
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  CHECK(counters.faults > 100 && counters.handled == counters.faults, "%llu faults, %llu handled",
        (unsigned long long)counters.faults, (unsigned long long)counters.handled);
  return 0;
}
