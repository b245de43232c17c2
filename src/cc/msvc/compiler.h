/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/msvc/compiler.h -- what C11 has no word for, Microsoft's compiler
 */

#ifndef mutator_cc_msvc_compiler_h
#define mutator_cc_msvc_compiler_h

#include <intrin.h>
#include <stdint.h>

/* An address near the top of the running function's stack frame. */
static inline uintptr_t compilerStackAddress(void) { return (uintptr_t)_AddressOfReturnAddress(); }

/* It will be read soon: the CPU must see that by itself. */
static inline void compilerPrefetch(const void *address) { (void)address; }

/* Before a loop of few and always equally many turns: it decides for itself. */
#define COMPILER_UNROLL

/* Before a function that a faster path must not carry along. */
#define COMPILER_APART __declspec(noinline)

/* Before a variable of the library's own, after extern; nothing to say. */
#define COMPILER_WITHIN

/* Before a function that reads or writes other functions' stack frames; nothing to say. */
#define COMPILER_UNCHECKED
static inline void compilerStackReplaced(uintptr_t base, uintptr_t limit) { (void)base, (void)limit; }

#endif
