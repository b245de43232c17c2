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
  OpcodeFormRM_R = 0,      /* r/m, reg */
  OpcodeFormR_RM = 1,      /* reg, r/m */
  OpcodeFormRM_I = 2,      /* r/m, immediate of the operand width, at most 32 bits */
  OpcodeFormRM_I8 = 3,     /* r/m, 8-bit immediate, sign-extended */
  OpcodeFormA_OFFSET = 4,  /* accumulator, absolute address */
  OpcodeFormOFFSET_A = 5,  /* absolute address, accumulator */
  OpcodeFormRM = 6,        /* r/m alone */
  OpcodeFormRM_U8 = 7,     /* r/m, 8-bit immediate that counts bits */
  OpcodeFormRM_1 = 8,      /* r/m, the constant 1 */
  OpcodeFormRM_CL = 9,     /* r/m, CL */
  OpcodeFormRM_R_U8 = 10,  /* r/m, reg, 8-bit immediate that counts bits */
  OpcodeFormRM_R_CL = 11,  /* r/m, reg, CL */
  OpcodeFormR_RM_I = 12,   /* reg, r/m, immediate as in RM_I */
  OpcodeFormR_RM_I8 = 13,  /* reg, r/m, immediate as in RM_I8 */
  OpcodeFormR_V_RM = 14,   /* reg, VEX.vvvv, r/m */
  OpcodeFormR_RM_V = 15,   /* reg, r/m, VEX.vvvv */
  OpcodeFormV_RM = 16,     /* VEX.vvvv, r/m */
  OpcodeFormO = 17,        /* register in the opcode's low three bits */
  OpcodeFormI = 18,        /* immediate as in RM_I alone */
  OpcodeFormI8 = 19,       /* immediate as in RM_I8 alone */
  OpcodeFormI16 = 20,      /* 16-bit immediate, not negative */
  OpcodeFormREL = 21,      /* 32 bits, relative to the next instruction */
  OpcodeFormNONE = 22,     /* nothing after the opcode */
  OpcodeFormMEM_MEM = 23,  /* nothing after the opcode; string operands, destination first */
  OpcodeFormMEM_MEM2 = 24, /* the same, source first (CMPS) */
  OpcodeFormMEM_A = 25,    /* nothing after the opcode; string operand, accumulator */
  OpcodeFormA_MEM = 26     /* the other way round */
} OpcodeForm;

/* Sizes of operands, bytes, or rules that give them. */
typedef enum OpcodeSize {
  OpcodeSize1 = 1,
  OpcodeSize2 = 2,
  OpcodeSize4 = 4,
  OpcodeSize8 = 8,
  OpcodeSize10 = 10,
  OpcodeSize16 = 16,
  OpcodeSize32 = 32,
  OpcodeSize64 = 64,
  OpcodeSizeV = 0x80,      /* 2, 4 or 8, by 66 and REX.W */
  OpcodeSizeVECTOR = 0x81, /* 16, 32 or 64, by vector length */
  OpcodeSizeY = 0x82,      /* 4 or 8, by REX.W or VEX.W */
  OpcodeSizeSTACK = 0x83,  /* 2 with 66, else a word */
  /* parts of that: */
  OpcodeSizeHALF = 0x91,
  OpcodeSizeQUARTER = 0x92,
  OpcodeSizeEIGHTH = 0x93,
  OpcodeSizeDDUP = 0x94 /* 8, 32 or 64: MOVDDUP */
} OpcodeSize;

/* What the instruction does (arch/x86/step.c). */
typedef enum OpcodeSemantic {
  OpcodeSemanticNONE = 0,          /* not stepped; the row is there for its operand and its reason */
  OpcodeSemanticLOAD = 1,          /* register := memory, zero-extended to the register's width */
  OpcodeSemanticLOADSIGNED = 2,    /* register := memory, sign-extended */
  OpcodeSemanticSTORE = 3,         /* memory := register or immediate */
  OpcodeSemanticLOADREVERSED = 4,  /* register := memory, bytes reversed */
  OpcodeSemanticSTOREREVERSED = 5, /* memory := register, bytes reversed */
  OpcodeSemanticLOADIF = 6,        /* register := memory or itself, by a condition */
  OpcodeSemanticCOMPARE = 7,       /* these run the row's operation (step_operation.c): on memory and another operand */
  OpcodeSemanticCOMPAREREVERSED = 8,
  OpcodeSemanticMODIFY = 9,
  OpcodeSemanticCOMBINE = 10,
  OpcodeSemanticCOMBINEIMMEDIATE = 11,
  OpcodeSemanticEXCHANGE = 12,
  OpcodeSemanticCOMPAREEXCHANGE = 13,
  OpcodeSemanticACCUMULATE = 14,
  OpcodeSemanticDIVIDE = 15,
  OpcodeSemanticDIVIDESIGNED = 16,
  OpcodeSemanticSET = 17,
  OpcodeSemanticVEX = 18,
  OpcodeSemanticVEXREVERSED = 19,
  OpcodeSemanticVEXSINGLE = 20,
  OpcodeSemanticVEXROTATE = 21,
  OpcodeSemanticVEXMULTIPLY = 22,
  OpcodeSemanticCOMPAREEXCHANGEPAIR = 23, /* CMPXCHG8B, CMPXCHG16B */
  OpcodeSemanticPUSH = 24,                /* these go with a stack access (step_stack.c) */
  OpcodeSemanticPUSHFLAGS = 25,
  OpcodeSemanticPOP = 26,
  OpcodeSemanticPOPMEMORY = 27,
  OpcodeSemanticLEAVE = 28,
  OpcodeSemanticJUMP = 29,
  OpcodeSemanticCALL = 30,
  OpcodeSemanticRETURN = 31,
  OpcodeSemanticMOVS = 32, /* string instructions (step_string.c) */
  OpcodeSemanticSTOS = 33,
  OpcodeSemanticLODS = 34,
  OpcodeSemanticCMPS = 35,
  OpcodeSemanticSCAS = 36,
  /* vectors: arch/x86/step_vector.c */
  OpcodeSemanticVECTORLOAD = 80,    /* the CPU's own instruction, on a copy of the operand */
  OpcodeSemanticVECTORSTORE = 81,   /* likewise, into a copy */
  OpcodeSemanticVECTORINSERT = 82,  /* register := register with a part replaced by memory */
  OpcodeSemanticVECTOREXTRACT = 83, /* memory := part of a register */
  OpcodeSemanticMXCSRLOAD = 84,
  OpcodeSemanticMXCSRSTORE = 85,
  OpcodeSemanticLIMIT = 86
} OpcodeSemantic;

/* Memory that no operand names, or that one names in another way (arch/x86/address.c). */
typedef enum OpcodeImplicit {
  OpcodeImplicitNONE = 0,
  OpcodeImplicitPUSH = 1,               /* written below rSP */
  OpcodeImplicitPOP = 2,                /* read at rSP */
  OpcodeImplicitFRAME = 3,              /* read at rBP */
  OpcodeImplicitSOURCE = 4,             /* read at rSI */
  OpcodeImplicitDESTINATION = 5,        /* written at ES:rDI */
  OpcodeImplicitSCANNED = 6,            /* read at ES:rDI */
  OpcodeImplicitSOURCE_DESTINATION = 7, /* both, the source first */
  OpcodeImplicitSOURCE_SCANNED = 8,
  OpcodeImplicitTABLE = 9, /* read at rBX + AL */
  OpcodeImplicitBITS = 10  /* the register operand counts bits from the memory operand */
} OpcodeImplicit;

/* Why a row is not stepped. */
typedef enum OpcodeReason {
  OpcodeReasonNONE = 0,
  OpcodeReasonNOACCESS = 1, /* names memory and never faults on it */
  OpcodeReasonSEGMENT = 2,  /* loads or stores a segment register or a descriptor */
  OpcodeReasonFAR = 3,      /* goes to another code segment */
  OpcodeReasonSYSTEM = 4,   /* for the system */
  OpcodeReasonPORT = 5,     /* input or output */
  OpcodeReasonCACHE = 6,    /* acts on a cache line */
  OpcodeReasonFLAGS = 7,    /* loads flags that a handler cannot load */
  OpcodeReasonACCESSES = 8, /* stores to several places, so that it cannot happen all or nothing */
  OpcodeReasonBOUND = 9,    /* raises an exception by itself */
  OpcodeReasonSTATE = 10,   /* saves or restores the whole vector state */
  OpcodeReasonLIMIT
} OpcodeReason;

/* How far Capstone must agree before a plan is accepted. */
typedef enum OpcodeVote {
  OpcodeVoteNONE = 0,   /* not asked: the CPU differential proves the row */
  OpcodeVoteLENGTH = 1, /* on the length */
  OpcodeVoteFULL = 2    /* on length, registers, displacement, scale, segment, immediate and sizes */
} OpcodeVote;

enum {
  OpcodeFlagNONE = 0,
  OpcodeFlagMODE64 = 1,       /* in 64-bit mode only */
  OpcodeFlagREXW = 2,         /* with REX.W only */
  OpcodeFlagLOCK = 4,         /* may have a LOCK prefix */
  OpcodeFlagREPEAT = 8,       /* may have a REP prefix */
  OpcodeFlagMODE32 = 16,      /* in 32-bit mode only */
  OpcodeFlagNO66 = 32,        /* not with 66, which CPUs disagree about */
  OpcodeFlagLOCKED = 64,      /* as if it had a LOCK prefix, always */
  OpcodeFlagKEEPFLAGS = 128,  /* what its operation does to the flags does not count */
  OpcodeFlagREPEATUNTIL = 256 /* REPE and REPNE differ */
};

enum { OpcodeExtensionANY = 0xff, OpcodeLAny = 0xff, OpcodeWAny = 0xff };

/* What EVEX multiplies an 8-bit displacement by (Intel SDM volume 2, table 2-34):
 * the size of what is accessed, or of one element even where many are. */
enum { OpcodeTupleNONE = 0, OpcodeTupleELEMENT = 1 };

/* What a row needs the CPU and the operating system to have (arch/x86/setup_features.c);
 * BASE is every CPU. */
typedef enum OpcodeFeature {
  OpcodeFeatureBASE = 0,
  OpcodeFeatureCX8,
  OpcodeFeatureCMOV,
  OpcodeFeatureCX16,
  OpcodeFeatureMOVBE,
  OpcodeFeaturePOPCNT,
  OpcodeFeatureLZCNT,
  OpcodeFeatureBMI1,
  OpcodeFeatureBMI2,
  OpcodeFeatureADX,
  OpcodeFeatureX87,
  OpcodeFeatureMMX,
  OpcodeFeatureSSE,
  OpcodeFeatureSSE2,
  OpcodeFeatureSSE3,
  OpcodeFeatureSSSE3,
  OpcodeFeatureSSE41,
  OpcodeFeatureSSE42,
  OpcodeFeatureSSE4A,
  OpcodeFeatureAES,
  OpcodeFeaturePCLMUL,
  OpcodeFeatureSHA,
  OpcodeFeatureGFNI,
  OpcodeFeatureAVX,
  OpcodeFeatureAVX2,
  OpcodeFeatureFMA,
  OpcodeFeatureF16C,
  OpcodeFeatureVAES,
  OpcodeFeatureVPCLMUL,
  OpcodeFeatureAVX512F,
  OpcodeFeatureAVX512VL,
  OpcodeFeatureAVX512BW,
  OpcodeFeatureAVX512DQ,
  OpcodeFeatureAVX512CD,
  OpcodeFeatureVBMI,
  OpcodeFeatureVBMI2,
  OpcodeFeatureIFMA,
  OpcodeFeatureVNNI,
  OpcodeFeatureBITALG,
  OpcodeFeatureVPOPCNTDQ,
  OpcodeFeatureBF16,
  OpcodeFeatureLIMIT
} OpcodeFeature;

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
  uint16_t flags;
  uint8_t semantic; /* OpcodeSemantic */
  uint8_t thunk;    /* native routine of semantics that need one (operation.h); 0 for none */
  uint8_t implicit; /* OpcodeImplicit */
  uint8_t feature;  /* OpcodeFeature */
  uint8_t reason;   /* OpcodeReason, of semantic NONE */
  uint8_t vote[3];  /* OpcodeVote for Capstone 4, 5 and 6 */
} OpcodeRow;

/* The other half of a vector row. */

/* Which register the row's own result or source is. */
typedef enum OpcodeTarget {
  OpcodeTargetNONE = 0,
  OpcodeTargetVECTOR,    /* xmm, ymm, zmm */
  OpcodeTargetMASK,      /* k0 to k7 */
  OpcodeTargetGENERAL,   /* a general register */
  OpcodeTargetFLAGS,     /* the status flags */
  OpcodeTargetMMX,       /* mm0 to mm7 */
  OpcodeTargetVECTORMMX, /* xmm, by an instruction that may touch the x87 state */
  OpcodeTargetX87,       /* the x87 stack or its control words */
  OpcodeTargetLIMIT
} OpcodeTarget;

/* Which of the operand's bytes are accessed. */
typedef enum OpcodeSpans {
  OpcodeSpansWHOLE = 0,
  OpcodeSpansELEMENTS, /* elements that the mask register selects */
  OpcodeSpansSIGNS,    /* elements whose sign is set in VEX.vvvv's register */
  OpcodeSpansPACKED,   /* as many elements as the mask register selects */
  OpcodeSpansLIMIT
} OpcodeSpans;

enum {
  OpcodeVectorVREG = 1,        /* VEX.vvvv names a register; else it must be 1111 */
  OpcodeVectorMASK = 2,        /* EVEX.aaa may name a mask */
  OpcodeVectorBROADCAST = 4,   /* EVEX.b: one element for all */
  OpcodeVectorSOURCE = 8,      /* the destination is a source too */
  OpcodeVectorALIGNED = 0x10,  /* a misaligned operand is a general protection fault */
  OpcodeVectorFLOAT = 0x20,    /* may raise floating-point exceptions, or goes by MXCSR without */
  OpcodeVectorLIG = 0x40,      /* the vector length is ignored */
  OpcodeVectorREPEATED = 0x80, /* the operand is repeated to fill the vector */
  OpcodeVectorIMMEDIATE = 0x100,
  OpcodeVectorINSERTPS = 0x200,
  OpcodeVectorMODE64 = 0x400 /* in 64-bit mode only */
};

typedef struct OpcodeVectorRow {
  uint8_t target;  /* OpcodeTarget */
  uint8_t element; /* bytes for each bit of a mask, and those of a broadcast */
  uint8_t spans;   /* OpcodeSpans */
  uint16_t flags;  /* OpcodeVector... */
} OpcodeVectorRow;

/* Rows from mutatorOpcodeVectorFirst on are vector rows, and have a second half at
 * mutatorOpcodeVectors[row - mutatorOpcodeVectorFirst].  Each of the two parts is sorted by
 * space, map, opcode, pp, extension.  Of the rows that match, the first is taken. */
extern const OpcodeRow mutatorOpcodeRows[];
extern const unsigned mutatorOpcodeCount;
extern const OpcodeVectorRow mutatorOpcodeVectors[];
extern const unsigned mutatorOpcodeVectorFirst;

/* A vector row's second half; NULL for another row. */
static inline const OpcodeVectorRow *opcodeVector(unsigned row) {
  return row < mutatorOpcodeVectorFirst ? NULL : &mutatorOpcodeVectors[row - mutatorOpcodeVectorFirst];
}

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

/* Has it a ModR/M byte? */
MutatorBool mutatorOpcodeModRM(const RawStruct *raw);

#endif
