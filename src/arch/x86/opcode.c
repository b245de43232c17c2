/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/opcode.c -- the opcode table
 *
 * .source.sdm: Intel SDM volume 2, each instruction's page and appendix A.
 * Operand roles were checked against the CPU (tests/differential) and Zydis.
 */

#include "arch/x86/opcode.h"

#include <capstone/x86.h>

#define ANY 0xff
#define R MutatorAccessREAD
#define W MutatorAccessWRITE
#define V OpcodeSizeV
#define FULL \
  { OpcodeVoteFULL, OpcodeVoteFULL, OpcodeVoteFULL }

/* clang-format off */
/* A row of the one-byte and 0F maps, without vector prefixes; a row in a
 * table is data, so the columns that are the same for all of them are here. */
#define ROW(map, opcode, extension, form, role, width, size, flags, semantic, id, name)                              \
  {                                                                                                                  \
    name, X86_INS_##id, RawSpaceLEGACY, RawMap##map, RawPrefixANY, opcode, extension, ANY, ANY, OpcodeForm##form,    \
        role, width, size, OpcodeTupleNONE, OpcodeFlag##flags, OpcodeSemantic##semantic, 0, OpcodeFeatureBASE, FULL  \
  }

const OpcodeRow mutatorOpcodeRows[] = {
    /* One-byte map.
     *  map opcode ext  form      role reg mem  flags   semantic         Capstone  name */
    ROW(ONE, 0x38, ANY, RM_R,     R,   1,  1,   NONE,   COMPARE,         CMP,      "CMP r/m8, r8"),
    ROW(ONE, 0x39, ANY, RM_R,     R,   V,  V,   NONE,   COMPARE,         CMP,      "CMP r/m, r"),
    ROW(ONE, 0x3a, ANY, R_RM,     R,   1,  1,   NONE,   COMPAREREVERSED, CMP,      "CMP r8, r/m8"),
    ROW(ONE, 0x3b, ANY, R_RM,     R,   V,  V,   NONE,   COMPAREREVERSED, CMP,      "CMP r, r/m"),
    ROW(ONE, 0x63, ANY, R_RM,     R,   V,  4,   REXW,   LOADSIGNED,      MOVSXD,   "MOVSXD r64, r/m32"),
    ROW(ONE, 0x80, 7,   RM_I,     R,   1,  1,   NONE,   COMPARE,         CMP,      "CMP r/m8, imm8"),
    ROW(ONE, 0x81, 7,   RM_I,     R,   V,  V,   NONE,   COMPARE,         CMP,      "CMP r/m, imm"),
    ROW(ONE, 0x83, 7,   RM_I8,    R,   V,  V,   NONE,   COMPARE,         CMP,      "CMP r/m, imm8"),
    ROW(ONE, 0x84, ANY, RM_R,     R,   1,  1,   NONE,   TEST,            TEST,     "TEST r/m8, r8"),
    ROW(ONE, 0x85, ANY, RM_R,     R,   V,  V,   NONE,   TEST,            TEST,     "TEST r/m, r"),
    ROW(ONE, 0x88, ANY, RM_R,     W,   1,  1,   NONE,   STORE,           MOV,      "MOV r/m8, r8"),
    ROW(ONE, 0x89, ANY, RM_R,     W,   V,  V,   NONE,   STORE,           MOV,      "MOV r/m, r"),
    ROW(ONE, 0x8a, ANY, R_RM,     R,   1,  1,   NONE,   LOAD,            MOV,      "MOV r8, r/m8"),
    ROW(ONE, 0x8b, ANY, R_RM,     R,   V,  V,   NONE,   LOAD,            MOV,      "MOV r, r/m"),
    ROW(ONE, 0xa0, ANY, A_OFFSET, R,   1,  1,   NONE,   LOAD,            MOV,      "MOV AL, moffs8"),
    ROW(ONE, 0xa1, ANY, A_OFFSET, R,   V,  V,   NONE,   LOAD,            MOV,      "MOV rAX, moffs"),
    ROW(ONE, 0xa2, ANY, OFFSET_A, W,   1,  1,   NONE,   STORE,           MOV,      "MOV moffs8, AL"),
    ROW(ONE, 0xa3, ANY, OFFSET_A, W,   V,  V,   NONE,   STORE,           MOV,      "MOV moffs, rAX"),
    ROW(ONE, 0xc6, 0,   RM_I,     W,   1,  1,   NONE,   STORE,           MOV,      "MOV r/m8, imm8"),
    ROW(ONE, 0xc7, 0,   RM_I,     W,   V,  V,   NONE,   STORE,           MOV,      "MOV r/m, imm"),
    ROW(ONE, 0xf6, 0,   RM_I,     R,   1,  1,   NONE,   TEST,            TEST,     "TEST r/m8, imm8"),
    ROW(ONE, 0xf7, 0,   RM_I,     R,   V,  V,   NONE,   TEST,            TEST,     "TEST r/m, imm"),

    /* Map 0F. */
    ROW(0F,  0xb6, ANY, R_RM,     R,   V,  1,   NONE,   LOAD,            MOVZX,    "MOVZX r, r/m8"),
    ROW(0F,  0xb7, ANY, R_RM,     R,   V,  2,   NONE,   LOAD,            MOVZX,    "MOVZX r, r/m16"),
    ROW(0F,  0xbe, ANY, R_RM,     R,   V,  1,   NONE,   LOADSIGNED,      MOVSX,    "MOVSX r, r/m8"),
    ROW(0F,  0xbf, ANY, R_RM,     R,   V,  2,   NONE,   LOADSIGNED,      MOVSX,    "MOVSX r, r/m16"),

    /* Map 0F38. */

    /* Map 0F3A. */

    /* VEX. */

    /* EVEX. */
};
/* clang-format on */

const unsigned mutatorOpcodeCount = sizeof mutatorOpcodeRows / sizeof mutatorOpcodeRows[0];

/* The sort key: space, map, opcode. */
static unsigned keyOfRow(const OpcodeRow *row) {
  return (unsigned)row->space << 16 | (unsigned)row->map << 8 | row->opcode;
}

static unsigned keyOfRaw(const RawStruct *raw) {
  return (unsigned)raw->space << 16 | (unsigned)raw->map << 8 | raw->opcode;
}

/* The first row whose key is not below the instruction's. */
static unsigned firstRow(unsigned key) {
  unsigned low = 0, high = mutatorOpcodeCount;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (keyOfRow(&mutatorOpcodeRows[middle]) < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static MutatorBool rowHasKey(unsigned index, unsigned key) {
  return index < mutatorOpcodeCount && keyOfRow(&mutatorOpcodeRows[index]) == key;
}

static MutatorBool rowMatches(const OpcodeRow *row, const RawStruct *raw, unsigned reg) {
  if (row->extension != ANY && row->extension != reg)
    return 0;
  if (row->w != ANY && row->w != raw->w)
    return 0;
  if (row->l != ANY && row->l != raw->length)
    return 0;
  return row->pp == ANY || row->pp == raw->pp;
}

unsigned mutatorOpcodeFind(const RawStruct *raw, unsigned reg) {
  unsigned key = keyOfRaw(raw);
  unsigned index;
  for (index = firstRow(key); rowHasKey(index, key); index++)
    if (rowMatches(&mutatorOpcodeRows[index], raw, reg))
      return index;
  return mutatorOpcodeCount;
}

MutatorBool mutatorOpcodeKnown(const RawStruct *raw) {
  unsigned key = keyOfRaw(raw);
  return rowHasKey(firstRow(key), key);
}

MutatorBool mutatorOpcodeOffset(const RawStruct *raw) {
  unsigned key = keyOfRaw(raw);
  unsigned index = firstRow(key);
  if (!rowHasKey(index, key))
    return 0;
  return mutatorOpcodeRows[index].form == OpcodeFormA_OFFSET || mutatorOpcodeRows[index].form == OpcodeFormOFFSET_A;
}
