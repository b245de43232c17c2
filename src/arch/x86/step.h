/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step.h -- one plan being performed, and what performs it
 *
 * A semantic makes its accesses first, stores last; only when all of them have
 * succeeded are registers, flags and PC written.  So a step happens completely
 * or not at all.
 */

#ifndef mutator_arch_x86_step_h
#define mutator_arch_x86_step_h

#include "arch/x86/plan.h"

typedef struct StepStruct {
  const PlanStruct *plan;
  const OpcodeRow *row;
  Machine machine;
  const MutatorInstructionAccessStruct *access; /* the plan's accesses, in the CPU's order */
  unsigned count;                               /* of them */
  MutatorMemory memory;
  MutatorWord next; /* the PC afterwards: the following instruction, unless the semantic says another */
} StepStruct, *Step;

/* OK; ACCESS or UNIMPL: nothing has changed. */
typedef MutatorRes (*StepSemantic)(Step step);

/* step_integer.c */
MutatorRes mutatorStepLoad(Step step);
MutatorRes mutatorStepLoadSigned(Step step);
MutatorRes mutatorStepStore(Step step);
MutatorRes mutatorStepCompare(Step step);
MutatorRes mutatorStepCompareReversed(Step step);
MutatorRes mutatorStepTest(Step step);

#endif
