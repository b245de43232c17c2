/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step.c -- perform a plan: memory, register or flags, PC
 *
 * Each semantic makes its one access first; only when that has succeeded are
 * registers, flags and PC written.  So a step happens completely or not at all.
 */

#include "arch/x86/native.h"
#include "arch/x86/plan.h"

#include <string.h>

typedef struct StepStruct {
  const PlanStruct *plan;
  Machine machine;
  const MutatorInstructionAccessStruct *access;
  MutatorMemory memory;
} StepStruct, *Step;

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

static MutatorRes load(const StepStruct *step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  return res == MutatorResOK ? loadRegister(step, value) : res;
}

static MutatorRes loadSigned(const StepStruct *step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  return res == MutatorResOK ? loadRegister(step, signExtended(value, step->plan->size)) : res;
}

static MutatorRes store(const StepStruct *step) {
  MutatorWord value = otherOperand(step);
  return mutatorArchStore(step->memory, step->access->address, &value, step->access->size);
}

static void writeFlags(const StepStruct *step, MutatorWord flags) {
  uint32_t *saved = machineFlags(step->machine);
  *saved = (*saved & ~(uint32_t)MachineFlagsSTATUS) | ((uint32_t)flags & MachineFlagsSTATUS);
}

/* By log2 of the operand's width. */
static const NativeCompare compareNatives[] = {mutatorNativeCompare1, mutatorNativeCompare2, mutatorNativeCompare4,
                                               mutatorNativeCompare8};
static const NativeCompare testNatives[] = {mutatorNativeTest1, mutatorNativeTest2, mutatorNativeTest4,
                                            mutatorNativeTest8};

static NativeCompare nativeOf(const NativeCompare *natives, unsigned bytes) {
  return natives[bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3];
}

static MutatorRes compare(const StepStruct *step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  if (res == MutatorResOK)
    writeFlags(step, nativeOf(compareNatives, step->plan->size)(value, otherOperand(step)));
  return res;
}

static MutatorRes compareReversed(const StepStruct *step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  if (res == MutatorResOK)
    writeFlags(step, nativeOf(compareNatives, step->plan->size)(otherOperand(step), value));
  return res;
}

static MutatorRes test(const StepStruct *step) {
  MutatorWord value;
  MutatorRes res = loadOperand(step, &value);
  if (res == MutatorResOK)
    writeFlags(step, nativeOf(testNatives, step->plan->size)(value, otherOperand(step)));
  return res;
}

typedef MutatorRes (*Semantic)(const StepStruct *step);

static const Semantic semantics[OpcodeSemanticLIMIT] = {
    [OpcodeSemanticLOAD] = load,       [OpcodeSemanticLOADSIGNED] = loadSigned,           [OpcodeSemanticSTORE] = store,
    [OpcodeSemanticCOMPARE] = compare, [OpcodeSemanticCOMPAREREVERSED] = compareReversed, [OpcodeSemanticTEST] = test,
};

/* After an instruction the CPU clears RF (Intel SDM volume 3, section 17.3.1.1). */
static void advance(const PlanStruct *plan, Machine machine) {
  *machineRegister(machine, MutatorRegisterPC) += plan->length;
  *machineFlags(machine) &= ~(uint32_t)MachineFlagRF;
}

MutatorRes mutatorArchPerform(const ArchPlanStruct *packed, Machine machine, const ArchAccessesStruct *accesses,
                              MutatorMemory memory) {
  PlanStruct plan = mutatorPlanUnpack(packed);
  StepStruct step = {&plan, machine, accesses->access, memory};
  MutatorRes res = semantics[mutatorOpcodeRows[plan.row].semantic](&step);
  if (res == MutatorResOK)
    advance(&plan, machine);
  return res;
}

MutatorBool mutatorArchTraced(const MachineStruct *machine) { return (*machineFlags(machine) & MachineFlagTF) != 0; }

MutatorBool mutatorArchBackward(const MachineStruct *machine) { return (*machineFlags(machine) & MachineFlagDF) != 0; }
