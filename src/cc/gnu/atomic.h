/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/gnu/atomic.h -- atomic words, for compilers with the GNU builtins
 *
 * Plain words, so that structures in public headers need no C11 type.
 */

#ifndef mutator_cc_gnu_atomic_h
#define mutator_cc_gnu_atomic_h

#include <stdint.h>

typedef uintptr_t AtomicWord;

static inline uintptr_t atomicLoad(const AtomicWord *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline uintptr_t atomicLoadAcquire(const AtomicWord *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline uintptr_t atomicLoadRelaxed(const AtomicWord *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline void atomicStore(AtomicWord *word, uintptr_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
static inline void atomicStoreRelease(AtomicWord *word, uintptr_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline void atomicStoreRelaxed(AtomicWord *word, uintptr_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
static inline uintptr_t atomicAdd(AtomicWord *word, uintptr_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}
static inline uintptr_t atomicSubtract(AtomicWord *word, uintptr_t value) {
  return __atomic_fetch_sub(word, value, __ATOMIC_SEQ_CST);
}
static inline uintptr_t atomicExchange(AtomicWord *word, uintptr_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

/* True when *word was *expected and is now desired; else *expected is what it was. */
static inline int atomicCompareAndSwap(AtomicWord *word, uintptr_t *expected, uintptr_t desired) {
  return __atomic_compare_exchange_n(word, expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Words of 64 and of 32 bits on every CPU; those of 64 must be aligned for 8, which
 * a 32-bit ABI does not do by itself: without this a compiler would call a function. */
typedef uint64_t AtomicAligned64 __attribute__((aligned(8)));
static inline AtomicAligned64 *atomicAligned64(const uint64_t *word) { return (AtomicAligned64 *)(uintptr_t)word; }
static inline uint64_t atomicLoad64(const uint64_t *word) {
  return __atomic_load_n(atomicAligned64(word), __ATOMIC_SEQ_CST);
}
static inline uint64_t atomicExchange64(uint64_t *word, uint64_t value) {
  return __atomic_exchange_n(atomicAligned64(word), value, __ATOMIC_SEQ_CST);
}
static inline int atomicCompareAndSwap64(uint64_t *word, uint64_t *expected, uint64_t desired) {
  return __atomic_compare_exchange_n(atomicAligned64(word), expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline uint32_t atomicLoad32(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline uint32_t atomicAdd32(uint32_t *word, uint32_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}
static inline uint32_t atomicSubtract32(uint32_t *word, uint32_t value) {
  return __atomic_fetch_sub(word, value, __ATOMIC_SEQ_CST);
}

/* Counters that nobody orders anything by; 64 bits on every CPU. */
static inline void atomicCount(uint64_t *counter) {
  (void)__atomic_fetch_add(atomicAligned64(counter), 1, __ATOMIC_RELAXED);
}
static inline uint64_t atomicCounted(const uint64_t *counter) {
  return __atomic_load_n(atomicAligned64(counter), __ATOMIC_RELAXED);
}

/* For seqlocks: words that may change while they are read. */
static inline uint64_t atomicLoad64Relaxed(const uint64_t *word) {
  return __atomic_load_n(atomicAligned64(word), __ATOMIC_RELAXED);
}
static inline void atomicStore64Relaxed(uint64_t *word, uint64_t value) {
  __atomic_store_n(atomicAligned64(word), value, __ATOMIC_RELAXED);
}
static inline void atomicFenceAcquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
/* Between a thread and the signal handlers that interrupt it: only the compiler is held back. */
static inline void atomicFenceSignal(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
static inline void atomicFenceRelease(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

#endif
