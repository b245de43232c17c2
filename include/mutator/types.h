/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/types.h -- results, booleans, words and accesses
 */

#ifndef MUTATOR_TYPES_H
#define MUTATOR_TYPES_H

#include <mutator/platform.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MutatorBool -- zero is false, one is true; an int, for C89 callers */
typedef int MutatorBool;

/* MutatorWord -- an unsigned integer as wide as a general-purpose register */
typedef uintptr_t MutatorWord;

/* MutatorRes -- what a function has to say about itself
 *
 * Zero is success.  Every function documents which of these it gives.
 */
typedef int MutatorRes;

enum {
  MutatorResOK = 0, /* done */
  MutatorResFAIL,   /* the question has no answer: nobody knows the address */
  MutatorResUNIMPL, /* declined: not understood, or not offered here */
  MutatorResPARAM,  /* an argument is NULL, misaligned, unknown or of the wrong variety */
  MutatorResSTATE,  /* not now: not set up, already set up, or finished */
  MutatorResBUSY,   /* somebody else is using it */
  MutatorResLIMIT,  /* a size fixed at set-up is exhausted */
  MutatorResMEMORY, /* the operating system has no memory or mapping to give */
  MutatorResACCESS, /* the memory was not accessible, or the system refused */
  MutatorResLAST    /* one past the last result */
};

/* MutatorResName -- a result as text
 *
 * res      any result
 * Returns  a constant string such as "MutatorResOK"; "unknown result" for others
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API const char *MutatorResName(MutatorRes res);

/* MutatorAccess -- what an instruction does to memory: a set of bits
 *
 * Fetching the instruction itself is EXECUTE.  A read-modify-write is
 * READ | WRITE.  OPEN is no access: MutatorFaultPrepare tells a range's callback
 * by it that the page itself must be open afterwards.
 */
typedef unsigned MutatorAccess;

enum {
  MutatorAccessNONE = 0,
  MutatorAccessREAD = 1,
  MutatorAccessWRITE = 2,
  MutatorAccessEXECUTE = 4,
  MutatorAccessOPEN = 8
};

/* MutatorVersion -- the version of the library that is linked
 *
 * Returns  a constant string, "major.minor.patch"
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API const char *MutatorVersion(void);

#ifdef __cplusplus
}
#endif

#endif
