/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_integer.c -- moves between memory and general registers
 */

#include "arch/x86/operation.h"
#include "arch/x86/step.h"

static MutatorWord signExtended(MutatorWord value, unsigned bytes) {
  unsigned unused = 8 * ((unsigned)sizeof value - bytes);
  return (MutatorWord)((intptr_t)(value << unused) >> unused);
}

static MutatorWord reversed(MutatorWord value, unsigned bytes) {
  MutatorWord result = 0;
  for (; bytes > 0; bytes--, value >>= 8)
    result = result << 8 | (value & 0xff);
  return result;
}

static MutatorRes loadRegister(const StepStruct *step, MutatorWord value) {
  const PlanStruct *plan = step->plan;
  if (plan->reg == MachineSP && plan->width == sizeof value && !mutatorStepStackPointerAllowed(value))
    return MutatorResACCESS;
  mutatorStepWriteRegister(step, value);
  return MutatorResOK;
}

MutatorRes mutatorStepLoad(Step step) {
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  return res == MutatorResOK ? loadRegister(step, value) : res;
}

MutatorRes mutatorStepLoadSigned(Step step) {
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  return res == MutatorResOK ? loadRegister(step, signExtended(value, step->plan->size)) : res;
}

MutatorRes mutatorStepLoadReversed(Step step) {
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  return res == MutatorResOK ? loadRegister(step, reversed(value, step->plan->size)) : res;
}

/* The condition is what SETcc makes of the flags. */
static MutatorBool condition(const StepStruct *step) {
  NativeOperandsStruct operands = {0, 0, 0, *machineFlags(step->machine) & MachineFlagsSTATUS};
  mutatorOperationFind(step->row->thunk, 1)(&operands);
  return (operands.a & 1) != 0;
}

/* CMOVcc reads memory, and clears the upper half of a 32-bit register, whatever the condition. */
MutatorRes mutatorStepLoadIf(Step step) {
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  return res == MutatorResOK ? loadRegister(step, condition(step) ? value : mutatorStepReadRegister(step)) : res;
}

MutatorRes mutatorStepStore(Step step) { return mutatorStepStoreWord(step, 0, mutatorStepOtherOperand(step)); }

MutatorRes mutatorStepStoreReversed(Step step) {
  return mutatorStepStoreWord(step, 0, reversed(mutatorStepOtherOperand(step), step->plan->size));
}
