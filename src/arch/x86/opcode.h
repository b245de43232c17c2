/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/opcode.h -- the opcode table: one row for each form of each instruction
 *
 * The table, not Capstone, says what an instruction does to memory.  To step
 * another instruction is to add a row, and a semantic if none fits.
 */

#ifndef mutator_arch_x86_opcode_h
#define mutator_arch_x86_opcode_h

#include "arch/x86/raw.h"

/* Where the operands are encoded, destination first. */
typedef enum OpcodeForm {
  OpcodeFormRM_R = 0,     /* r/m, reg */
  OpcodeFormR_RM = 1,     /* reg, r/m */
  OpcodeFormRM_I = 2,     /* r/m, immediate of the operand width, at most 32 bits */
  OpcodeFormRM_I8 = 3,    /* r/m, 8-bit immediate, sign-extended */
  OpcodeFormA_OFFSET = 4, /* accumulator, absolute address */
  OpcodeFormOFFSET_A = 5  /* absolute address, accumulator */
} OpcodeForm;

/* Sizes of operands, bytes, or rules that give them. */
typedef enum OpcodeSize {
  OpcodeSize1 = 1,
  OpcodeSize2 = 2,
  OpcodeSize4 = 4,
  OpcodeSize8 = 8,
  OpcodeSize16 = 16,
  OpcodeSizeV = 0x80,      /* 2, 4 or 8, by 66 and REX.W */
  OpcodeSizeVECTOR = 0x81, /* 16, 32 or 64, by vector length */
} OpcodeSize;

/* What the instruction does (arch/x86/step.c). */
typedef enum OpcodeSemantic {
  OpcodeSemanticNONE = 0,            /* not stepped; the row is there for its operand */
  OpcodeSemanticLOAD = 1,            /* register := memory, zero-extended to the register's width */
  OpcodeSemanticLOADSIGNED = 2,      /* register := memory, sign-extended */
  OpcodeSemanticSTORE = 3,           /* memory := register or immediate */
  OpcodeSemanticCOMPARE = 4,         /* flags of memory - (register or immediate) */
  OpcodeSemanticCOMPAREREVERSED = 5, /* flags of register - memory */
  OpcodeSemanticTEST = 6,            /* flags of memory & (register or immediate) */
  OpcodeSemanticLIMIT = 7
} OpcodeSemantic;

/* How far Capstone must agree before a plan is accepted. */
typedef enum OpcodeVote {
  OpcodeVoteNONE = 0,   /* not asked: the CPU differential proves the row */
  OpcodeVoteLENGTH = 1, /* on the length */
  OpcodeVoteFULL = 2    /* on length, registers, displacement, scale, segment, immediate and sizes */
} OpcodeVote;

enum {
  OpcodeFlagNONE = 0,
  OpcodeFlagMODE64 = 1, /* in 64-bit mode only */
  OpcodeFlagREXW = 2,   /* with REX.W only */
  OpcodeFlagLOCK = 4,   /* may have a LOCK prefix */
  OpcodeFlagREPEAT = 8, /* may have a REP prefix */
};

enum { OpcodeExtensionANY = 0xff, OpcodeLAny = 0xff, OpcodeWAny = 0xff };

enum { OpcodeTupleNONE = 0, OpcodeTupleFULLMEM = 1 }; /* EVEX disp8 scaling */

enum { OpcodeFeatureBASE = 0 }; /* CPUID bits that gate a row; BASE is every CPU */

typedef struct OpcodeRow {
  const char *name;
  uint16_t capstone; /* Capstone's instruction id; 0: not asked */
  uint8_t space;     /* RawSpace */
  uint8_t map;       /* RawMap */
  uint8_t pp;        /* RawPrefix; ANY: 66 is the operand size, and F2 or F3 repeats or is declined */
  uint8_t opcode;
  uint8_t extension; /* ModR/M.reg, or ANY */
  uint8_t w;         /* 0, 1 or ANY */
  uint8_t l;         /* vector length, or ANY */
  uint8_t form;      /* OpcodeForm */
  uint8_t role;      /* what it does to its memory operand: MutatorAccess bits */
  uint8_t width;     /* OpcodeSize of the register operand */
  uint8_t size;      /* OpcodeSize of the memory operand */
  uint8_t tuple;
  uint8_t flags;
  uint8_t semantic; /* OpcodeSemantic */
  uint8_t thunk;    /* native routine of semantics that need one; 0 for none */
  uint8_t feature;
  uint8_t vote[3]; /* OpcodeVote for Capstone 4, 5 and 6 */
} OpcodeRow;

/* Sorted by space, map, opcode, pp, extension.  Of the rows that match, the first is taken. */
extern const OpcodeRow mutatorOpcodeRows[];
extern const unsigned mutatorOpcodeCount;

/* mutatorOpcodeFind -- the row of an instruction whose opcode has been read
 *
 * reg      ModR/M.reg without its extension bit
 * Returns  an index into mutatorOpcodeRows, or mutatorOpcodeCount: not in the table
 */
unsigned mutatorOpcodeFind(const RawStruct *raw, unsigned reg);

/* Has any row this space, map and opcode?  (Whether to read a ModR/M byte at all.) */
MutatorBool mutatorOpcodeKnown(const RawStruct *raw);

/* Does the opcode's form have an absolute address instead of a ModR/M byte? */
MutatorBool mutatorOpcodeOffset(const RawStruct *raw);

#endif
