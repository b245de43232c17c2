/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_stack.c -- pushes, pops, jumps, calls and returns
 *
 * The access on the stack is the last of the plan's accesses when it is a
 * push, the first when it is a pop.
 */

#include "arch/x86/step.h"

/* Flags as PUSHF shows them: without VM and RF (Intel SDM volume 2, PUSHF). */
enum { FlagsPUSHED = 0xfcffff };

static MutatorWord *stackPointer(const StepStruct *step) { return machineRegister(step->machine, MachineSP); }

/* A thread can go to an address that is not canonical only by faulting at the jump itself. */
static MutatorRes go(Step step, MutatorWord target) {
  if (!mutatorArchCanonical(target, 1))
    return MutatorResACCESS;
  step->next = target;
  return MutatorResOK;
}

static MutatorRes push(Step step, MutatorWord value) {
  MutatorRes res = mutatorStepStoreWord(step, step->count - 1, value);
  if (res == MutatorResOK)
    *stackPointer(step) -= step->access[step->count - 1].size;
  return res;
}

/* PUSH rSP pushes what it was before. */
MutatorRes mutatorStepPush(Step step) {
  MutatorWord value;
  MutatorRes res = MutatorResOK;
  if (step->count > 1)
    res = mutatorStepLoadWord(step, 0, &value);
  else
    value = mutatorStepOtherOperand(step);
  return res == MutatorResOK ? push(step, value) : res;
}

MutatorRes mutatorStepPushFlags(Step step) { return push(step, *machineFlags(step->machine) & FlagsPUSHED); }

/* POP rSP: what is read replaces what was counted up. */
MutatorRes mutatorStepPop(Step step) {
  const PlanStruct *plan = step->plan;
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  if (res != MutatorResOK)
    return res;
  if (plan->reg == MachineSP && plan->width == sizeof value && !mutatorStepStackPointerAllowed(value))
    return MutatorResACCESS;
  *stackPointer(step) += step->access->size;
  mutatorStepWriteRegister(step, value);
  return MutatorResOK;
}

MutatorRes mutatorStepPopMemory(Step step) {
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  if (res == MutatorResOK)
    res = mutatorStepStoreWord(step, 1, value);
  if (res == MutatorResOK)
    *stackPointer(step) += step->access->size;
  return res;
}

/* LEAVE: rSP := rBP, then POP rBP. */
MutatorRes mutatorStepLeave(Step step) {
  MutatorWord *frame = machineRegister(step->machine, MachineBP);
  const MutatorWord top = *frame + step->access->size;
  MutatorWord value;
  MutatorRes res = mutatorStepLoadWord(step, 0, &value);
  if (res != MutatorResOK)
    return res;
  if (!mutatorStepStackPointerAllowed(top))
    return MutatorResACCESS;
  *stackPointer(step) = top;
  *frame = value;
  return MutatorResOK;
}

MutatorRes mutatorStepJump(Step step) {
  MutatorWord target;
  MutatorRes res = mutatorStepLoadWord(step, 0, &target);
  return res == MutatorResOK ? go(step, target) : res;
}

MutatorRes mutatorStepCall(Step step) {
  const MutatorWord after = step->next;
  MutatorWord target = after + (MutatorWord)(intptr_t)step->plan->immediate;
  MutatorRes res = MutatorResOK;
  if (step->count > 1)
    res = mutatorStepLoadWord(step, 0, &target);
  if (res == MutatorResOK)
    res = go(step, target);
  return res == MutatorResOK ? push(step, after) : res;
}

MutatorRes mutatorStepReturn(Step step) {
  MutatorWord target;
  MutatorRes res = mutatorStepLoadWord(step, 0, &target);
  MutatorWord dropped = step->row->form == OpcodeFormI16 ? (uint16_t)step->plan->immediate : 0;
  if (res == MutatorResOK)
    res = go(step, target);
  if (res == MutatorResOK)
    *stackPointer(step) += step->access->size + dropped;
  return res;
}
