/* SPDX-License-Identifier: BSD-2-Clause
 *
 * directed_vector.c -- vector and x87 rows x vector length x addressing form, and x prefix
 *
 * What else an encoding can say is random: registers, masks, zeroing,
 * broadcast, and REX.W or VEX.W where it is ignored.
 */

#include "differential.h"

#include <string.h>

/* The second half of the table as it was, for the mutation test changes it. */
static OpcodeVectorRow vectorRows[2048];

static const OpcodeVectorRow *vectorOf(unsigned row) { return &vectorRows[row - mutatorOpcodeVectorFirst]; }

static MutatorBool legalLength(const OpcodeRow *row, const OpcodeVectorRow *vector, unsigned length) {
  if (!RawMode64 && (vector->flags & OpcodeVectorMODE64) != 0)
    return 0;
  if (row->space == RawSpaceLEGACY || (vector->flags & OpcodeVectorLIG) != 0)
    return length == 0;
  if (row->l != OpcodeLAny)
    return row->l == length;
  return length < 2 || row->space == RawSpaceEVEX;
}

static void add(unsigned row, unsigned length, unsigned form, unsigned modifier) {
  CombinationStruct combination = {row, length, form, modifier, 0, 0, 0, 0};
  if (!directedLegal(form, modifier))
    return;
  combinations[combinationCount++] = combination;
}

static const unsigned char modifiers[] = {
    0,
    ModifierREX,
    Modifier67,
    ModifierFS,
    ModifierGS,
    ModifierFLAT,
    Modifier67 | ModifierREX,
    Modifier67 | ModifierFS,
    Modifier67 | ModifierGS,
    ModifierFS | ModifierREX,
    ModifierGS | ModifierREX,
    ModifierFLAT | Modifier67 | ModifierREX,
};
#define MODIFIERS (sizeof modifiers)

/* Every form with some prefixes, and all prefixes with some form. */
void vectorCombinationsMake(const OpcodeRow *rows, unsigned row, unsigned forms) {
  unsigned length, i;
  if (row == mutatorOpcodeVectorFirst)
    memcpy(vectorRows, mutatorOpcodeVectors, (mutatorOpcodeCount - row) * sizeof vectorRows[0]);
  for (length = 0; length < 3; ++length) {
    if (!legalLength(&rows[row], vectorOf(row), length))
      continue;
    for (i = 0; i < forms; ++i)
      add(row, length, i, modifiers[(row + i) % MODIFIERS]);
    for (i = 0; i < MODIFIERS; ++i)
      add(row, length, (row + i) % forms, modifiers[i]);
  }
}

/* encoding -------------------------------------------------------------------- */

static const unsigned char mandatory[] = {0, 0x66, 0xf3, 0xf2};

/* Prefixes of address and segment, and one more; in any order. */
static void putPrefixes(Writer writer, const CombinationStruct *combination, unsigned more, Random random) {
  static const unsigned char flat[] = {0x26, 0x36, 0x3e, 0x2e}; /* ES, SS, DS, CS */
  const unsigned modifier = combination->modifier;
  const MutatorBool toCode = RawMode64 || (mutatorOpcodeRows[combination->row].role & MutatorAccessWRITE) == 0;
  unsigned char prefixes[4];
  size_t count = 0;
  if (more != 0)
    prefixes[count++] = (unsigned char)more;
  if ((modifier & Modifier67) != 0)
    prefixes[count++] = 0x67;
  if ((modifier & ModifierFS) != 0)
    prefixes[count++] = 0x64;
  if ((modifier & ModifierGS) != 0)
    prefixes[count++] = 0x65;
  if ((modifier & ModifierFLAT) != 0)
    prefixes[count++] = flat[randomBelow(random, toCode ? 4 : 3)];
  while (count > 0) {
    size_t chosen = randomBelow(random, count);
    writerPut(writer, prefixes[chosen]);
    prefixes[chosen] = prefixes[--count];
  }
}

/* R, X and B as in REX; only in 64-bit mode. */
static unsigned chooseExtensions(const CombinationStruct *combination, Random random) {
  unsigned rex = (combination->modifier & ModifierREX) != 0 && RawMode64 ? (unsigned)randomBelow(random, 8) : 0;
  return directedFitREX(rex, combination->form) & 7;
}

static unsigned chooseW(const OpcodeRow *row, Random random) {
  return row->w != OpcodeWAny ? row->w : RawMode64 && randomOneIn(random, 4);
}

static void putLegacy(Writer writer, const OpcodeRow *row, const CombinationStruct *combination, unsigned extensions,
                      Random random) {
  static const unsigned char escapes[] = {0, 0, 0x38, 0x3a};
  const unsigned rex = chooseW(row, random) << 3 | extensions;
  putPrefixes(writer, combination, mandatory[row->pp], random);
  if (rex != 0 || ((combination->modifier & ModifierREX) != 0 && RawMode64))
    writerPut(writer, 0x40 | rex);
  if (row->map != RawMapONE)
    writerPut(writer, 0x0f);
  if (escapes[row->map] != 0)
    writerPut(writer, escapes[row->map]);
}

static unsigned chooseVreg(const OpcodeVectorRow *vector, unsigned count, Random random) {
  return (vector->flags & OpcodeVectorVREG) != 0 ? (unsigned)randomBelow(random, count) : 0;
}

/* Where the length is ignored, any. */
static unsigned chooseLength(const OpcodeVectorRow *vector, unsigned length, unsigned count, Random random) {
  return (vector->flags & OpcodeVectorLIG) != 0 ? (unsigned)randomBelow(random, count) : length;
}

static void putVEX(Writer writer, const OpcodeRow *row, const CombinationStruct *combination, unsigned extensions,
                   Random random) {
  const OpcodeVectorRow *vector = vectorOf(combination->row);
  const unsigned w = chooseW(row, random), vreg = chooseVreg(vector, RawMode64 ? 16 : 8, random);
  const unsigned rest = (~vreg & 15) << 3 | chooseLength(vector, combination->size, 2, random) << 2 | row->pp;
  putPrefixes(writer, combination, 0, random);
  if (row->map == RawMap0F && w == 0 && (extensions & 3) == 0 && randomOneIn(random, 2)) {
    writerPut(writer, 0xc5);
    writerPut(writer, (~extensions >> 2 & 1) << 7 | rest);
    return;
  }
  writerPut(writer, 0xc4);
  writerPut(writer, (~extensions & 7) << 5 | row->map);
  writerPut(writer, w << 7 | rest);
}

/* z, b and aaa. */
static unsigned chooseMasking(const OpcodeRow *row, const OpcodeVectorRow *vector, Random random) {
  const unsigned mask =
      (vector->flags & OpcodeVectorMASK) != 0 && !randomOneIn(random, 3) ? 1 + (unsigned)randomBelow(random, 7) : 0;
  const MutatorBool zeroes = mask != 0 && (row->role & MutatorAccessWRITE) == 0 && vector->target == OpcodeTargetVECTOR;
  const unsigned broadcast = (vector->flags & OpcodeVectorBROADCAST) != 0 && randomOneIn(random, 3);
  return (zeroes && randomOneIn(random, 2)) << 7 | broadcast << 4 | mask;
}

static void putEVEX(Writer writer, const OpcodeRow *row, const CombinationStruct *combination, unsigned extensions,
                    Random random) {
  const OpcodeVectorRow *vector = vectorOf(combination->row);
  const unsigned vreg = chooseVreg(vector, RawMode64 ? 32 : 8, random);
  const unsigned high = RawMode64 && vector->target == OpcodeTargetVECTOR && randomOneIn(random, 2);
  putPrefixes(writer, combination, 0, random);
  writerPut(writer, 0x62);
  writerPut(writer, (~extensions & 7) << 5 | (high ^ 1) << 4 | row->map);
  writerPut(writer, chooseW(row, random) << 7 | (~vreg & 15) << 3 | 4 | row->pp);
  writerPut(writer, chooseMasking(row, vector, random) | chooseLength(vector, combination->size, 3, random) << 5 |
                        (~vreg >> 4 & 1) << 3);
}

/* ModR/M.reg: of mask registers there are eight, and RSP is not to be lost. */
static unsigned chooseRegister(const OpcodeRow *row, const OpcodeVectorRow *vector, unsigned *extensions,
                               Random random) {
  unsigned reg = (unsigned)randomBelow(random, 8);
  if (row->extension != OpcodeExtensionANY)
    return row->extension;
  if (vector->target == OpcodeTargetMASK)
    *extensions &= 3;
  return vector->target == OpcodeTargetGENERAL && reg == 4 ? 5 : reg;
}

void vectorMake(Writer writer, const OpcodeRow *row, const CombinationStruct *combination, Random random) {
  const OpcodeVectorRow *vector = vectorOf(combination->row);
  unsigned extensions = chooseExtensions(combination, random);
  const unsigned reg = chooseRegister(row, vector, &extensions, random);
  switch (row->space) {
  case RawSpaceVEX: putVEX(writer, row, combination, extensions, random); break;
  case RawSpaceEVEX: putEVEX(writer, row, combination, extensions, random); break;
  default: putLegacy(writer, row, combination, extensions, random); break;
  }
  writerPut(writer, row->opcode);
  directedPutForm(writer, combination, reg, extensions, random);
  if ((vector->flags & OpcodeVectorIMMEDIATE) != 0)
    writerPut(writer, (unsigned)randomBelow(random, 256));
}

/* what the table says of a case ------------------------------------------------- */

unsigned vectorRowOf(const CaseStruct *theCase) {
  RawStruct raw;
  unsigned row;
  if (theCase->combination >= 0)
    return combinations[theCase->combination].row >= mutatorOpcodeVectorFirst ? combinations[theCase->combination].row
                                                                              : 0;
  if (mutatorRawOpcode(&raw, theCase->bytes, theCase->length) != MutatorDeclineNONE ||
      mutatorRawModRM(&raw) != MutatorDeclineNONE)
    return 0;
  row = mutatorOpcodeFind(&raw, raw.reg & 7);
  return row >= mutatorOpcodeVectorFirst && row < mutatorOpcodeCount ? row : 0;
}

MutatorBool vectorIsAligned(const CaseStruct *theCase) {
  return theCase->row != 0 && (vectorOf(theCase->row)->flags & OpcodeVectorALIGNED) != 0;
}

MutatorBool vectorIsRepeated(const CaseStruct *theCase) {
  return theCase->row != 0 && (vectorOf(theCase->row)->flags & OpcodeVectorREPEATED) != 0;
}

size_t vectorMaskedElement(const CaseStruct *theCase) {
  const OpcodeVectorRow *vector = theCase->row == 0 ? NULL : vectorOf(theCase->row);
  if (vector == NULL || (vector->spans != OpcodeSpansELEMENTS && vector->spans != OpcodeSpansPACKED) ||
      (theCase->instruction.avx.broadcast.mode != 0 && !theCase->instruction.avx.broadcast.is_static))
    return 0;
  return vector->element;
}

const char *vectorExcuse(const CaseStruct *theCase, MutatorDecline decline) {
  if (theCase->row == 0)
    return NULL;
  if (decline == MutatorDeclineFEATURE)
    return "the CPU lacks the instruction";
  if (decline == MutatorDeclineVECTOR && !harnessHoldsVectors())
    return "the system's record does not hold the registers";
  if (decline == MutatorDeclineEXCEPTION)
    return "a floating-point exception is not masked";
  if (decline == MutatorDeclineADDRESS && caseIsPartial(theCase) &&
      mutatorOpcodeRows[theCase->row].semantic == OpcodeSemanticVECTOREXTRACT)
    return "a part of a register stored by a mask: the fault is at an element that is not stored";
  if (vectorIsAligned(theCase) && theCase->accesses[0].address % theCase->accesses[0].size != 0) {
    if (decline == MutatorDeclineKIND)
      return "a misaligned operand: general protection";
    if (decline == MutatorDeclineALIGNMENT)
      return "a misaligned operand that faulted on the page first";
  }
  return NULL;
}
