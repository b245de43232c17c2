/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/gnu/compiler.h -- what C11 has no word for, GCC and Clang
 */

#ifndef mutator_cc_gnu_compiler_h
#define mutator_cc_gnu_compiler_h

#include <stddef.h>
#include <stdint.h>

/* An address near the top of the running function's stack frame. */
static inline uintptr_t compilerStackAddress(void) { return (uintptr_t)__builtin_frame_address(0); }

/* It will be read soon. */
static inline void compilerPrefetch(const void *address) { __builtin_prefetch(address); }

/* Before a loop of few and always equally many turns. */
#define COMPILER_UNROLL _Pragma("GCC unroll 16")

/* Before a function that a faster path must not carry along. */
#define COMPILER_APART __attribute__((noinline))

/* Before a variable that is reached at once, because no other library may have one of that name. */
#if defined(__ELF__)
#define COMPILER_WITHIN __attribute__((visibility("hidden")))
#else
#define COMPILER_WITHIN
#endif

/* Before a function that reads or writes other functions' stack frames: a sanitizer is not to look. */
#define COMPILER_UNCHECKED __attribute__((no_sanitize("address")))

/* compilerStackReplaced -- in that part of a stack are other frames than before: a sanitizer is to forget what it knows */
#if defined(__SANITIZE_ADDRESS__)
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
static inline void compilerStackReplaced(uintptr_t base, uintptr_t limit) {
  __asan_unpoison_memory_region((const volatile void *)base, limit - base);
}
#else
static inline void compilerStackReplaced(uintptr_t base, uintptr_t limit) { (void)base, (void)limit; }
#endif

#endif
