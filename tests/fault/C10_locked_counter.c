/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C10_locked_counter.c -- two threads add to a counter by stepped instructions, one by the CPU's own: none is lost
 *
 * Every form that LOCK makes atomic, at an address that is aligned and at one
 * that is not, through the protected page and through its alias at once.
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <string.h>

enum { Additions = 3000 };

static MutatorWindowStruct window;
static unsigned char *base, *alias;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  MutatorRes res = MutatorFaultStep(context);
  (void)range;
  (void)access;
  (void)closure;
  CHECK(res == MutatorResOK, "%s at %p: %s", MutatorResName(res), address,
        MutatorDeclineName(MutatorContextDecline(context)));
  return MutatorFaultHANDLED;
}

static void add(uint32_t *counter) { __asm__ volatile("lock addl $1, %0" : "+m"(*counter) : : "memory", "cc"); }

static void increment(uint32_t *counter) { __asm__ volatile("lock incl %0" : "+m"(*counter) : : "memory", "cc"); }

static void subtract(uint32_t *counter) { __asm__ volatile("lock subl $-1, %0" : "+m"(*counter) : : "memory", "cc"); }

static void exchangeAdd(uint32_t *counter) {
  uint32_t one = 1;
  __asm__ volatile("lock xaddl %0, %1" : "+r"(one), "+m"(*counter) : : "memory", "cc");
}

static void addCarry(uint32_t *counter) {
  __asm__ volatile("stc; lock adcl $0, %0" : "+m"(*counter) : : "memory", "cc");
}

static void compareExchange(uint32_t *counter) {
  uint32_t seen;
  unsigned char done;
  __asm__ volatile("movl %1, %0" : "=r"(seen) : "m"(*counter));
  do {
    uint32_t more = seen + 1;
    __asm__ volatile("lock cmpxchgl %3, %1; sete %2"
                     : "+a"(seen), "+m"(*counter), "=q"(done)
                     : "r"(more)
                     : "memory", "cc");
  } while (!done);
}

/* XCHG is locked without a prefix: a lock of its own guards an addition that is not atomic. */
static void exchangeLock(uint32_t *counter) {
  uint32_t *lock = counter + 1, taken;
  do {
    taken = 1;
    __asm__ volatile("xchgl %0, %1" : "+r"(taken), "+m"(*lock) : : "memory");
  } while (taken != 0);
  __asm__ volatile("addl $1, %0" : "+m"(*counter) : : "memory", "cc");
  __asm__ volatile("movl $0, %0" : "=m"(*lock) : : "memory");
}

/* A lock in a bit that is numbered from elsewhere. */
static void bitLock(uint32_t *counter) {
  uint32_t *bits = counter + 1;
  unsigned char taken;
  do
    __asm__ volatile("lock btsl %2, %1; setc %0" : "=q"(taken), "+m"(*(bits - 2)) : "r"(2 * 32 + 5) : "memory", "cc");
  while (taken);
  __asm__ volatile("incl %0" : "+m"(*counter) : : "memory", "cc");
  __asm__ volatile("lock btrl $5, %0" : "+m"(*bits) : : "memory", "cc");
}

static void compareExchange8(uint32_t *counter) {
  uint32_t low = 0, high = 0;
  unsigned char done;
  do {
    uint32_t moreLow = low + 1, moreHigh = high + 2;
    __asm__ volatile("lock cmpxchg8b %2; sete %3"
                     : "+a"(low), "+d"(high), "+m"(*(uint64_t *)(void *)counter), "=q"(done)
                     : "b"(moreLow), "c"(moreHigh)
                     : "memory", "cc");
  } while (!done);
}

typedef struct Way {
  const char *name;
  void (*add)(uint32_t *counter);
  size_t offset;
} Way;

static const Way ways[] = {
    {"LOCK ADD", add, 64},
    {"LOCK ADD, misaligned", add, 129},
    {"LOCK INC", increment, 192},
    {"LOCK SUB", subtract, 256},
    {"LOCK XADD", exchangeAdd, 320},
    {"LOCK XADD, misaligned", exchangeAdd, 387},
    {"LOCK ADC", addCarry, 448},
    {"LOCK CMPXCHG", compareExchange, 512},
    {"XCHG", exchangeLock, 576},
    {"LOCK BTS, BTR", bitLock, 640},
    {"LOCK CMPXCHG8B", compareExchange8, 704},
};

static const Way *way;

static void *run(void *closure) {
  unsigned i;
  for (i = 0; i < Additions; i++)
    way->add(closure);
  return NULL;
}

static void check(void) {
  pthread_t threads[3];
  uint32_t counter; /* one of them is misaligned in memory */
  unsigned i;
  for (i = 0; i < 3; i++)
    CHECK(pthread_create(&threads[i], NULL, run, (i < 2 ? base : alias) + way->offset) == 0, "thread");
  for (i = 0; i < 3; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  memcpy(&counter, alias + way->offset, sizeof counter);
  CHECK(counter == 3 * Additions, "%s: %u of %u", way->name, counter, 3 * Additions);
}

int main(void) {
  static MutatorFaultRangeStruct range;
  const size_t size = nativePageSize();
  void *pointer = NULL;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorWindowCreate(&window, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, base, size, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  CHECK(MutatorFaultRangeAdd(&range, base, base + size, callback, NULL, &window) == MutatorResOK, "add");
  nativeProtect(base, size, NativeNONE);
  for (way = ways; way < ways + sizeof ways / sizeof ways[0]; way++)
    check();
  return 0;
}
