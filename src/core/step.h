/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/step.h -- the step core: one instruction, from bytes to effect
 *
 * Knows nothing of faults: whoever has bytes from somewhere, and its own idea
 * of why they should be stepped, calls it.
 */

#ifndef mutator_core_step_h
#define mutator_core_step_h

#include "arch/arch.h"

typedef struct CoreStepStruct {
  MachineStruct machine;
  MutatorWord pc;                      /* where the bytes are from */
  size_t count;                        /* how many of them were readable */
  unsigned char bytes[ARCH_FETCH_MAX]; /* the rest are zero */
  ArchPlanStruct plan;
  ArchAccessesStruct accesses;
} CoreStepStruct, *CoreStep;

/* mutatorStepMachine -- the machine of a native record, vector registers included */
void mutatorStepMachine(CoreStep step, const MutatorNativeStruct *native);

/* mutatorStepFetch -- read the bytes at the machine's PC; NONE, FETCH, or SEGMENT (code of another mode) */
MutatorDecline mutatorStepFetch(CoreStep step);

/* mutatorStepPlan -- plan for the bytes, from the cache or decoded; NONE or why not */
MutatorDecline mutatorStepPlan(CoreStep step);

/* mutatorStepResolve -- the accesses, with the machine's registers; NONE or why not */
MutatorDecline mutatorStepResolve(CoreStep step);

/* mutatorStepPerform -- the effect, all or nothing: OK, ACCESS, or UNIMPL (the memory cannot) */
MutatorRes mutatorStepPerform(CoreStep step, MutatorMemory memory);

#endif
