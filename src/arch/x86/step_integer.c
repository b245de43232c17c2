/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_integer.c -- semantics on general registers and flags
 */

#include "arch/x86/native.h"
#include "arch/x86/step.h"

static MutatorWord lowBits(MutatorWord value, unsigned bytes) {
  return bytes < sizeof value ? value & (((MutatorWord)1 << (8 * bytes)) - 1) : value;
}

static MutatorWord signExtended(MutatorWord value, unsigned bytes) {
  unsigned unused = 8 * ((unsigned)sizeof value - bytes);
  return (MutatorWord)((intptr_t)(value << unused) >> unused);
}

static MutatorWord readRegister(const StepStruct *step) {
  const PlanStruct *plan = step->plan;
  MutatorWord value = *machineRegister(step->machine, plan->reg);
  return lowBits((plan->flags & PlanHIGH) != 0 ? value >> 8 : value, plan->width);
}

/* 8- and 16-bit results merge, 32-bit results clear the upper half (Intel SDM
 * volume 1, section 3.4.1.1). */
static void writeRegister(const StepStruct *step, MutatorWord value) {
  const PlanStruct *plan = step->plan;
  MutatorWord *reg = machineRegister(step->machine, plan->reg);
  unsigned shift = (plan->flags & PlanHIGH) != 0 ? 8 : 0;
  MutatorWord mask = lowBits(~(MutatorWord)0, plan->width) << shift;
  if (plan->width >= 4)
    *reg = lowBits(value, plan->width);
  else
    *reg = (*reg & ~mask) | (value << shift & mask);
}

/* The operand that is not in memory. */
static MutatorWord otherOperand(const StepStruct *step) {
  if ((step->plan->flags & PlanIMMEDIATE) != 0)
    return lowBits((MutatorWord)step->plan->immediate, step->plan->width);
  return readRegister(step);
}

/* Little-endian: the low bytes of a word come first. */
static MutatorRes loadOperand(const StepStruct *step, MutatorWord *valueReturn) {
  *valueReturn = 0;
  return mutatorArchLoad(step->memory, valueReturn, step->access->address, step->access->size);
}

/* A thread whose stack pointer is not canonical can run, but not be gone back
 * to: the return from the handler faults.  So it is left to the CPU. */
static MutatorRes loadRegister(const StepStruct *step, MutatorWord value) {
  const PlanStruct *plan = step->plan;
  if (plan->reg == MutatorRegisterSP && plan->width == sizeof value && !mutatorArchCanonical(value, 1))
    return MutatorResACCESS;
  writeRegister(step, value);
  return MutatorResOK;
}

MutatorRes mutatorStepLoad(Step step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  return res == MutatorResOK ? loadRegister(step, value) : res;
}

MutatorRes mutatorStepLoadSigned(Step step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  return res == MutatorResOK ? loadRegister(step, signExtended(value, step->plan->size)) : res;
}

MutatorRes mutatorStepStore(Step step) {
  MutatorWord value = otherOperand(step);
  return mutatorArchStore(step->memory, step->access->address, &value, step->access->size);
}

static void writeFlags(const StepStruct *step, MutatorWord flags) {
  uint32_t *saved = machineFlags(step->machine);
  *saved = (*saved & ~(uint32_t)MachineFlagsSTATUS) | ((uint32_t)flags & MachineFlagsSTATUS);
}

static void compareNatively(const StepStruct *step, const NativeOperation *family, MutatorWord a, MutatorWord b) {
  NativeOperandsStruct operands = {.a = a, .b = b};
  nativeOf(family, step->plan->size)(&operands);
  writeFlags(step, operands.flags);
}

MutatorRes mutatorStepCompare(Step step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  if (res == MutatorResOK)
    compareNatively(step, mutatorNativeCompare, value, otherOperand(step));
  return res;
}

MutatorRes mutatorStepCompareReversed(Step step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  if (res == MutatorResOK)
    compareNatively(step, mutatorNativeCompare, otherOperand(step), value);
  return res;
}

MutatorRes mutatorStepTest(Step step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  if (res == MutatorResOK)
    compareNatively(step, mutatorNativeTest, value, otherOperand(step));
  return res;
}
