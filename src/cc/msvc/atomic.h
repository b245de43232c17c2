/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/msvc/atomic.h -- atomic words, Microsoft's compiler on x86 CPUs
 *
 * Plain words, so that structures in public headers need no C11 type.  These
 * CPUs keep loads in order, and stores (Intel SDM volume 3, section 9.2.2), so
 * that only the compiler must be held back; what a locked instruction does is
 * in order with everything.  The intrinsics for pointers are those for words of
 * either size.
 */

#ifndef mutator_cc_msvc_atomic_h
#define mutator_cc_msvc_atomic_h

#include <intrin.h>
#include <stdint.h>

typedef uintptr_t AtomicWord;

static inline uintptr_t atomicLoadRelaxed(const AtomicWord *word) { return *(const volatile AtomicWord *)word; }
static inline uintptr_t atomicLoadAcquire(const AtomicWord *word) {
  const uintptr_t value = atomicLoadRelaxed(word);
  _ReadWriteBarrier();
  return value;
}
static inline uintptr_t atomicLoad(const AtomicWord *word) { return atomicLoadAcquire(word); }

static inline uintptr_t atomicExchange(AtomicWord *word, uintptr_t value) {
  return (uintptr_t)_InterlockedExchangePointer((void *volatile *)word, (void *)value);
}
static inline void atomicStoreRelaxed(AtomicWord *word, uintptr_t value) { *(volatile AtomicWord *)word = value; }
static inline void atomicStoreRelease(AtomicWord *word, uintptr_t value) {
  _ReadWriteBarrier();
  atomicStoreRelaxed(word, value);
}
static inline void atomicStore(AtomicWord *word, uintptr_t value) { (void)atomicExchange(word, value); }

/* True when *word was *expected and is now desired; else *expected is what it was. */
static inline int atomicCompareAndSwap(AtomicWord *word, uintptr_t *expected, uintptr_t desired) {
  const uintptr_t old =
      (uintptr_t)_InterlockedCompareExchangePointer((void *volatile *)word, (void *)desired, (void *)*expected);
  if (old == *expected)
    return 1;
  *expected = old;
  return 0;
}

static inline uintptr_t atomicAdd(AtomicWord *word, uintptr_t value) {
  uintptr_t old = atomicLoadRelaxed(word);
  while (!atomicCompareAndSwap(word, &old, old + value))
    continue;
  return old;
}
static inline uintptr_t atomicSubtract(AtomicWord *word, uintptr_t value) {
  return atomicAdd(word, (uintptr_t)0 - value);
}

/* 64 bits on every CPU: CMPXCHG8B where there is no wider load or store. */
static inline uint64_t atomicLoad64Relaxed(const uint64_t *word) {
  return (uint64_t)_InterlockedCompareExchange64((volatile int64_t *)(uintptr_t)word, 0, 0);
}
static inline void atomicStore64Relaxed(uint64_t *word, uint64_t value) {
  int64_t old = (int64_t)atomicLoad64Relaxed(word), found;
  while ((found = _InterlockedCompareExchange64((volatile int64_t *)word, (int64_t)value, old)) != old)
    old = found;
}

/* Words of 64 and of 32 bits on every CPU; those of 64 must be aligned for 8. */
static inline uint64_t atomicLoad64(const uint64_t *word) { return atomicLoad64Relaxed(word); }
static inline int atomicCompareAndSwap64(uint64_t *word, uint64_t *expected, uint64_t desired) {
  const uint64_t old =
      (uint64_t)_InterlockedCompareExchange64((volatile int64_t *)word, (int64_t)desired, (int64_t)*expected);
  if (old == *expected)
    return 1;
  *expected = old;
  return 0;
}
static inline uint64_t atomicExchange64(uint64_t *word, uint64_t value) {
  uint64_t old = atomicLoad64(word);
  while (!atomicCompareAndSwap64(word, &old, value))
    continue;
  return old;
}
static inline uint32_t atomicLoad32(const uint32_t *word) {
  return (uint32_t)_InterlockedCompareExchange((volatile long *)(uintptr_t)word, 0, 0);
}
static inline uint32_t atomicAdd32(uint32_t *word, uint32_t value) {
  return (uint32_t)_InterlockedExchangeAdd((volatile long *)word, (long)value);
}
static inline uint32_t atomicSubtract32(uint32_t *word, uint32_t value) { return atomicAdd32(word, 0 - value); }

/* Counters that nobody orders anything by. */
static inline void atomicCount(uint64_t *counter) {
  int64_t old = (int64_t)atomicLoad64Relaxed(counter), found;
  while ((found = _InterlockedCompareExchange64((volatile int64_t *)counter, old + 1, old)) != old)
    old = found;
}
static inline uint64_t atomicCounted(const uint64_t *counter) { return atomicLoad64Relaxed(counter); }

/* For seqlocks: words that may change while they are read. */
static inline void atomicFenceAcquire(void) { _ReadWriteBarrier(); }
/* Between a thread and what interrupts it: only the compiler is held back. */
static inline void atomicFenceSignal(void) { _ReadWriteBarrier(); }
static inline void atomicFenceRelease(void) { _ReadWriteBarrier(); }

#endif
