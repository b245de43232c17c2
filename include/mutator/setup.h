/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/setup.h -- everything that must exist before the first fault
 *
 * A handler cannot allocate.  MutatorSetup makes what stepping needs: a pool
 * of warmed-up decoders, the plan cache, the range index and the layout of the
 * CPU's extended state.  It is never undone: a thread may be using it.
 */

#ifndef MUTATOR_SETUP_H
#define MUTATOR_SETUP_H

#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorOptionsStruct *MutatorOptions;

/* MutatorOptionsStruct -- sizes; fill it by MutatorOptionsInit, then change what you like */
typedef struct MutatorOptionsStruct {
  MutatorWord signature; /* private */
  MutatorWord size;      /* private; of this structure, bytes */
  /* Decodes that may run at once, counting every thread and every fault nested
   * in a decode; 1 to 64.  One more is declined, not queued. */
  size_t decoders;
  /* Instructions remembered, rounded up to a power of two; 16 to 16,777,216.
   * Each takes 64 bytes. */
  size_t plans;
  /* Ranges that may exist at once; 1 to 16,777,216.  Address space is reserved
   * for all of them (about 64 bytes each) and memory used as they come. */
  size_t ranges;
  /* Faults nested inside a callback that an alternate stack must hold; 1 to 16. */
  size_t depth;
  MutatorWord reserved[10]; /* private; room to grow, zero */
} MutatorOptionsStruct;

/* MutatorOptionsInit -- the default options
 *
 * 16 decoders, 4,096 plans, 1,048,576 ranges, depth 4.
 *
 * Returns  MutatorResOK, or MutatorResPARAM when options is NULL or misaligned
 * Signals  async-signal-safe
 * Threads  one caller at a time per structure
 */
MUTATOR_API MutatorRes MutatorOptionsInit(MutatorOptions options);

/* MutatorSetup -- make ready to decode and step
 *
 * Idempotent: a second call changes nothing, and gives OK unless it asks for
 * other sizes than the first.  MutatorFaultSetup calls it.
 *
 * options  filled by MutatorOptionsInit, or NULL for the defaults (or, once
 *          set up, for what there is)
 * Returns  MutatorResOK      ready
 *          MutatorResPARAM   options not initialised, or a size out of its bounds
 *          MutatorResSTATE   already set up with other sizes
 *          MutatorResMEMORY  the system has no memory to give; try again later
 *          MutatorResUNIMPL  the Capstone library found at run time is not the
 *                            version this library was compiled for
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorSetup(const MutatorOptionsStruct *options);

#ifdef __cplusplus
}
#endif

#endif
