/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/address.c -- effective addresses
 */

#include "arch/x86/plan.h"

static MutatorWord truncated(MutatorWord address, unsigned bytes) {
  return bytes < sizeof address ? address & (((MutatorWord)1 << (8 * bytes)) - 1) : address;
}

static MutatorWord baseValue(const PlanStruct *plan, const MachineStruct *machine) {
  if (plan->base == RawNONE)
    return 0;
  /* Relative to the next instruction (Intel SDM volume 2, section 2.2.1.6). */
  return *machineRegister(machine, plan->base) + (plan->base == MutatorRegisterPC ? plan->length : 0);
}

static MutatorBool segmentBaseOf(const PlanStruct *plan, const MachineStruct *machine, MutatorWord *baseReturn) {
  *baseReturn = 0;
  if (plan->segment == RawNONE)
    return 1;
  if (machine->segmentBase == NULL)
    return plan->segment != MachineSegmentFS && plan->segment != MachineSegmentGS;
  return machine->segmentBase(machine, plan->segment, baseReturn);
}

MutatorBool mutatorPlanAddress(const PlanStruct *plan, const MachineStruct *machine, MutatorWord *addressReturn) {
  MutatorWord address = (MutatorWord)plan->displacement + baseValue(plan, machine);
  MutatorWord segmentBase;
  if (plan->index != RawNONE)
    address += *machineRegister(machine, plan->index) << plan->scale;
  if (!segmentBaseOf(plan, machine, &segmentBase))
    return 0;
  *addressReturn = truncated(address, plan->addressSize) + segmentBase;
  return 1;
}

/* Bits 47 to 63 are equal, or 56 to 63 with five-level paging; without asking
 * which, the address of the narrower kind is the one that a fault without an address can
 * have (Intel SDM volume 1, section 3.3.7.1). */
MutatorBool mutatorArchCanonical(MutatorWord address, size_t size) {
  const unsigned spare = 16;
  MutatorWord last = address + size - 1;
  if (sizeof address < 8)
    return 1;
  return (MutatorWord)((intptr_t)(address << spare) >> spare) == address &&
         (MutatorWord)((intptr_t)(last << spare) >> spare) == last;
}

MutatorDecline mutatorArchAccesses(const ArchPlanStruct *packed, Machine machine, ArchAccesses accesses) {
  PlanStruct plan = mutatorPlanUnpack(packed);
  MutatorWord address;
  if (!mutatorPlanAddress(&plan, machine, &address))
    return MutatorDeclineSEGMENT;
  accesses->count = 1;
  accesses->access[0].address = (void *)address;
  accesses->access[0].size = plan.size;
  accesses->access[0].access = mutatorOpcodeRows[plan.row].role;
  accesses->access[0].kind = MutatorInstructionAccessOPERAND;
  return MutatorDeclineNONE;
}
