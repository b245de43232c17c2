/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/vector_plan.c -- what VEX, EVEX and mandatory prefixes say, by the row
 *
 * .source.sdm: Intel SDM volume 2, sections 2.3 (VEX) and 2.7 (EVEX).
 */

#include "arch/x86/features.h"
#include "arch/x86/plan.h"

size_t mutatorPlanSize(unsigned rule, unsigned vectorLength) {
  const size_t whole = (size_t)16 << vectorLength;
  switch (rule) {
  case OpcodeSizeVECTOR: return whole;
  case OpcodeSizeHALF: return whole / 2;
  case OpcodeSizeQUARTER: return whole / 4;
  case OpcodeSizeEIGHTH: return whole / 8;
  case OpcodeSizeDDUP: return vectorLength == 0 ? 8 : whole;
  default: return rule;
  }
}

/* Shorter vectors are a feature of their own, except where the row has but one length. */
static MutatorBool lengthOffered(const OpcodeRow *row, const OpcodeVectorRow *vector, const RawStruct *raw) {
  if (raw->space != RawSpaceEVEX || raw->length == 2 || (vector->flags & OpcodeVectorLIG) != 0)
    return 1;
  return row->l == 0 || featureHas(OpcodeFeatureAVX512VL);
}

/* What a space needs, whatever the row: the natives that run it. */
static MutatorBool spaceOffered(unsigned space, unsigned target) {
  switch (space) {
  case RawSpaceVEX: return featureHas(target == OpcodeTargetMASK ? OpcodeFeatureAVX512F : OpcodeFeatureAVX);
  case RawSpaceEVEX: return featureHas(OpcodeFeatureAVX512F);
  default: return 1;
  }
}

static MutatorBool offered(const OpcodeRow *row, const OpcodeVectorRow *vector, const RawStruct *raw) {
  return featureHas(row->feature) && spaceOffered(raw->space, vector->target) && lengthOffered(row, vector, raw);
}

/* Writing memory or a mask register, nothing is zeroed. */
static MutatorBool zeroes(const OpcodeRow *row, const OpcodeVectorRow *vector) {
  return (row->role & MutatorAccessWRITE) == 0 && vector->target == OpcodeTargetVECTOR;
}

/* Encodings that are undefined (.source.sdm 2.7.11). */
static MutatorBool evexDefined(const OpcodeRow *row, const OpcodeVectorRow *vector, const RawStruct *raw) {
  if (raw->length == 3)
    return 0;
  if (raw->mask != 0 && (vector->flags & OpcodeVectorMASK) == 0)
    return 0;
  if (raw->zeroing && (raw->mask == 0 || !zeroes(row, vector)))
    return 0;
  return !raw->broadcast || (vector->flags & OpcodeVectorBROADCAST) != 0;
}

/* There are eight MMX, mask and (in 32-bit mode) any registers; REX.R does not matter to MMX.  A stack
 * pointer that is no address could not be gone back to, and nobody converts numbers to one. */
static MutatorBool registersDefined(const OpcodeVectorRow *vector, const RawStruct *raw) {
  if ((vector->flags & OpcodeVectorVREG) == 0 ? raw->vreg != 0 : !RawMode64 && raw->vreg >= 8)
    return 0;
  switch (vector->target) {
  case OpcodeTargetMASK: return raw->reg < 8;
  case OpcodeTargetGENERAL: return raw->reg < 16 && raw->reg != MutatorRegisterSP;
  default: return 1;
  }
}

static MutatorBool defined(const OpcodeRow *row, const OpcodeVectorRow *vector, const RawStruct *raw) {
  if ((vector->flags & OpcodeVectorMODE64) != 0 && !RawMode64)
    return 0;
  if (raw->space == RawSpaceLEGACY && raw->operand && raw->repeat != 0)
    return 0; /* the CPU ignores one of them; no compiler emits both */
  return registersDefined(vector, raw) && (raw->space != RawSpaceEVEX || evexDefined(row, vector, raw));
}

/* An 8-bit displacement of EVEX counts operands, or elements (.source.sdm, table 2-34). */
static void scaleDisplacement(Plan plan, const RawStruct *raw, const OpcodeRow *row, const OpcodeVectorRow *vector) {
  if (raw->space == RawSpaceEVEX && raw->shortDisplacement)
    plan->displacement *= row->tuple == OpcodeTupleELEMENT ? vector->element : plan->size;
}

static uint8_t modrmOf(const RawStruct *raw) { return (uint8_t)(raw->mod << 6 | (raw->reg & 7) << 3 | (raw->rm & 7)); }

static void setRegisters(Plan plan, const RawStruct *raw, const OpcodeVectorRow *vector) {
  plan->reg = vector->target == OpcodeTargetMMX ? raw->reg & 7 : raw->reg;
  plan->vectorLength = (vector->flags & OpcodeVectorLIG) != 0 ? 0 : raw->length;
  plan->vectorFlags = (uint8_t)((raw->zeroing ? PlanZEROING : 0) | (raw->broadcast ? PlanBROADCAST : 0));
  plan->modrm = modrmOf(raw);
}

MutatorDecline mutatorPlanVector(Plan plan, const RawStruct *raw) {
  const OpcodeRow *row = &mutatorOpcodeRows[plan->row];
  const OpcodeVectorRow *vector = opcodeVector(plan->row);
  if (!defined(row, vector, raw))
    return MutatorDeclineOPCODE;
  if (!offered(row, vector, raw))
    return MutatorDeclineFEATURE;
  setRegisters(plan, raw, vector);
  plan->size = raw->broadcast ? vector->element : (uint8_t)mutatorPlanSize(row->size, plan->vectorLength);
  plan->width = plan->size;
  scaleDisplacement(plan, raw, row, vector);
  return MutatorDeclineNONE;
}
