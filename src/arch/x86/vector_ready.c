/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/vector_ready.c -- what must hold of a thread before a vector plan is performed
 */

#include "arch/x86/features.h"
#include "arch/x86/vector.h"

enum { MxcsrMASKS = 0x1f80, MxcsrMASKSShift = 7 };

/* A part that is saved, or known to be zero. */
static MutatorBool known(const VectorStruct *vector, unsigned part) {
  return vector->part[part] != NULL || (vector->initial >> part & 1) != 0;
}

/* What an instruction of the space may read or write: VEX and EVEX write
 * registers up to the longest length that the system has enabled. */
static MutatorBool registersKnown(unsigned space, const VectorStruct *vector) {
  const MutatorBool wide = featureHas(OpcodeFeatureAVX512F);
  if (!known(vector, VectorPartXMM))
    return 0;
  if (space == RawSpaceLEGACY)
    return 1;
  if (!known(vector, VectorPartYMMUpper) || (wide && !known(vector, VectorPartZMMUpper)))
    return 0;
  return space == RawSpaceVEX || (known(vector, VectorPartMask) && (!RawMode64 || known(vector, VectorPartHigh16)));
}

/* The low six bits of the x87 status and control words are exceptions and their masks. */
enum { X87CONTROL = 0, X87STATUS = 2, X87EXCEPTIONS = 0x3f };

/* An exception that waits is raised by the next instruction; one that is not masked could be raised by this. */
static MutatorDecline x87Ready(const OpcodeVectorRow *vector, const MachineStruct *machine) {
  unsigned char image[MachineX87SIZE];
  unsigned unmasked;
  if (!machine->vectors->readX87(machine, image))
    return MutatorDeclineVECTOR;
  unmasked = ~(unsigned)image[X87CONTROL] & X87EXCEPTIONS;
  if ((unmasked & image[X87STATUS]) != 0)
    return MutatorDeclineEXCEPTION;
  return unmasked != 0 && (vector->flags & OpcodeVectorFLOAT) != 0 && vector->target == OpcodeTargetX87
             ? MutatorDeclineEXCEPTION
             : MutatorDeclineNONE;
}

static MutatorDecline mxcsrReady(const VectorStruct *vector) {
  if (vector->mxcsr == NULL)
    return MutatorDeclineVECTOR;
  return (*vector->mxcsr & MxcsrMASKS) == MxcsrMASKS ? MutatorDeclineNONE : MutatorDeclineEXCEPTION;
}

static MutatorDecline targetReady(const PlanStruct *plan, const MachineStruct *machine, const VectorStruct *vector) {
  const OpcodeVectorRow *row = opcodeVector(plan->row);
  switch (row->target) {
  case OpcodeTargetX87:
  case OpcodeTargetMMX: return x87Ready(row, machine);
  case OpcodeTargetVECTORMMX: return known(vector, VectorPartXMM) ? x87Ready(row, machine) : MutatorDeclineVECTOR;
  case OpcodeTargetNONE: return vector->mxcsr != NULL ? MutatorDeclineNONE : MutatorDeclineVECTOR;
  case OpcodeTargetMASK:
    if (!known(vector, VectorPartMask))
      return MutatorDeclineVECTOR;
    break;
  default: break;
  }
  return registersKnown(mutatorOpcodeRows[plan->row].space, vector) ? MutatorDeclineNONE : MutatorDeclineVECTOR;
}

/* A misaligned operand is a general protection fault, which the CPU raises before it looks at pages. */
static MutatorBool misaligned(const PlanStruct *plan, MutatorWord address) {
  return (opcodeVector(plan->row)->flags & OpcodeVectorALIGNED) != 0 && address % plan->size != 0;
}

static MutatorDecline ready(const PlanStruct *plan, const MachineStruct *machine, const VectorStruct *vector) {
  const OpcodeVectorRow *row = opcodeVector(plan->row);
  const MutatorDecline decline = targetReady(plan, machine, vector);
  if (decline == MutatorDeclineNONE && (row->flags & OpcodeVectorFLOAT) != 0 && row->target != OpcodeTargetX87)
    return mxcsrReady(vector);
  return decline;
}

static void addAccess(ArchAccesses accesses, MutatorWord address, size_t size, MutatorAccess access) {
  MutatorInstructionAccessStruct *added = &accesses->access[accesses->count++];
  added->address = (void *)address;
  added->size = size;
  added->access = access;
  added->kind = MutatorInstructionAccessOPERAND;
}

/* When there are more stretches than there is room for, the last one takes the rest, gaps included. */
static void addSpans(ArchAccesses accesses, MutatorWord address, const VectorSpansStruct *spans, MutatorAccess access) {
  unsigned i;
  for (i = 0; i < spans->count; i++) {
    MutatorInstructionAccessStruct *last = &accesses->access[MUTATOR_INSTRUCTION_ACCESSES - 1];
    const MutatorWord begin = address + spans->span[i].offset, end = begin + spans->span[i].size;
    if (accesses->count < MUTATOR_INSTRUCTION_ACCESSES)
      addAccess(accesses, begin, spans->span[i].size, access);
    else
      last->size = end - (MutatorWord)last->address;
  }
}

MutatorDecline mutatorVectorAccesses(const PlanStruct *plan, const MachineStruct *machine, MutatorWord address,
                                     ArchAccesses accesses) {
  VectorSpansStruct spans;
  MutatorDecline decline;
  if (machine->vectors == NULL)
    return MutatorDeclineVECTOR;
  if (misaligned(plan, address))
    return MutatorDeclineALIGNMENT;
  machine->vectors->find(machine, &accesses->vector);
  decline = ready(plan, machine, &accesses->vector);
  if (decline != MutatorDeclineNONE)
    return decline;
  mutatorVectorSpans(plan, &accesses->vector, &spans);
  accesses->count = 0;
  addSpans(accesses, address, &spans, mutatorOpcodeRows[plan->row].role);
  return MutatorDeclineNONE;
}
