/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/trap_debugger_code.h -- the "just-in-time compiled" function that the debugger runs
 *
 * It keeps a sum of vectors in YMM0 from its first instruction to its last, and
 * in between divides, meets an instruction that may be illegal, and stores
 * through a pointer.  Whether those trap is up to its arguments.
 */

#ifndef examples_trap_debugger_code_h
#define examples_trap_debugger_code_h

#include <stddef.h>
#include <stdint.h>

enum { CodeLanes = 8 };

/* CodeArguments -- what makes it trap, or not */
typedef struct CodeArguments {
  uintptr_t divisor; /* 0: divide error */
  uint32_t *target;  /* NULL: memory fault */
} CodeArguments;

/* CodeFunction -- add `blocks` blocks of eight words; the sums go to `sums` */
typedef void (*CodeFunction)(const uint32_t *words, size_t blocks, uint32_t sums[CodeLanes],
                             const CodeArguments *arguments);

/* codeMake -- generate it; illegal: with an undefined instruction in it, else with a NOP
 *
 * Unwinders learn of it (__register_frame), so that backtraces pass through.
 * Returns NULL when there is no memory, or the CPU has no AVX2. */
CodeFunction codeMake(int illegal);

/* codeHolds -- is the address in generated code? */
int codeHolds(const void *address);

#endif
