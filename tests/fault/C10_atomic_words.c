/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C10_atomic_words.c -- aligned words are never torn, whoever steps (C10)
 *
 * One thread uses a word natively, through an open mapping; the other uses it
 * on a protected page, where each access faults and is stepped.  The word
 * alternates between two values that differ in every byte: whoever sees a
 * third has seen half an access.  A word that straddles two cache lines may be
 * torn by the CPU itself; here it shows that the test would notice.
 */

#include <mutator.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/fault_test.h"

#define PAGE 4096
/* Steps during which the other thread got on, and how long to wait for so many. */
#define OVERLAPS 4000
#define SECONDS 0.5

static const uint64_t values[] = {UINT64_C(0x1122334455667788), UINT64_C(0xeeddccbbaa998877)};

static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static unsigned char *protectedPage, *openPage;

static size_t offset, size;
static int finished;
static unsigned long nativeAccesses, nativeTorn, overlapped;

static MutatorFaultResult callback(MutatorFaultRange faulted, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  (void)faulted, (void)address, (void)access, (void)closure;
  if (context == NULL || !MutatorContextCanStepInstruction(context))
    return MutatorFaultDECLINED;
  return MutatorFaultStep(context) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

static MutatorWord valueOf(unsigned which) {
  return (MutatorWord)(size < 8 ? values[which] & ((UINT64_C(1) << (8 * size)) - 1) : values[which]);
}

static int isTorn(MutatorWord value) { return value != valueOf(0) && value != valueOf(1); }

/* One instruction each, whatever the compiler makes of C. */
static MutatorWord load(unsigned char *address) {
  MutatorWord value = 0;
  switch (size) {
  case 2: __asm__ volatile("movzwl %1, %k0" : "=r"(value) : "m"(*(uint16_t(*)[1])(void *)address)); break;
  case 4: __asm__ volatile("movl %1, %k0" : "=r"(value) : "m"(*(uint32_t(*)[1])(void *)address)); break;
  default: __asm__ volatile("mov %1, %0" : "=r"(value) : "m"(*(MutatorWord(*)[1])(void *)address)); break;
  }
  return value;
}

static void store(unsigned char *address, MutatorWord value) {
  switch (size) {
  case 2: __asm__ volatile("movw %w1, %0" : "=m"(*(uint16_t(*)[1])(void *)address) : "r"(value)); break;
  case 4: __asm__ volatile("movl %k1, %0" : "=m"(*(uint32_t(*)[1])(void *)address) : "r"(value)); break;
  default: __asm__ volatile("mov %1, %0" : "=m"(*(MutatorWord(*)[1])(void *)address) : "r"(value)); break;
  }
}

static unsigned long countNative(void) { return __atomic_fetch_add(&nativeAccesses, 1, __ATOMIC_RELAXED); }

static void *storeNatively(void *closure) {
  (void)closure;
  while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE))
    store(openPage + offset, valueOf(countNative() & 1));
  return NULL;
}

static void *loadNatively(void *closure) {
  (void)closure;
  while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
    nativeTorn += (unsigned long)isTorn(load(openPage + offset));
    (void)countNative();
  }
  return NULL;
}

static unsigned long stepLoad(unsigned round) {
  (void)round;
  return (unsigned long)isTorn(load(protectedPage + offset));
}

static unsigned long stepStore(unsigned round) {
  store(protectedPage + offset, valueOf(round & 1));
  return 0;
}

/* On a busy machine the other thread may not be running at all. */
static unsigned long stepOn(unsigned long (*step)(unsigned round)) {
  const double end = nativeSeconds() + SECONDS;
  unsigned long torn = 0, last = 0;
  unsigned round, overlaps = 0;
  for (round = 0; overlaps < OVERLAPS && (round % 64 != 0 || nativeSeconds() < end); ++round) {
    unsigned long accesses = __atomic_load_n(&nativeAccesses, __ATOMIC_RELAXED);
    overlaps += accesses != last;
    last = accesses;
    torn += step(round);
  }
  overlapped += overlaps;
  return torn;
}

static unsigned long run(unsigned long (*step)(unsigned), void *(*native)(void *)) {
  pthread_t thread;
  unsigned long torn;
  nativeAccesses = nativeTorn = 0;
  store(openPage + offset, valueOf(0));
  __atomic_store_n(&finished, 0, __ATOMIC_RELEASE);
  CHECK(pthread_create(&thread, NULL, native, NULL) == 0, "a thread");
  torn = stepOn(step);
  __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
  CHECK(pthread_join(thread, NULL) == 0, "the thread's end");
  return torn + nativeTorn;
}

/* The first and the last aligned word of a cache line. */
static void runAligned(void) {
  for (offset = 64; offset < 128; offset += 64 - size) {
    unsigned long loads = run(stepLoad, storeNatively), stores = run(stepStore, loadNatively);
    CHECK(loads == 0, "%zu bytes at offset %zu: %lu stepped loads were torn", size, offset, loads);
    CHECK(stores == 0, "%zu bytes at offset %zu: %lu stepped stores were torn", size, offset, stores);
  }
}

static void setUp(void) {
  void *alias;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorWindowCreate(&window, PAGE, MutatorWindowForkREFUSE) == MutatorResOK, "a window");
  protectedPage = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, protectedPage, PAGE, &alias) == MutatorResOK, "its alias");
  openPage = alias;
  CHECK(MutatorFaultRangeAdd(&range, protectedPage, protectedPage + PAGE, callback, NULL, &window) == MutatorResOK,
        "a range");
  nativeProtect(protectedPage, PAGE, NativeNONE);
}

int main(void) {
  MutatorCountersStruct counters;
  setUp();
  for (size = 2; size <= sizeof(MutatorWord); size *= 2)
    runAligned();
  size = sizeof(MutatorWord);
  offset = 64 - size / 2;
  printf("across two cache lines, where nothing is promised: torn %lu stepped loads\n", run(stepLoad, storeNatively));
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  CHECK(overlapped > 0, "the threads never ran at once");
  printf("steps: %llu, while the other thread got on: %lu, none torn\n", (unsigned long long)counters.steps,
         overlapped);
  return 0;
}
