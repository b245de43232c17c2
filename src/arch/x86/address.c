/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/address.c -- effective addresses
 */

#include "arch/x86/native.h"
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

static MutatorBool segmentBaseOf(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  *baseReturn = 0;
  if (segment == RawNONE)
    return 1;
  if (machine->segmentBase == NULL)
    return segment != MachineSegmentFS && segment != MachineSegmentGS;
  return machine->segmentBase(machine, segment, baseReturn);
}

/* Of an operand that no prefix moves: in 64-bit mode its segment has no base. */
static unsigned fixedSegment(unsigned segment) { return RawMode64 ? RawNONE : segment; }

MutatorBool mutatorPlanAddress(const PlanStruct *plan, const MachineStruct *machine, MutatorWord *addressReturn) {
  MutatorWord address = (MutatorWord)plan->displacement + baseValue(plan, machine);
  MutatorWord segmentBase;
  if (plan->index != RawNONE)
    address += *machineRegister(machine, plan->index) << plan->scale;
  if (!segmentBaseOf(machine, plan->segment, &segmentBase))
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

/* Locked accesses across two cache lines are one on the CPU, and would be two here; what
 * has sixteen bytes the CPU refuses where it is misaligned. */
static MutatorBool splitLock(const PlanStruct *plan, MutatorWord address) {
  const MutatorWord line = plan->size == 16 ? 16 : 64;
  return (plan->flags & PlanLOCK) != 0 && address / line != (address + plan->size - 1) / line;
}

static void add(ArchAccesses accesses, MutatorWord address, size_t size, MutatorAccess access,
                MutatorInstructionAccessKind kind) {
  MutatorInstructionAccessStruct *next = &accesses->access[accesses->count++];
  next->address = (void *)address;
  next->size = size;
  next->access = access;
  next->kind = kind;
}

/* The bit that a register counts may be far from the operand: the address moves
 * by whole operands (Intel SDM volume 2, BT). */
static int64_t bitsDisplacement(const PlanStruct *plan, const MachineStruct *machine) {
  const unsigned unused = 8 * ((unsigned)sizeof(MutatorWord) - plan->width);
  const intptr_t bit = (intptr_t)(*machineRegister(machine, plan->reg) << unused) >> unused;
  const unsigned shift = plan->width == 2 ? 4 : plan->width == 4 ? 5 : 6;
  return (int64_t)(bit >> shift) * plan->width;
}

/* XLAT: rBX plus AL. */
static void nameTable(Plan plan, const MachineStruct *machine) {
  plan->base = MachineB;
  plan->displacement = (unsigned char)*machineRegister(machine, MachineA);
}

/* POP m computes its address after it has moved the stack pointer (Intel SDM volume 2, POP). */
static void namePopped(Plan plan) {
  if (plan->base == MachineSP)
    plan->displacement += plan->size;
}

static MutatorDecline addOperand(Plan plan, const OpcodeRow *row, const MachineStruct *machine, ArchAccesses accesses) {
  MutatorWord address;
  switch (row->implicit) {
  case OpcodeImplicitBITS: plan->displacement += bitsDisplacement(plan, machine); break;
  case OpcodeImplicitTABLE: nameTable(plan, machine); break;
  case OpcodeImplicitPOP: namePopped(plan); break;
  default: break;
  }
  /* Nobody writes through a code segment (Intel SDM volume 3, section 5.5). */
  if ((row->role & MutatorAccessWRITE) != 0 && plan->segment == MachineSegmentCS)
    return MutatorDeclineSEGMENT;
  if (!mutatorPlanAddress(plan, machine, &address))
    return MutatorDeclineSEGMENT;
  if (opcodeVector(plan->row) != NULL)
    return mutatorVectorAccesses(plan, machine, address, accesses);
  if (splitLock(plan, address))
    return MutatorDeclineSPLIT;
  add(accesses, address, plan->size, row->role != MutatorAccessNONE ? row->role : MutatorAccessREAD,
      MutatorInstructionAccessOPERAND);
  return MutatorDeclineNONE;
}

/* How many elements a string instruction has left; as many as do not run around the end of the address space. */
static MutatorWord elementsLeft(const PlanStruct *plan, const MachineStruct *machine, MutatorWord offset) {
  const MutatorWord last = truncated(~(MutatorWord)0, plan->addressSize);
  const MutatorWord room = (*machineFlags(machine) & MachineFlagDF) != 0 ? offset : last - offset;
  MutatorWord count = 1;
  if ((plan->flags & PlanREPEAT) != 0)
    count = truncated(*machineRegister(machine, MachineC), plan->addressSize);
  return count <= room / plan->size ? count : room / plan->size + 1;
}

static MutatorDecline addElements(const PlanStruct *plan, const MachineStruct *machine, unsigned reg,
                                  MutatorAccess access, ArchAccesses accesses) {
  const MutatorWord offset = truncated(*machineRegister(machine, reg), plan->addressSize);
  const MutatorWord count = elementsLeft(plan, machine, offset);
  MutatorWord lowest = offset, base = 0;
  if (!segmentBaseOf(machine, reg == MachineSI ? plan->segment : fixedSegment(MachineSegmentES), &base))
    return MutatorDeclineSEGMENT;
  if ((*machineFlags(machine) & MachineFlagDF) != 0)
    lowest -= (count - 1) * plan->size;
  if (count > 0)
    add(accesses, lowest + base, (size_t)count * plan->size, access, MutatorInstructionAccessSTRING);
  return MutatorDeclineNONE;
}

static MutatorDecline addString(const PlanStruct *plan, const MachineStruct *machine, MutatorAccess source,
                                MutatorAccess destination, ArchAccesses accesses) {
  MutatorDecline decline = MutatorDeclineNONE;
  if (source != MutatorAccessNONE)
    decline = addElements(plan, machine, MachineSI, source, accesses);
  if (decline == MutatorDeclineNONE && destination != MutatorAccessNONE)
    decline = addElements(plan, machine, MachineDI, destination, accesses);
  return decline;
}

static MutatorDecline addStack(const PlanStruct *plan, const MachineStruct *machine, unsigned reg, MutatorAccess access,
                               ArchAccesses accesses) {
  const MutatorWord top = *machineRegister(machine, reg);
  MutatorWord base;
  if (!segmentBaseOf(machine, fixedSegment(MachineSegmentSS), &base))
    return MutatorDeclineSEGMENT;
  add(accesses, base + (access == MutatorAccessWRITE ? top - plan->size : top), plan->size, access,
      MutatorInstructionAccessSTACK);
  return MutatorDeclineNONE;
}

MutatorBool mutatorPlanShadowStack(void) {
  NativeOperandsStruct operands = {0, 0, 0, 0};
  mutatorNativeShadowStack(&operands);
  return operands.a != 0;
}

/* CALL and RET go with the shadow stack, where the thread has one. */
static MutatorBool shadowed(const OpcodeRow *row) {
  return (row->semantic == OpcodeSemanticCALL || row->semantic == OpcodeSemanticRETURN) && mutatorPlanShadowStack();
}

static MutatorDecline addAll(Plan plan, const OpcodeRow *row, const MachineStruct *machine, ArchAccesses accesses) {
  const MutatorBool named = row->form < OpcodeFormO || row->implicit == OpcodeImplicitTABLE;
  MutatorDecline decline = MutatorDeclineNONE;
  if (row->implicit == OpcodeImplicitPOP)
    decline = addStack(plan, machine, MachineSP, MutatorAccessREAD, accesses);
  if (decline == MutatorDeclineNONE && named)
    decline = addOperand(plan, row, machine, accesses);
  if (decline != MutatorDeclineNONE)
    return decline;
  switch (row->implicit) {
  case OpcodeImplicitPUSH: return addStack(plan, machine, MachineSP, MutatorAccessWRITE, accesses);
  case OpcodeImplicitFRAME: return addStack(plan, machine, MachineBP, MutatorAccessREAD, accesses);
  case OpcodeImplicitSOURCE: return addString(plan, machine, MutatorAccessREAD, MutatorAccessNONE, accesses);
  case OpcodeImplicitDESTINATION: return addString(plan, machine, MutatorAccessNONE, MutatorAccessWRITE, accesses);
  case OpcodeImplicitSCANNED: return addString(plan, machine, MutatorAccessNONE, MutatorAccessREAD, accesses);
  case OpcodeImplicitSOURCE_DESTINATION:
    return addString(plan, machine, MutatorAccessREAD, MutatorAccessWRITE, accesses);
  case OpcodeImplicitSOURCE_SCANNED: return addString(plan, machine, MutatorAccessREAD, MutatorAccessREAD, accesses);
  default: return MutatorDeclineNONE;
  }
}

/* What an access is aligned to; an 80-bit number to eight bytes (Intel SDM volume 3, table 6-7). */
static size_t alignmentOf(const PlanStruct *plan) { return plan->size == OpcodeSize10 ? 8 : plan->size; }

/* With AC set misaligned accesses are faults, which the CPU raises after those of the page (Intel SDM
 * volume 3, section 6.9).  Of a vector that a mask has made into parts, each is held to the whole's alignment. */
static MutatorBool checkedAndMisaligned(const PlanStruct *plan, const MachineStruct *machine,
                                        const ArchAccessesStruct *accesses) {
  unsigned i;
  if ((*machineFlags(machine) & MachineFlagAC) == 0)
    return 0;
  for (i = 0; i < accesses->count; i++)
    if ((MutatorWord)accesses->access[i].address % alignmentOf(plan) != 0)
      return 1;
  return 0;
}

MutatorDecline mutatorArchAccesses(const ArchPlanStruct *packed, Machine machine, ArchAccesses accesses) {
  PlanStruct plan = planUnpack(packed);
  const OpcodeRow *row = &mutatorOpcodeRows[plan.row];
  MutatorDecline decline;
  accesses->count = 0;
  if (shadowed(row))
    return MutatorDeclineSHADOW;
  decline = addAll(&plan, row, machine, accesses);
  if (decline == MutatorDeclineNONE && checkedAndMisaligned(&plan, machine, accesses))
    return MutatorDeclineALIGNMENT;
  return decline;
}
