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
  Vector vector;                                /* where the vector registers are, for vector rows */
  MutatorMemory memory;
  MutatorWord next; /* the PC afterwards: the following instruction, unless the semantic says another */
} StepStruct, *Step;

/* OK; ACCESS or UNIMPL: nothing has changed. */
typedef MutatorRes (*StepSemantic)(Step step);

/* step_register.c: what semantics are made of ----------------------------------- */

/* The lowest `bytes` bytes of a word. */
MutatorWord mutatorStepLowBits(MutatorWord value, unsigned bytes);

/* The register operand, by its width; AH to BH are the second byte. */
MutatorWord mutatorStepReadRegister(const StepStruct *step);
void mutatorStepWriteRegister(const StepStruct *step, MutatorWord value);

/* The operand that is not in memory: register or immediate. */
MutatorWord mutatorStepOtherOperand(const StepStruct *step);

/* The status flags become these; the others stay. */
void mutatorStepWriteFlags(const StepStruct *step, MutatorWord flags);

/* One of the step's accesses, of at most a word. */
MutatorRes mutatorStepLoadWord(const StepStruct *step, unsigned which, MutatorWord *valueReturn);
MutatorRes mutatorStepStoreWord(const StepStruct *step, unsigned which, MutatorWord value);

/* A thread whose stack pointer is not canonical can run, but not be gone back
 * to: the return from the handler faults.  So it is left to the CPU. */
MutatorBool mutatorStepStackPointerAllowed(MutatorWord value);

/* step_integer.c */
MutatorRes mutatorStepLoad(Step step);
MutatorRes mutatorStepLoadSigned(Step step);
MutatorRes mutatorStepLoadReversed(Step step);
MutatorRes mutatorStepLoadIf(Step step);
MutatorRes mutatorStepStore(Step step);
MutatorRes mutatorStepStoreReversed(Step step);

/* step_operation.c */
MutatorRes mutatorStepOperate(Step step);
MutatorRes mutatorStepSet(Step step);
MutatorRes mutatorStepDivide(Step step);
MutatorRes mutatorStepCompareExchangePair(Step step);

/* step_stack.c */
MutatorRes mutatorStepPush(Step step);
MutatorRes mutatorStepPushFlags(Step step);
MutatorRes mutatorStepPop(Step step);
MutatorRes mutatorStepPopMemory(Step step);
MutatorRes mutatorStepLeave(Step step);
MutatorRes mutatorStepJump(Step step);
MutatorRes mutatorStepCall(Step step);
MutatorRes mutatorStepReturn(Step step);

/* step_string.c */
MutatorRes mutatorStepMoveString(Step step);
MutatorRes mutatorStepFillString(Step step);
MutatorRes mutatorStepTakeString(Step step);
MutatorRes mutatorStepCompareString(Step step);
MutatorRes mutatorStepScanString(Step step);

/* step_vector.c */
MutatorRes mutatorStepVectorLoad(Step step);
MutatorRes mutatorStepVectorStore(Step step);
MutatorRes mutatorStepVectorInsert(Step step);
MutatorRes mutatorStepVectorExtract(Step step);
MutatorRes mutatorStepMxcsrLoad(Step step);
MutatorRes mutatorStepMxcsrStore(Step step);

#endif
