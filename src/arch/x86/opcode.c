/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/opcode.c -- the opcode table
 *
 * .source.sdm: Intel SDM volume 2, each instruction's page and appendix A.
 * Operand roles were checked against the CPU (tests/differential) and Zydis.
 */

#include "arch/x86/opcode.h"

#include <capstone/x86.h>

#include "arch/x86/operation.h"

#define ANY 0xff
#define R MutatorAccessREAD
#define W MutatorAccessWRITE
#define RW (MutatorAccessREAD | MutatorAccessWRITE)
#define V OpcodeSizeV
#define Y OpcodeSizeY
#define STACK OpcodeSizeSTACK
#define FULL \
  { OpcodeVoteFULL, OpcodeVoteFULL, OpcodeVoteFULL }
#define LENGTH \
  { OpcodeVoteLENGTH, OpcodeVoteLENGTH, OpcodeVoteLENGTH }

/* Columns of vector_rows.h. */
#define VOTE_NONE \
  { OpcodeVoteNONE, OpcodeVoteNONE, OpcodeVoteNONE }
#define VOTE_LENGTH \
  { OpcodeVoteLENGTH, OpcodeVoteLENGTH, OpcodeVoteLENGTH }
#define VOTE_NOT4 \
  { OpcodeVoteNONE, OpcodeVoteLENGTH, OpcodeVoteLENGTH }
#define RAW_NP RawPrefixNONE
#define RAW_P66 RawPrefix66
#define RAW_PF3 RawPrefixF3
#define RAW_PF2 RawPrefixF2
#define ROLE_VECTORLOAD R
#define ROLE_VECTORINSERT R
#define ROLE_MXCSRLOAD R
#define ROLE_VECTORSTORE W
#define ROLE_VECTOREXTRACT W
#define ROLE_MXCSRSTORE W
#define SIZE_1 OpcodeSize1
#define SIZE_2 OpcodeSize2
#define SIZE_4 OpcodeSize4
#define SIZE_8 OpcodeSize8
#define SIZE_10 OpcodeSize10
#define SIZE_16 OpcodeSize16
#define SIZE_32 OpcodeSize32
#define SIZE_64 OpcodeSize64
#define SIZE_VECTOR OpcodeSizeVECTOR
#define SIZE_HALF OpcodeSizeHALF
#define SIZE_QUARTER OpcodeSizeQUARTER
#define SIZE_EIGHTH OpcodeSizeEIGHTH
#define SIZE_DDUP OpcodeSizeDDUP
#define TUPLE_WHOLE OpcodeTupleNONE
#define TUPLE_ELEMENTS OpcodeTupleNONE
#define TUPLE_SIGNS OpcodeTupleNONE
#define TUPLE_PACKED OpcodeTupleELEMENT

/* clang-format off */
/* Rows are data: the columns that are the same for all rows of a kind are in its macro. */
#define COMMON(Space, Map, Pp, Opcode, Extension, W_, L_, Form, Role, Width, Size, Flags, Semantic, Id, Name)          \
    .name = Name, .capstone = Id, .space = Space, .map = Map, .pp = Pp, .opcode = Opcode, .extension = Extension,      \
    .w = W_, .l = L_, .form = Form, .role = Role, .width = Width, .size = Size, .flags = Flags, .semantic = Semantic

#define NONE OpcodeFlagNONE
#define REXW OpcodeFlagREXW
#define LOCK OpcodeFlagLOCK
#define LOCKED OpcodeFlagLOCKED | OpcodeFlagLOCK
#define MODE32 OpcodeFlagMODE32
#define MODE64 OpcodeFlagMODE64
#define NO66 OpcodeFlagNO66
#define REP OpcodeFlagREPEAT
#define REPUNTIL OpcodeFlagREPEAT | OpcodeFlagREPEATUNTIL
#define KEEP OpcodeFlagKEEPFLAGS

/* A row of the one-byte and 0F maps, without mandatory prefix. */
#define ROW(Map, Opcode, Extension, Form, Role, Width, Size, Flags, Semantic, Id, Name)                                \
  {COMMON(RawSpaceLEGACY, RawMap##Map, RawPrefixANY, Opcode, Extension, ANY, ANY, OpcodeForm##Form, Role, Width, Size, Flags,\
          OpcodeSemantic##Semantic, X86_INS_##Id, Name),                                                               \
   .vote = FULL}

/* That runs an operation (operation.h). */
#define OP(Map, Opcode, Extension, Form, Role, Width, Size, Flags, Semantic, Operation, Id, Name)                      \
  {COMMON(RawSpaceLEGACY, RawMap##Map, RawPrefixANY, Opcode, Extension, ANY, ANY, OpcodeForm##Form, Role, Width, Size, Flags,\
          OpcodeSemantic##Semantic, X86_INS_##Id, Name),                                                               \
   .thunk = OpcodeOperation##Operation, .vote = FULL}

/* With memory that no operand names. */
#define IMPLICIT(Map, Opcode, Extension, Form, Role, Width, Size, Flags, Semantic, Operation, Memory, Id, Name)        \
  {COMMON(RawSpaceLEGACY, RawMap##Map, RawPrefixANY, Opcode, Extension, ANY, ANY, OpcodeForm##Form, Role, Width, Size, Flags,\
          OpcodeSemantic##Semantic, X86_INS_##Id, Name),                                                               \
   .thunk = OpcodeOperation##Operation, .implicit = OpcodeImplicit##Memory, .vote = FULL}

/* That not every CPU has; the prefix is a RawPrefix. */
#define GATED(Map, Pp, Opcode, Extension, Form, Role, Width, Size, Flags, Semantic, Operation, Feature, Id, Name)      \
  {COMMON(RawSpaceLEGACY, RawMap##Map, RawPrefix##Pp, Opcode, Extension, ANY, ANY, OpcodeForm##Form, Role, Width, Size, Flags,\
          OpcodeSemantic##Semantic, X86_INS_##Id, Name),                                                               \
   .thunk = OpcodeOperation##Operation, .feature = OpcodeFeature##Feature, .vote = FULL}

/* The same by REX.W. */
#define GATED_W(Map, Pp, Opcode, Extension, W, Form, Role, Width, Size, Flags, Semantic, Operation, Feature, Id, Name) \
  {COMMON(RawSpaceLEGACY, RawMap##Map, RawPrefix##Pp, Opcode, Extension, W, ANY, OpcodeForm##Form, Role, Width, Size, Flags,\
          OpcodeSemantic##Semantic, X86_INS_##Id, Name),                                                               \
   .thunk = OpcodeOperation##Operation, .feature = OpcodeFeature##Feature, .vote = FULL}

/* On general registers in VEX encoding: vector length 0. */
#define VEX(Map, Pp, Opcode, Extension, Form, Flags, Semantic, Operation, Feature, Id, Name)                           \
  {COMMON(RawSpaceVEX, RawMap##Map, RawPrefix##Pp, Opcode, Extension, ANY, 0, OpcodeForm##Form, R, Y, Y, Flags,        \
          OpcodeSemantic##Semantic, X86_INS_##Id, Name),                                                               \
   .thunk = OpcodeOperation##Operation, .feature = OpcodeFeature##Feature, .vote = FULL}

/* Not stepped, and why. */
#define NOT(Map, Pp, Opcode, Extension, Form, Reason, Name)                                                            \
  {COMMON(RawSpaceLEGACY, RawMap##Map, RawPrefix##Pp, Opcode, Extension, ANY, ANY, OpcodeForm##Form, R, V, V, OpcodeFlagNONE,\
          OpcodeSemanticNONE, 0, Name),                                                                                \
   .reason = OpcodeReason##Reason}

/* The first four of each eight opcodes from 00 to 3F. */
#define ALU(Base, Role, Flags, Store, Combine, Operation, Id, Name)                                                    \
    OP(ONE, (Base) + 0, ANY, RM_R, Role, 1, 1, Flags, Store,   Operation, Id, Name " r/m8, r8"),                       \
    OP(ONE, (Base) + 1, ANY, RM_R, Role, V, V, Flags, Store,   Operation, Id, Name " r/m, r"),                         \
    OP(ONE, (Base) + 2, ANY, R_RM, R,    1, 1, NONE,  Combine, Operation, Id, Name " r8, r/m8"),                       \
    OP(ONE, (Base) + 3, ANY, R_RM, R,    V, V, NONE,  Combine, Operation, Id, Name " r, r/m")

/* Groups of eight operations by ModR/M.reg (appendix A, table A-6): group 1, group 2. */
#define GROUP1(Opcode, Form, Size, Mode, Name)                                                                         \
    OP(ONE, Opcode, 0, Form, RW, Size, Size, Mode | LOCK, MODIFY,  Add, ADD, "ADD " Name),                             \
    OP(ONE, Opcode, 1, Form, RW, Size, Size, Mode | LOCK, MODIFY,  Or,  OR,  "OR " Name),                              \
    OP(ONE, Opcode, 2, Form, RW, Size, Size, Mode | LOCK, MODIFY,  Adc, ADC, "ADC " Name),                             \
    OP(ONE, Opcode, 3, Form, RW, Size, Size, Mode | LOCK, MODIFY,  Sbb, SBB, "SBB " Name),                             \
    OP(ONE, Opcode, 4, Form, RW, Size, Size, Mode | LOCK, MODIFY,  And, AND, "AND " Name),                             \
    OP(ONE, Opcode, 5, Form, RW, Size, Size, Mode | LOCK, MODIFY,  Sub, SUB, "SUB " Name),                             \
    OP(ONE, Opcode, 6, Form, RW, Size, Size, Mode | LOCK, MODIFY,  Xor, XOR, "XOR " Name),                             \
    OP(ONE, Opcode, 7, Form, R,  Size, Size, Mode,        COMPARE, Compare, CMP, "CMP " Name)

#define GROUP2(Opcode, Form, Size, Name)                                                                               \
    OP(ONE, Opcode, 0, Form, RW, Size, Size, NONE, MODIFY, Rol, ROL, "ROL " Name),                                     \
    OP(ONE, Opcode, 1, Form, RW, Size, Size, NONE, MODIFY, Ror, ROR, "ROR " Name),                                     \
    OP(ONE, Opcode, 2, Form, RW, Size, Size, NONE, MODIFY, Rcl, RCL, "RCL " Name),                                     \
    OP(ONE, Opcode, 3, Form, RW, Size, Size, NONE, MODIFY, Rcr, RCR, "RCR " Name),                                     \
    OP(ONE, Opcode, 4, Form, RW, Size, Size, NONE, MODIFY, Shl, SHL, "SHL " Name),                                     \
    OP(ONE, Opcode, 5, Form, RW, Size, Size, NONE, MODIFY, Shr, SHR, "SHR " Name),                                     \
    OP(ONE, Opcode, 6, Form, RW, Size, Size, NONE, MODIFY, Shl, SAL, "SAL " Name),                                     \
    OP(ONE, Opcode, 7, Form, RW, Size, Size, NONE, MODIFY, Sar, SAR, "SAR " Name)

#define PUSH(Number) IMPLICIT(ONE, 0x50 + (Number), ANY, O, 0, STACK, STACK, NONE, PUSH, NONE, PUSH, PUSH, "PUSH r" #Number)
#define POP(Number) IMPLICIT(ONE, 0x58 + (Number), ANY, O, 0, STACK, STACK, NONE, POP, NONE, POP, POP, "POP r" #Number)
#define CMOV(Code, Condition, Id)                                                                                      \
    GATED(0F, ANY, 0x40 + (Code), ANY, R_RM, R, V, V, NONE, LOADIF, Set##Condition, CMOV, CMOV##Id, "CMOV" #Id " r, r/m")
#define SET(Code, Condition, Id) OP(0F, 0x90 + (Code), ANY, RM, W, 1, 1, NONE, SET, Set##Condition, SET##Id, "SET" #Id " r/m8")

const OpcodeRow mutatorOpcodeRows[] = {
    /* One-byte map.
     *  map opcode ext form       role reg mem  flags   semantic [operation]      Capstone  name */
    ALU(0x00, RW, LOCK, MODIFY, COMBINE, Add, ADD, "ADD"),
    ALU(0x08, RW, LOCK, MODIFY, COMBINE, Or, OR, "OR"),
    ALU(0x10, RW, LOCK, MODIFY, COMBINE, Adc, ADC, "ADC"),
    ALU(0x18, RW, LOCK, MODIFY, COMBINE, Sbb, SBB, "SBB"),
    ALU(0x20, RW, LOCK, MODIFY, COMBINE, And, AND, "AND"),
    ALU(0x28, RW, LOCK, MODIFY, COMBINE, Sub, SUB, "SUB"),
    ALU(0x30, RW, LOCK, MODIFY, COMBINE, Xor, XOR, "XOR"),
    ALU(0x38, R, NONE, COMPARE, COMPAREREVERSED, Compare, CMP, "CMP"),
    PUSH(0), PUSH(1), PUSH(2), PUSH(3), PUSH(4), PUSH(5), PUSH(6), PUSH(7),
    POP(0), POP(1), POP(2), POP(3), POP(4), POP(5), POP(6), POP(7),
    NOT(ONE, ANY, 0x60, ANY, NONE, ACCESSES, "PUSHA"),
    NOT(ONE, ANY, 0x61, ANY, NONE, ACCESSES, "POPA"),
    NOT(ONE, ANY, 0x62, ANY, R_RM, BOUND, "BOUND r, m"),
    {COMMON(RawSpaceLEGACY, RawMapONE, RawPrefixNONE, 0x63, ANY, 0, ANY, OpcodeFormR_RM, R, 4, 4, MODE64,
            OpcodeSemanticLOAD, X86_INS_MOVSXD, "MOVSXD r32, r/m32"),
     .vote = LENGTH},
    ROW(ONE, 0x63, ANY, R_RM,     R,   V,  4,   REXW,   LOADSIGNED,      MOVSXD,   "MOVSXD r64, r/m32"),
    IMPLICIT(ONE, 0x68, ANY, I, 0, STACK, STACK, NONE, PUSH, NONE, PUSH, PUSH, "PUSH imm"),
    OP(ONE, 0x69, ANY, R_RM_I, R, V, V, NONE, COMBINEIMMEDIATE, Imul, IMUL, "IMUL r, r/m, imm"),
    IMPLICIT(ONE, 0x6a, ANY, I8, 0, STACK, STACK, NONE, PUSH, NONE, PUSH, PUSH, "PUSH imm8"),
    OP(ONE, 0x6b, ANY, R_RM_I8, R, V, V, NONE, COMBINEIMMEDIATE, Imul, IMUL, "IMUL r, r/m, imm8"),
    NOT(ONE, ANY, 0x6c, ANY, NONE, PORT, "INS m8, DX"),
    NOT(ONE, ANY, 0x6d, ANY, NONE, PORT, "INS m, DX"),
    NOT(ONE, ANY, 0x6e, ANY, NONE, PORT, "OUTS DX, m8"),
    NOT(ONE, ANY, 0x6f, ANY, NONE, PORT, "OUTS DX, m"),
    GROUP1(0x80, RM_I, 1, NONE, "r/m8, imm8"),
    GROUP1(0x81, RM_I, V, NONE, "r/m, imm"),
    GROUP1(0x82, RM_I, 1, MODE32, "r/m8, imm8 (82)"),
    GROUP1(0x83, RM_I8, V, NONE, "r/m, imm8"),
    OP(ONE, 0x84, ANY, RM_R, R, 1, 1, NONE, COMPARE, Test, TEST, "TEST r/m8, r8"),
    OP(ONE, 0x85, ANY, RM_R, R, V, V, NONE, COMPARE, Test, TEST, "TEST r/m, r"),
    OP(ONE, 0x86, ANY, RM_R, RW, 1, 1, LOCKED, EXCHANGE, Xchg, XCHG, "XCHG r/m8, r8"),
    OP(ONE, 0x87, ANY, RM_R, RW, V, V, LOCKED, EXCHANGE, Xchg, XCHG, "XCHG r/m, r"),
    ROW(ONE, 0x88, ANY, RM_R,     W,   1,  1,   NONE,   STORE,           MOV,      "MOV r/m8, r8"),
    ROW(ONE, 0x89, ANY, RM_R,     W,   V,  V,   NONE,   STORE,           MOV,      "MOV r/m, r"),
    ROW(ONE, 0x8a, ANY, R_RM,     R,   1,  1,   NONE,   LOAD,            MOV,      "MOV r8, r/m8"),
    ROW(ONE, 0x8b, ANY, R_RM,     R,   V,  V,   NONE,   LOAD,            MOV,      "MOV r, r/m"),
    NOT(ONE, ANY, 0x8c, ANY, RM_R, SEGMENT, "MOV r/m16, Sreg"),
    NOT(ONE, ANY, 0x8d, ANY, R_RM, NOACCESS, "LEA r, m"),
    NOT(ONE, ANY, 0x8e, ANY, R_RM, SEGMENT, "MOV Sreg, r/m16"),
    IMPLICIT(ONE, 0x8f, 0, RM, W, STACK, STACK, NONE, POPMEMORY, NONE, POP, POP, "POP r/m"),
    IMPLICIT(ONE, 0x9c, ANY, NONE, 0, STACK, STACK, NO66, PUSHFLAGS, NONE, PUSH, PUSHFQ, "PUSHF"),
    NOT(ONE, ANY, 0x9d, ANY, NONE, FLAGS, "POPF"),
    ROW(ONE, 0xa0, ANY, A_OFFSET, R,   1,  1,   NONE,   LOAD,            MOV,      "MOV AL, moffs8"),
    ROW(ONE, 0xa1, ANY, A_OFFSET, R,   V,  V,   NONE,   LOAD,            MOV,      "MOV rAX, moffs"),
    ROW(ONE, 0xa2, ANY, OFFSET_A, W,   1,  1,   NONE,   STORE,           MOV,      "MOV moffs8, AL"),
    ROW(ONE, 0xa3, ANY, OFFSET_A, W,   V,  V,   NONE,   STORE,           MOV,      "MOV moffs, rAX"),
    IMPLICIT(ONE, 0xa4, ANY, MEM_MEM, 0, 1, 1, REP, MOVS, NONE, SOURCE_DESTINATION, MOVSB, "MOVS m8, m8"),
    IMPLICIT(ONE, 0xa5, ANY, MEM_MEM, 0, V, V, REP, MOVS, NONE, SOURCE_DESTINATION, MOVSB, "MOVS m, m"),
    IMPLICIT(ONE, 0xa6, ANY, MEM_MEM2, 0, 1, 1, REPUNTIL, CMPS, Compare, SOURCE_SCANNED, CMPSB, "CMPS m8, m8"),
    IMPLICIT(ONE, 0xa7, ANY, MEM_MEM2, 0, V, V, REPUNTIL, CMPS, Compare, SOURCE_SCANNED, CMPSB, "CMPS m, m"),
    IMPLICIT(ONE, 0xaa, ANY, MEM_A, 0, 1, 1, REP, STOS, NONE, DESTINATION, STOSB, "STOS m8, AL"),
    IMPLICIT(ONE, 0xab, ANY, MEM_A, 0, V, V, REP, STOS, NONE, DESTINATION, STOSB, "STOS m, rAX"),
    IMPLICIT(ONE, 0xac, ANY, A_MEM, 0, 1, 1, REP, LODS, NONE, SOURCE, LODSB, "LODS AL, m8"),
    IMPLICIT(ONE, 0xad, ANY, A_MEM, 0, V, V, REP, LODS, NONE, SOURCE, LODSB, "LODS rAX, m"),
    IMPLICIT(ONE, 0xae, ANY, A_MEM, 0, 1, 1, REPUNTIL, SCAS, Compare, SCANNED, SCASB, "SCAS AL, m8"),
    IMPLICIT(ONE, 0xaf, ANY, A_MEM, 0, V, V, REPUNTIL, SCAS, Compare, SCANNED, SCASB, "SCAS rAX, m"),
    GROUP2(0xc0, RM_U8, 1, "r/m8, imm8"),
    GROUP2(0xc1, RM_U8, V, "r/m, imm8"),
    IMPLICIT(ONE, 0xc2, ANY, I16, 0, STACK, STACK, NO66, RETURN, NONE, POP, RET, "RET imm16"),
    IMPLICIT(ONE, 0xc3, ANY, NONE, 0, STACK, STACK, NO66, RETURN, NONE, POP, RET, "RET"),
    NOT(ONE, ANY, 0xc4, ANY, R_RM, SEGMENT, "LES r, m"),
    NOT(ONE, ANY, 0xc5, ANY, R_RM, SEGMENT, "LDS r, m"),
    ROW(ONE, 0xc6, 0,   RM_I,     W,   1,  1,   NONE,   STORE,           MOV,      "MOV r/m8, imm8"),
    ROW(ONE, 0xc7, 0,   RM_I,     W,   V,  V,   NONE,   STORE,           MOV,      "MOV r/m, imm"),
    NOT(ONE, ANY, 0xc8, ANY, NONE, ACCESSES, "ENTER"),
    IMPLICIT(ONE, 0xc9, ANY, NONE, 0, STACK, STACK, NO66, LEAVE, NONE, FRAME, LEAVE, "LEAVE"),
    NOT(ONE, ANY, 0xca, ANY, NONE, FAR, "RETF imm16"),
    NOT(ONE, ANY, 0xcb, ANY, NONE, FAR, "RETF"),
    NOT(ONE, ANY, 0xcf, ANY, NONE, FAR, "IRET"),
    GROUP2(0xd0, RM_1, 1, "r/m8, 1"),
    GROUP2(0xd1, RM_1, V, "r/m, 1"),
    GROUP2(0xd2, RM_CL, 1, "r/m8, CL"),
    GROUP2(0xd3, RM_CL, V, "r/m, CL"),
    IMPLICIT(ONE, 0xd7, ANY, NONE, R, 1, 1, NONE, LOAD, NONE, TABLE, XLATB, "XLAT"),
    IMPLICIT(ONE, 0xe8, ANY, REL, 0, STACK, STACK, NO66, CALL, NONE, PUSH, CALL, "CALL rel"),
    OP(ONE, 0xf6, 0, RM_I, R, 1, 1, NONE, COMPARE, Test, TEST, "TEST r/m8, imm8"),
    OP(ONE, 0xf6, 2, RM, RW, 1, 1, LOCK, MODIFY, Not, NOT, "NOT r/m8"),
    OP(ONE, 0xf6, 3, RM, RW, 1, 1, LOCK, MODIFY, Neg, NEG, "NEG r/m8"),
    OP(ONE, 0xf6, 4, RM, R, 1, 1, NONE, ACCUMULATE, Mul, MUL, "MUL r/m8"),
    OP(ONE, 0xf6, 5, RM, R, 1, 1, NONE, ACCUMULATE, MulSigned, IMUL, "IMUL r/m8"),
    OP(ONE, 0xf6, 6, RM, R, 1, 1, NONE, DIVIDE, Div, DIV, "DIV r/m8"),
    OP(ONE, 0xf6, 7, RM, R, 1, 1, NONE, DIVIDESIGNED, DivSigned, IDIV, "IDIV r/m8"),
    OP(ONE, 0xf7, 0, RM_I, R, V, V, NONE, COMPARE, Test, TEST, "TEST r/m, imm"),
    OP(ONE, 0xf7, 2, RM, RW, V, V, LOCK, MODIFY, Not, NOT, "NOT r/m"),
    OP(ONE, 0xf7, 3, RM, RW, V, V, LOCK, MODIFY, Neg, NEG, "NEG r/m"),
    OP(ONE, 0xf7, 4, RM, R, V, V, NONE, ACCUMULATE, Mul, MUL, "MUL r/m"),
    OP(ONE, 0xf7, 5, RM, R, V, V, NONE, ACCUMULATE, MulSigned, IMUL, "IMUL r/m"),
    OP(ONE, 0xf7, 6, RM, R, V, V, NONE, DIVIDE, Div, DIV, "DIV r/m"),
    OP(ONE, 0xf7, 7, RM, R, V, V, NONE, DIVIDESIGNED, DivSigned, IDIV, "IDIV r/m"),
    OP(ONE, 0xfe, 0, RM, RW, 1, 1, LOCK, MODIFY, Inc, INC, "INC r/m8"),
    OP(ONE, 0xfe, 1, RM, RW, 1, 1, LOCK, MODIFY, Dec, DEC, "DEC r/m8"),
    OP(ONE, 0xff, 0, RM, RW, V, V, LOCK, MODIFY, Inc, INC, "INC r/m"),
    OP(ONE, 0xff, 1, RM, RW, V, V, LOCK, MODIFY, Dec, DEC, "DEC r/m"),
    IMPLICIT(ONE, 0xff, 2, RM, R, STACK, STACK, NO66, CALL, NONE, PUSH, CALL, "CALL r/m"),
    NOT(ONE, ANY, 0xff, 3, RM, FAR, "CALL m16:m"),
    ROW(ONE, 0xff, 4, RM, R, STACK, STACK, NO66, JUMP, JMP, "JMP r/m"),
    NOT(ONE, ANY, 0xff, 5, RM, FAR, "JMP m16:m"),
    IMPLICIT(ONE, 0xff, 6, RM, R, STACK, STACK, NONE, PUSH, NONE, PUSH, PUSH, "PUSH r/m"),

    /* Map 0F. */
    NOT(0F, ANY, 0x00, ANY, RM, SEGMENT, "SLDT, STR, LLDT, LTR, VERR, VERW"),
    NOT(0F, ANY, 0x01, ANY, RM, SYSTEM, "SGDT, SIDT, LGDT, LIDT, SMSW, LMSW, INVLPG"),
    NOT(0F, ANY, 0x02, ANY, R_RM, SEGMENT, "LAR r, r/m16"),
    NOT(0F, ANY, 0x03, ANY, R_RM, SEGMENT, "LSL r, r/m16"),
    NOT(0F, ANY, 0x0d, ANY, RM, NOACCESS, "PREFETCHW, PREFETCHWT1"),
    NOT(0F, ANY, 0x18, ANY, RM, NOACCESS, "PREFETCHNTA, PREFETCHT0 to T2"),
    NOT(0F, ANY, 0x1f, ANY, RM, NOACCESS, "NOP r/m"),
    CMOV(0, o, O), CMOV(1, no, NO), CMOV(2, b, B), CMOV(3, ae, AE), CMOV(4, e, E), CMOV(5, ne, NE),
    CMOV(6, be, BE), CMOV(7, a, A), CMOV(8, s, S), CMOV(9, ns, NS), CMOV(10, p, P), CMOV(11, np, NP),
    CMOV(12, l, L), CMOV(13, ge, GE), CMOV(14, le, LE), CMOV(15, g, G),
    SET(0, o, O), SET(1, no, NO), SET(2, b, B), SET(3, ae, AE), SET(4, e, E), SET(5, ne, NE),
    SET(6, be, BE), SET(7, a, A), SET(8, s, S), SET(9, ns, NS), SET(10, p, P), SET(11, np, NP),
    SET(12, l, L), SET(13, ge, GE), SET(14, le, LE), SET(15, g, G),
    NOT(0F, ANY, 0xa0, ANY, NONE, SEGMENT, "PUSH FS"),
    NOT(0F, ANY, 0xa1, ANY, NONE, SEGMENT, "POP FS"),
    IMPLICIT(0F, 0xa3, ANY, RM_R, R, V, V, NONE, COMPARE, Bt, BITS, BT, "BT r/m, r"),
    OP(0F, 0xa4, ANY, RM_R_U8, RW, V, V, NONE, MODIFY, Shld, SHLD, "SHLD r/m, r, imm8"),
    OP(0F, 0xa5, ANY, RM_R_CL, RW, V, V, NONE, MODIFY, Shld, SHLD, "SHLD r/m, r, CL"),
    NOT(0F, ANY, 0xa8, ANY, NONE, SEGMENT, "PUSH GS"),
    NOT(0F, ANY, 0xa9, ANY, NONE, SEGMENT, "POP GS"),
    IMPLICIT(0F, 0xab, ANY, RM_R, RW, V, V, LOCK, MODIFY, Bts, BITS, BTS, "BTS r/m, r"),
    OP(0F, 0xac, ANY, RM_R_U8, RW, V, V, NONE, MODIFY, Shrd, SHRD, "SHRD r/m, r, imm8"),
    OP(0F, 0xad, ANY, RM_R_CL, RW, V, V, NONE, MODIFY, Shrd, SHRD, "SHRD r/m, r, CL"),
    OP(0F, 0xaf, ANY, R_RM, R, V, V, NONE, COMBINE, Imul, IMUL, "IMUL r, r/m"),
    OP(0F, 0xb0, ANY, RM_R, RW, 1, 1, LOCK, COMPAREEXCHANGE, Cmpxchg, CMPXCHG, "CMPXCHG r/m8, r8"),
    OP(0F, 0xb1, ANY, RM_R, RW, V, V, LOCK, COMPAREEXCHANGE, Cmpxchg, CMPXCHG, "CMPXCHG r/m, r"),
    NOT(0F, ANY, 0xb2, ANY, R_RM, SEGMENT, "LSS r, m"),
    IMPLICIT(0F, 0xb3, ANY, RM_R, RW, V, V, LOCK, MODIFY, Btr, BITS, BTR, "BTR r/m, r"),
    NOT(0F, ANY, 0xb4, ANY, R_RM, SEGMENT, "LFS r, m"),
    NOT(0F, ANY, 0xb5, ANY, R_RM, SEGMENT, "LGS r, m"),
    ROW(0F,  0xb6, ANY, R_RM,     R,   V,  1,   NONE,   LOAD,            MOVZX,    "MOVZX r, r/m8"),
    ROW(0F,  0xb7, ANY, R_RM,     R,   V,  2,   NONE,   LOAD,            MOVZX,    "MOVZX r, r/m16"),
    GATED(0F, F3, 0xb8, ANY, R_RM, R, V, V, NONE, COMBINE, Popcnt, POPCNT, POPCNT, "POPCNT r, r/m"),
    OP(0F, 0xba, 4, RM_U8, R, V, V, NONE, COMPARE, Bt, BT, "BT r/m, imm8"),
    OP(0F, 0xba, 5, RM_U8, RW, V, V, LOCK, MODIFY, Bts, BTS, "BTS r/m, imm8"),
    OP(0F, 0xba, 6, RM_U8, RW, V, V, LOCK, MODIFY, Btr, BTR, "BTR r/m, imm8"),
    OP(0F, 0xba, 7, RM_U8, RW, V, V, LOCK, MODIFY, Btc, BTC, "BTC r/m, imm8"),
    IMPLICIT(0F, 0xbb, ANY, RM_R, RW, V, V, LOCK, MODIFY, Btc, BITS, BTC, "BTC r/m, r"),
    GATED(0F, F3, 0xbc, ANY, R_RM, R, V, V, NONE, COMBINE, Tzcnt, BMI1, TZCNT, "TZCNT r, r/m"),
    OP(0F, 0xbc, ANY, R_RM, R, V, V, NONE, COMBINE, Bsf, BSF, "BSF r, r/m"),
    GATED(0F, F3, 0xbd, ANY, R_RM, R, V, V, NONE, COMBINE, Lzcnt, LZCNT, LZCNT, "LZCNT r, r/m"),
    OP(0F, 0xbd, ANY, R_RM, R, V, V, NONE, COMBINE, Bsr, BSR, "BSR r, r/m"),
    ROW(0F,  0xbe, ANY, R_RM,     R,   V,  1,   NONE,   LOADSIGNED,      MOVSX,    "MOVSX r, r/m8"),
    ROW(0F,  0xbf, ANY, R_RM,     R,   V,  2,   NONE,   LOADSIGNED,      MOVSX,    "MOVSX r, r/m16"),
    OP(0F, 0xc0, ANY, RM_R, RW, 1, 1, LOCK, EXCHANGE, Xadd, XADD, "XADD r/m8, r8"),
    OP(0F, 0xc1, ANY, RM_R, RW, V, V, LOCK, EXCHANGE, Xadd, XADD, "XADD r/m, r"),
    GATED(0F, NONE, 0xc3, ANY, RM_R, W, Y, Y, NONE, STORE, NONE, SSE2, MOVNTI, "MOVNTI m, r"),
    GATED_W(0F, NONE, 0xc7, 1, 0, RM, RW, 8, 8, LOCK, COMPAREEXCHANGEPAIR, NONE, CX8, CMPXCHG8B, "CMPXCHG8B m64"),
    GATED_W(0F, NONE, 0xc7, 1, 1, RM, RW, 16, 16, LOCK, COMPAREEXCHANGEPAIR, NONE, CX16, CMPXCHG16B, "CMPXCHG16B m128"),

    /* Map 0F38. */
    GATED(0F38, F2, 0xf0, ANY, R_RM, R, Y, 1, NONE, COMBINE, Crc32, SSE42, CRC32, "CRC32 r, r/m8"),
    GATED(0F38, ANY, 0xf0, ANY, R_RM, R, V, V, NONE, LOADREVERSED, NONE, MOVBE, MOVBE, "MOVBE r, m"),
    GATED(0F38, F2, 0xf1, ANY, R_RM, R, Y, V, NONE, COMBINE, Crc32, SSE42, CRC32, "CRC32 r, r/m"),
    GATED(0F38, ANY, 0xf1, ANY, RM_R, W, V, V, NONE, STOREREVERSED, NONE, MOVBE, MOVBE, "MOVBE m, r"),
    GATED(0F38, 66, 0xf6, ANY, R_RM, R, Y, Y, NONE, COMBINE, Adcx, ADX, ADCX, "ADCX r, r/m"),
    GATED(0F38, F3, 0xf6, ANY, R_RM, R, Y, Y, NONE, COMBINE, Adox, ADX, ADOX, "ADOX r, r/m"),

    /* Map 0F3A. */

    /* VEX. */
    VEX(0F38, NONE, 0xf2, ANY, R_V_RM, NONE, VEX,         Andn,   BMI1, ANDN,   "ANDN r, r, r/m"),
    VEX(0F38, NONE, 0xf3, 1,   V_RM,   NONE, VEXSINGLE,   Blsr,   BMI1, BLSR,   "BLSR r, r/m"),
    VEX(0F38, NONE, 0xf3, 2,   V_RM,   NONE, VEXSINGLE,   Blsmsk, BMI1, BLSMSK, "BLSMSK r, r/m"),
    VEX(0F38, NONE, 0xf3, 3,   V_RM,   NONE, VEXSINGLE,   Blsi,   BMI1, BLSI,   "BLSI r, r/m"),
    VEX(0F38, NONE, 0xf5, ANY, R_RM_V, NONE, VEXREVERSED, Bzhi,   BMI2, BZHI,   "BZHI r, r/m, r"),
    VEX(0F38, F3,   0xf5, ANY, R_V_RM, NONE, VEX,         Pext,   BMI2, PEXT,   "PEXT r, r, r/m"),
    VEX(0F38, F2,   0xf5, ANY, R_V_RM, NONE, VEX,         Pdep,   BMI2, PDEP,   "PDEP r, r, r/m"),
    VEX(0F38, F2,   0xf6, ANY, R_V_RM, NONE, VEXMULTIPLY, Mulx,   BMI2, MULX,   "MULX r, r, r/m"),
    VEX(0F38, NONE, 0xf7, ANY, R_RM_V, NONE, VEXREVERSED, Bextr,  BMI1, BEXTR,  "BEXTR r, r/m, r"),
    VEX(0F38, 66,   0xf7, ANY, R_RM_V, NONE, VEXREVERSED, Shlx,   BMI2, SHLX,   "SHLX r, r/m, r"),
    VEX(0F38, F3,   0xf7, ANY, R_RM_V, NONE, VEXREVERSED, Sarx,   BMI2, SARX,   "SARX r, r/m, r"),
    VEX(0F38, F2,   0xf7, ANY, R_RM_V, NONE, VEXREVERSED, Shrx,   BMI2, SHRX,   "SHRX r, r/m, r"),
    VEX(0F3A, F2,   0xf0, ANY, R_RM_I8, KEEP, VEXROTATE,  Ror,    BMI2, RORX,   "RORX r, r/m, imm8"),

    /* EVEX. */

    /* Vectors, x87: a part of its own, sorted likewise. */
#define VECTOR_ROW(Space, Pp, Map, Opcode, Extension, W_, L_, Vreg, Mask, Target, Size, Element, Spans, Flags, Semantic, \
                   Feature, Vote, Name)                                                                                \
  {COMMON(RawSpace##Space, RawMap##Map, RAW_##Pp, 0x##Opcode, Extension, W_, L_, OpcodeFormR_RM, ROLE_##Semantic,      \
          SIZE_##Size, SIZE_##Size, OpcodeFlagNONE, OpcodeSemantic##Semantic, 0, Name),                                \
   .tuple = TUPLE_##Spans, .feature = OpcodeFeature##Feature, .vote = VOTE_##Vote},
#include "arch/x86/vector_rows.h"
#undef VECTOR_ROW
};

const OpcodeVectorRow mutatorOpcodeVectors[] = {
#define VECTOR_ROW(space, pp, map, opcode, extension, w, l, vreg, mask, target, size, element, spans, flags, semantic, \
                   feature, vote, name)                                                                              \
  {OpcodeTarget##target, element, OpcodeSpans##spans, flags},
#include "arch/x86/vector_rows.h"
#undef VECTOR_ROW
};
/* clang-format on */

const unsigned mutatorOpcodeCount = sizeof mutatorOpcodeRows / sizeof mutatorOpcodeRows[0];
const unsigned mutatorOpcodeVectorFirst = sizeof mutatorOpcodeRows / sizeof mutatorOpcodeRows[0] -
                                          sizeof mutatorOpcodeVectors / sizeof mutatorOpcodeVectors[0];

/* The sort key: space, map, opcode. */
static unsigned keyOfRow(const OpcodeRow *row) {
  return (unsigned)row->space << 16 | (unsigned)row->map << 8 | row->opcode;
}

static unsigned keyOfRaw(const RawStruct *raw) {
  return (unsigned)raw->space << 16 | (unsigned)raw->map << 8 | raw->opcode;
}

/* PartStruct -- a sorted stretch of the table */
typedef struct PartStruct {
  unsigned first, limit;
} PartStruct;

static PartStruct integerPart(void) {
  const PartStruct part = {0, mutatorOpcodeVectorFirst};
  return part;
}

static PartStruct vectorPart(void) {
  const PartStruct part = {mutatorOpcodeVectorFirst, mutatorOpcodeCount};
  return part;
}

/* The first row of the part whose key is not below the instruction's. */
static unsigned firstRow(PartStruct part, unsigned key) {
  unsigned low = part.first, high = part.limit;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (keyOfRow(&mutatorOpcodeRows[middle]) < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static MutatorBool rowHasKey(PartStruct part, unsigned index, unsigned key) {
  return index < part.limit && keyOfRow(&mutatorOpcodeRows[index]) == key;
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

static unsigned findIn(PartStruct part, const RawStruct *raw, unsigned reg) {
  unsigned key = keyOfRaw(raw);
  unsigned index;
  for (index = firstRow(part, key); rowHasKey(part, index, key); index++)
    if (rowMatches(&mutatorOpcodeRows[index], raw, reg))
      return index;
  return mutatorOpcodeCount;
}

unsigned mutatorOpcodeFind(const RawStruct *raw, unsigned reg) {
  unsigned index = findIn(integerPart(), raw, reg);
  return index != mutatorOpcodeCount ? index : findIn(vectorPart(), raw, reg);
}

static MutatorBool knownIn(PartStruct part, unsigned key) { return rowHasKey(part, firstRow(part, key), key); }

MutatorBool mutatorOpcodeKnown(const RawStruct *raw) {
  unsigned key = keyOfRaw(raw);
  return knownIn(integerPart(), key) || knownIn(vectorPart(), key);
}

/* All rows of an opcode agree on what follows it. */
static unsigned formOf(const RawStruct *raw) {
  unsigned key = keyOfRaw(raw);
  unsigned index = firstRow(integerPart(), key);
  if (rowHasKey(integerPart(), index, key))
    return mutatorOpcodeRows[index].form;
  return knownIn(vectorPart(), key) ? OpcodeFormR_RM : OpcodeFormNONE;
}

MutatorBool mutatorOpcodeOffset(const RawStruct *raw) {
  unsigned form = formOf(raw);
  return form == OpcodeFormA_OFFSET || form == OpcodeFormOFFSET_A;
}

MutatorBool mutatorOpcodeModRM(const RawStruct *raw) {
  unsigned form = formOf(raw);
  return form != OpcodeFormA_OFFSET && form != OpcodeFormOFFSET_A && (form < OpcodeFormO || form > OpcodeFormA_MEM);
}
