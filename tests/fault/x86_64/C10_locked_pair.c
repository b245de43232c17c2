/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C10_locked_pair.c -- CMPXCHG16B by two threads through a protected page and by one through its alias: no increment is lost
 *
 * The second word is always the complement of the first: who finds another pair has seen half of a store.
 */

#include "support/fault_test.h"

#include <pthread.h>

#include "cc/cpuid.h"

enum { Additions = 3000, PairAT = 1024 };

static MutatorWindowStruct window;
static unsigned char *base, *alias;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  MutatorRes res = MutatorFaultStep(context);
  (void)range, (void)access, (void)closure;
  CHECK(res == MutatorResOK, "%s at %p: %s", MutatorResName(res), address,
        MutatorDeclineName(MutatorContextDecline(context)));
  return MutatorFaultHANDLED;
}

/* What is found comes back in low and high. */
static MutatorBool exchange(void *pair, uint64_t *low, uint64_t *high, uint64_t more) {
  unsigned char done;
  __asm__ volatile("lock cmpxchg16b (%3); sete %2"
                   : "+a"(*low), "+d"(*high), "=q"(done)
                   : "r"(pair), "b"(more), "c"(~more)
                   : "memory", "cc");
  return done;
}

static void *run(void *pair) {
  uint64_t low = 0, high = 0;
  unsigned done = 0;
  while (done < Additions) {
    if (exchange(pair, &low, &high, low + 1)) {
      done++;
      continue;
    }
    CHECK(high == ~low, "half of a pair: %#llx, %#llx", (unsigned long long)low, (unsigned long long)high);
  }
  return NULL;
}

int main(void) {
  static MutatorFaultRangeStruct range;
  const size_t size = nativePageSize();
  pthread_t threads[3];
  uint64_t *pair;
  void *pointer = NULL;
  unsigned i;
  if ((cpuidRead(1, 0).ecx >> 13 & 1) == 0)
    faultTestSkip("the CPU has no CMPXCHG16B");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorWindowCreate(&window, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, base, size, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  pair = (uint64_t *)(void *)(alias + PairAT);
  pair[1] = ~pair[0];
  CHECK(MutatorFaultRangeAdd(&range, base, base + size, callback, NULL, &window) == MutatorResOK, "add");
  nativeProtect(base, size, NativeNONE);
  for (i = 0; i < 3; i++)
    CHECK(pthread_create(&threads[i], NULL, run, (i < 2 ? base : alias) + PairAT) == 0, "thread");
  for (i = 0; i < 3; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  CHECK(pair[0] == 3 * Additions && pair[1] == ~pair[0], "%llu of %u", (unsigned long long)pair[0], 3 * Additions);
  return 0;
}
