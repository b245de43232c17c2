/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/plan.c -- from bytes to a plan, by the opcode table
 */

#include "arch/x86/plan.h"

#include <string.h>

/* Operand width: REX.W, else 66, else 32 bits (Intel SDM volume 1, table 3-4). */
static size_t operandSize(const RawStruct *raw, unsigned rule) {
  switch (rule) {
  case OpcodeSizeV: return raw->w ? 8 : raw->operand ? 2 : 4;
  case OpcodeSizeY: return RawMode64 && raw->w ? 8 : 4;
  case OpcodeSizeSTACK: return raw->operand ? 2 : sizeof(MutatorWord);
  default: return mutatorPlanSize(rule, raw->length);
  }
}

static size_t immediateSize(const OpcodeRow *row, size_t width) {
  const OpcodeVectorRow *vector = opcodeVector((unsigned)(row - mutatorOpcodeRows));
  if (vector != NULL)
    return (vector->flags & OpcodeVectorIMMEDIATE) != 0;
  switch (row->form) {
  case OpcodeFormRM_I:
  case OpcodeFormR_RM_I:
  case OpcodeFormI: return width < 4 ? width : 4;
  case OpcodeFormRM_I8:
  case OpcodeFormRM_U8:
  case OpcodeFormRM_R_U8:
  case OpcodeFormR_RM_I8:
  case OpcodeFormI8: return 1;
  case OpcodeFormI16: return 2;
  case OpcodeFormREL: return 4;
  default: return 0;
  }
}

/* Combinations that Capstone or CPUs are known to disagree on, and prefixes that
 * mean something else or nothing on this row. */
static MutatorBool operandSizeProven(const RawStruct *raw, const OpcodeRow *row) {
  if (!raw->operand || row->pp == RawPrefix66)
    return 1;
  if (raw->w || (row->flags & OpcodeFlagNO66) != 0)
    return 0;
  return row->pp == RawPrefixANY || row->width == OpcodeSizeV || row->size == OpcodeSizeV;
}

/* Without a memory operand that takes its address or segment, 67 and a segment mean nothing. */
static MutatorBool addressPrefixed(const RawStruct *raw, const OpcodeRow *row) {
  return row->form >= OpcodeFormO && row->form <= OpcodeFormNONE && row->implicit != OpcodeImplicitTABLE &&
         (raw->address || raw->segments > 0);
}

static MutatorBool prefixesProven(const RawStruct *raw, const OpcodeRow *row) {
  if (raw->segments > 1 || raw->repeats > 1 || addressPrefixed(raw, row) || !operandSizeProven(raw, row))
    return 0;
  if (raw->repeat != 0 && row->pp == RawPrefixANY && (row->flags & OpcodeFlagREPEAT) == 0)
    return 0;
  return !raw->lock || (row->flags & OpcodeFlagLOCK) != 0;
}

static MutatorBool usesVEXRegister(const OpcodeRow *row) {
  return row->form == OpcodeFormR_V_RM || row->form == OpcodeFormR_RM_V || row->form == OpcodeFormV_RM;
}

/* A VEX register that the form does not use must be 0, and in 32-bit mode there
 * are eight (Intel SDM volume 2, section 2.3.5).  Vector rows say so elsewhere. */
static MutatorBool vexRegisterAllowed(const RawStruct *raw, const OpcodeRow *row) {
  if (raw->space != RawSpaceVEX || opcodeVector((unsigned)(row - mutatorOpcodeRows)) != NULL)
    return 1;
  return usesVEXRegister(row) ? RawMode64 || raw->vreg < 8 : raw->vreg == 0;
}

static MutatorBool rowAllowed(const RawStruct *raw, const OpcodeRow *row) {
  if ((row->flags & (OpcodeFlagMODE64 | OpcodeFlagREXW)) != 0 && !RawMode64)
    return 0;
  if ((row->flags & OpcodeFlagMODE32) != 0 && RawMode64)
    return 0;
  return ((row->flags & OpcodeFlagREXW) == 0 || raw->w) && vexRegisterAllowed(raw, row);
}

/* Without REX the byte registers 4 to 7 are AH, CH, DH and BH (Intel SDM volume 2, table 3-1). */
static void setRegister(Plan plan, const RawStruct *raw, const OpcodeRow *row) {
  switch (row->form) {
  case OpcodeFormRM_I:
  case OpcodeFormRM_I8:
  case OpcodeFormRM_U8:
  case OpcodeFormI:
  case OpcodeFormI8:
  case OpcodeFormI16:
  case OpcodeFormREL: plan->flags |= PlanIMMEDIATE; return;
  case OpcodeFormRM:
  case OpcodeFormRM_1:
  case OpcodeFormRM_CL:
  case OpcodeFormNONE: return;
  case OpcodeFormA_OFFSET:
  case OpcodeFormOFFSET_A:
  case OpcodeFormMEM_A:
  case OpcodeFormA_MEM: plan->reg = 0; return;
  case OpcodeFormO: plan->reg = (uint8_t)((raw->opcode & 7) | raw->extendB); return;
  default: plan->reg = raw->reg; break;
  }
  if (row->width == 1 && raw->rex == 0 && plan->reg >= 4) {
    plan->reg = (uint8_t)(plan->reg - 4);
    plan->flags |= PlanHIGH;
  }
}

/* In 64-bit mode only FS and GS have a base.  Otherwise every segment may have
 * one; without a prefix addresses from ESP and EBP are SS's, others DS's (Intel
 * SDM volume 1, sections 3.4.2.1 and 3.7.4). */
static uint8_t segmentOf(const RawStruct *raw) {
  if (RawMode64 || raw->segment != RawNONE)
    return raw->segment;
  return raw->base == 4 || raw->base == 5 ? MachineSegmentSS : MachineSegmentDS;
}

void mutatorPlanSetAddress(Plan plan, const RawStruct *raw) {
  plan->displacement = raw->displacement;
  plan->base = raw->base;
  plan->index = raw->index;
  plan->scale = raw->scale;
  plan->addressSize = raw->addressSize;
  plan->segment = segmentOf(raw);
}

/* Integer semantics work on words; CMPXCHG8B and 16B on two of them. */
static MutatorBool fitsWords(const PlanStruct *plan, const OpcodeRow *row) {
  const size_t words = row->semantic == OpcodeSemanticCOMPAREEXCHANGEPAIR ? 2 : 1;
  return plan->size <= words * sizeof(MutatorWord) && plan->width <= words * sizeof(MutatorWord);
}

static MutatorDecline fill(Plan plan, const RawStruct *raw, unsigned row) {
  const OpcodeRow *opcode = &mutatorOpcodeRows[row];
  memset(plan, 0, sizeof *plan);
  plan->row = (uint16_t)row;
  mutatorPlanSetAddress(plan, raw);
  plan->width = (uint8_t)operandSize(raw, opcode->width);
  plan->size = (uint8_t)operandSize(raw, opcode->size);
  plan->vreg = raw->vreg;
  plan->mask = raw->mask;
  if (raw->lock || (opcode->flags & OpcodeFlagLOCKED) != 0)
    plan->flags |= PlanLOCK;
  if (raw->repeat != 0 && (opcode->flags & OpcodeFlagREPEAT) != 0)
    plan->flags |= PlanREPEAT | (raw->repeat == 0xf2 ? PlanUNTIL : 0);
  if (opcodeVector(row) != NULL)
    return mutatorPlanVector(plan, raw);
  if (!fitsWords(plan, opcode))
    return MutatorDeclineOPCODE;
  setRegister(plan, raw, opcode);
  return MutatorDeclineNONE;
}

/* Read what names the memory operand, if the opcode has one; OPCODE when it names a register. */
static MutatorDecline takeOperand(Raw raw) {
  MutatorDecline decline;
  if (!mutatorOpcodeKnown(raw))
    return MutatorDeclineOPCODE;
  if (mutatorOpcodeOffset(raw))
    return mutatorRawOffset(raw);
  if (!mutatorOpcodeModRM(raw))
    return MutatorDeclineNONE;
  decline = mutatorRawModRM(raw);
  if (decline != MutatorDeclineNONE)
    return decline;
  return raw->mod == 3 ? MutatorDeclineOPCODE : MutatorDeclineNONE;
}

MutatorDecline mutatorPlanMake(Plan plan, const unsigned char *bytes, size_t count) {
  RawStruct raw;
  const OpcodeRow *opcode;
  unsigned row;
  MutatorDecline decline = mutatorRawOpcode(&raw, bytes, count);
  if (decline == MutatorDeclineNONE)
    decline = takeOperand(&raw);
  if (decline != MutatorDeclineNONE)
    return decline;
  row = mutatorOpcodeFind(&raw, raw.reg & 7);
  if (row == mutatorOpcodeCount)
    return MutatorDeclineOPCODE;
  opcode = &mutatorOpcodeRows[row];
  if (!rowAllowed(&raw, opcode) || opcode->semantic == OpcodeSemanticNONE)
    return MutatorDeclineOPCODE;
  if (!prefixesProven(&raw, opcode))
    return MutatorDeclinePREFIX;
  if (!mutatorFeaturesHave(opcode->feature))
    return MutatorDeclineFEATURE;
  decline = fill(plan, &raw, row);
  if (decline != MutatorDeclineNONE)
    return decline;
  decline = mutatorRawImmediate(&raw, immediateSize(opcode, plan->width));
  plan->immediate = (int32_t)raw.immediate;
  plan->length = (uint8_t)raw.at;
  return decline;
}

MutatorDecline mutatorArchPlan(ArchPlan packed, const unsigned char *bytes, size_t count, MutatorWord pc) {
  PlanStruct plan;
  MutatorDecline decline = mutatorPlanMake(&plan, bytes, count);
  if (decline == MutatorDeclineNONE)
    decline = mutatorDecodeVote(&plan, bytes, pc);
  if (decline == MutatorDeclineNONE)
    memcpy(packed, &plan, sizeof plan);
  return decline;
}

size_t mutatorArchPlanLength(const ArchPlanStruct *packed) { return planUnpack(packed).length; }

unsigned mutatorArchPlanRow(const ArchPlanStruct *packed) { return planUnpack(packed).row; }

const char *mutatorArchPlanName(const ArchPlanStruct *packed) { return mutatorOpcodeRows[planUnpack(packed).row].name; }

MutatorBool mutatorArchPlanLocked(const ArchPlanStruct *packed) { return (planUnpack(packed).flags & PlanLOCK) != 0; }
