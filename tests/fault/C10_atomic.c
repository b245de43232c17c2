/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C10_atomic.c -- aligned accesses stay single, and compare-and-swap is atomic against threads that use the alias
 */

#include "support/fault_test.h"

#include <pthread.h>

static MutatorWindowStruct window;
static unsigned char *base, *alias;
static volatile MutatorBool done;

enum { Steps = 20000, Stores = 2000000, Milliseconds = 300 };

/* Every byte of what is stored is the same. */
#define ALL(byte) ((MutatorWord)UINT64_C(0x0101010101010101) * (MutatorWord)(byte))

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  MutatorRes res = MutatorFaultStep(context);
  (void)range;
  (void)access;
  (void)closure;
  CHECK(res == MutatorResOK, "%s at %p", MutatorResName(res), address);
  return MutatorFaultHANDLED;
}

/* Words that nobody has stored would be torn ones. */
static void *watchWord(void *closure) {
  volatile MutatorWord *word = (MutatorWord *)(void *)(alias + *(size_t *)closure);
  while (!done) {
    MutatorWord seen = *word;
    CHECK(seen == ALL(seen & 255), "a torn store: %#llx", (unsigned long long)seen);
  }
  return NULL;
}

static void *changeWord(void *closure) {
  volatile MutatorWord *word = (MutatorWord *)(void *)(alias + *(size_t *)closure);
  unsigned i;
  for (i = 0; !done; i++)
    *word = ALL(i & 255);
  return NULL;
}

static void join(pthread_t thread) {
  done = 1;
  CHECK(pthread_join(thread, NULL) == 0, "join");
  done = 0;
}

/* A fault takes long and its store does not: without faults more of them are seen. */
static void storeOften(size_t offset) {
  unsigned i;
  for (i = 0; i < Stores; i++) {
    const MutatorWord word = ALL(i & 255);
    CHECK(MutatorMemoryStore(MutatorWindowMemory(&window), base + offset, &word, sizeof word) == MutatorResOK, "store");
  }
}

static void stores(size_t offset) {
  pthread_t thread;
  unsigned i;
  CHECK(pthread_create(&thread, NULL, watchWord, &offset) == 0, "thread");
  for (i = 0; i < Steps; i++)
    __asm__ volatile("mov %1, (%0)" : : "r"(base + offset), "r"(ALL(i & 255)) : "memory");
  storeOften(offset);
  join(thread);
}

static void loads(size_t offset) {
  pthread_t thread;
  unsigned i;
  CHECK(pthread_create(&thread, NULL, changeWord, &offset) == 0, "thread");
  for (i = 0; i < Steps; i++) {
    MutatorWord seen;
    __asm__ volatile("mov (%1), %0" : "=r"(seen) : "r"(base + offset) : "memory");
    CHECK(seen == ALL(seen & 255), "a torn load: %#llx", (unsigned long long)seen);
  }
  join(thread);
}

/* Sixteen bytes at a time, where the CPU makes them one access. */
static void *watchVector(void *closure) {
  volatile unsigned char *vector = alias + *(size_t *)closure;
  while (!done) {
    uint64_t seen[2];
    __asm__ volatile("movdqa (%1), %%xmm0; movdqu %%xmm0, %0"
                     : "=m"(seen)
                     : "r"(vector)
                     : FAULT_TEST_CLOBBER_XMM0 "memory");
    CHECK(seen[0] == seen[1], "a torn store: %#llx %#llx", (unsigned long long)seen[0], (unsigned long long)seen[1]);
  }
  return NULL;
}

static void vectors(size_t offset) {
  pthread_t thread;
  unsigned i;
  CHECK(pthread_create(&thread, NULL, watchVector, &offset) == 0, "thread");
  for (i = 0; i < 5 * Steps; i++) {
    uint64_t two[2] = {i, i};
    CHECK(MutatorMemoryStore(MutatorWindowMemory(&window), base + offset, two, 16) == MutatorResOK, "store");
  }
  join(thread);
}

/* additions ---------------------------------------------------------------------- */

static void addOne(uint32_t *at) {
  uint32_t expected = 0, desired;
  MutatorRes res;
  do {
    desired = expected + 1;
    res = MutatorMemoryCompareAndSwap(MutatorWindowMemory(&window), at, &expected, &desired, 4);
  } while (res == MutatorResFAIL);
  CHECK(res == MutatorResOK, "%s", MutatorResName(res));
}

/* As long as the others do, so that they meet; returns how many it has made. */
static void *addThrough(void *closure) {
  uintptr_t count;
  for (count = 0; !done; count++)
    addOne(closure);
  return (void *)count;
}

static void *addNatively(void *closure) {
  uint32_t *at = (uint32_t *)(void *)(alias + ((unsigned char *)closure - base));
  uintptr_t count;
  for (count = 0; !done; count++)
    (void)__atomic_fetch_add(at, 1, __ATOMIC_SEQ_CST);
  return (void *)count;
}

static void additions(size_t offset) {
  pthread_t threads[3];
  uint32_t sum, made = 0;
  unsigned i;
  for (i = 0; i < 3; i++)
    CHECK(pthread_create(&threads[i], NULL, i < 2 ? addThrough : addNatively, base + offset) == 0, "thread");
  nativeSleep(Milliseconds);
  done = 1;
  for (i = 0; i < 3; i++) {
    void *count = NULL;
    CHECK(pthread_join(threads[i], &count) == 0 && count != NULL, "thread %u has added nothing", i);
    made += (uint32_t)(uintptr_t)count;
  }
  CHECK(MutatorMemoryLoad(MutatorWindowMemory(&window), &sum, base + offset, 4) == MutatorResOK, "load");
  CHECK(sum == made, "%u of %u additions", sum, made);
}

int main(void) {
  static MutatorFaultRangeStruct range;
  size_t size = nativePageSize();
  void *pointer = NULL;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorWindowCreate(&window, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, base, size, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  CHECK(MutatorFaultRangeAdd(&range, base, base + size, callback, NULL, &window) == MutatorResOK, "add");
  nativeProtect(base, size, NativeNONE);
  stores(64);
  loads(128);
  if (faultTestFeature(FaultTestFeatureAVX))
    vectors(256);
  additions(512);
  return 0;
}
