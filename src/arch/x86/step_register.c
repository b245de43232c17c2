/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_register.c -- general registers and flags of a step, and its memory
 */

#include "arch/x86/step.h"

MutatorWord mutatorStepLowBits(MutatorWord value, unsigned bytes) {
  return bytes < sizeof value ? value & (((MutatorWord)1 << (8 * bytes)) - 1) : value;
}

MutatorWord mutatorStepReadRegister(const StepStruct *step) {
  const PlanStruct *plan = step->plan;
  MutatorWord value = *machineRegister(step->machine, plan->reg);
  return mutatorStepLowBits((plan->flags & PlanHIGH) != 0 ? value >> 8 : value, plan->width);
}

/* 8- and 16-bit results merge, 32-bit results clear the upper half (Intel SDM
 * volume 1, section 3.4.1.1). */
void mutatorStepWriteRegister(const StepStruct *step, MutatorWord value) {
  const PlanStruct *plan = step->plan;
  MutatorWord *reg = machineRegister(step->machine, plan->reg);
  unsigned shift = (plan->flags & PlanHIGH) != 0 ? 8 : 0;
  MutatorWord mask = mutatorStepLowBits(~(MutatorWord)0, plan->width) << shift;
  if (plan->width >= 4)
    *reg = mutatorStepLowBits(value, plan->width);
  else
    *reg = (*reg & ~mask) | (value << shift & mask);
}

MutatorWord mutatorStepOtherOperand(const StepStruct *step) {
  if ((step->plan->flags & PlanIMMEDIATE) != 0)
    return mutatorStepLowBits((MutatorWord)(intptr_t)step->plan->immediate, step->plan->width);
  return mutatorStepReadRegister(step);
}

void mutatorStepWriteFlags(const StepStruct *step, MutatorWord flags) {
  uint32_t *saved = machineFlags(step->machine);
  *saved = (*saved & ~(uint32_t)MachineFlagsSTATUS) | ((uint32_t)flags & MachineFlagsSTATUS);
}

MutatorRes mutatorStepLoadWord(const StepStruct *step, unsigned which, MutatorWord *valueReturn) {
  *valueReturn = 0; /* little-endian: the low bytes of a word come first */
  return mutatorArchLoad(step->memory, valueReturn, step->access[which].address, step->access[which].size);
}

MutatorRes mutatorStepStoreWord(const StepStruct *step, unsigned which, MutatorWord value) {
  return mutatorArchStore(step->memory, step->access[which].address, &value, step->access[which].size);
}

MutatorBool mutatorStepStackPointerAllowed(MutatorWord value) { return mutatorArchCanonical(value, 1); }
