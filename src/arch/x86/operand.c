/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/operand.c -- what any instruction's ModR/M operand names
 *
 * A general protection fault brings no address.  These tables are enough to
 * compute the operand of every instruction with a ModR/M byte (length.c), stepped or not,
 * and to know which operands the CPU wants aligned.
 *
 * .source.sdm: Intel SDM volume 2, appendix A (opcode maps); volume 1, section
 * 14.9 (alignment of legacy SSE, VEX and EVEX operands); volume 2, table
 * 2-34 (EVEX displacement scaling).
 */

#include "arch/x86/length.h"
#include "arch/x86/plan.h"

/* Where an operand must be aligned.  Sizes: bytes, or VECTOR. */
typedef struct AlignedRow {
  uint8_t spaces; /* bits 1 << RawSpace */
  uint8_t map;
  uint8_t prefixes;    /* bits 1 << RawPrefix */
  uint8_t first, last; /* opcodes */
  uint8_t extension;   /* ModR/M.reg, or OpcodeExtensionANY */
  uint8_t align;       /* bytes, or OpcodeSizeVECTOR */
} AlignedRow;

#define LEGACY (1 << RawSpaceLEGACY)
#define EVERY (1 << RawSpaceLEGACY | 1 << RawSpaceVEX | 1 << RawSpaceEVEX)
#define NP (1 << RawPrefixNONE)
#define P66 (1 << RawPrefix66)
#define ANY OpcodeExtensionANY

/* clang-format off */
static const AlignedRow alignedRows[] = {
    /* aligned moves, in every encoding */
    {EVERY, RawMap0F, NP | P66, 0x28, 0x29, ANY, OpcodeSizeVECTOR},  /* MOVAPS, MOVAPD */
    {EVERY, RawMap0F, NP | P66, 0x2b, 0x2b, ANY, OpcodeSizeVECTOR},  /* MOVNTPS, MOVNTPD */
    {EVERY, RawMap0F, P66, 0x6f, 0x6f, ANY, OpcodeSizeVECTOR},       /* MOVDQA, load */
    {EVERY, RawMap0F, P66, 0x7f, 0x7f, ANY, OpcodeSizeVECTOR},       /* MOVDQA, store */
    {EVERY, RawMap0F, P66, 0xe7, 0xe7, ANY, OpcodeSizeVECTOR},       /* MOVNTDQ */
    {EVERY, RawMap0F38, P66, 0x2a, 0x2a, ANY, OpcodeSizeVECTOR},     /* MOVNTDQA */
    /* packed arithmetic, in the legacy encoding only */
    {LEGACY, RawMap0F, NP | P66, 0x14, 0x15, ANY, 16},               /* UNPCKL, UNPCKH */
    {LEGACY, RawMap0F, NP | P66, 0x51, 0x59, ANY, 16},               /* SQRT to MUL */
    {LEGACY, RawMap0F, P66, 0x5a, 0x5a, ANY, 16},                    /* CVTPD2PS */
    {LEGACY, RawMap0F, NP | P66, 0x5b, 0x5f, ANY, 16},               /* CVTDQ2PS to MAX */
    {LEGACY, RawMap0F, P66, 0x60, 0x6d, ANY, 16},                    /* PUNPCK, PACK, PCMPGT */
    {LEGACY, RawMap0F, P66, 0x70, 0x70, ANY, 16},                    /* PSHUFD */
    {LEGACY, RawMap0F, P66, 0x74, 0x76, ANY, 16},                    /* PCMPEQ */
    {LEGACY, RawMap0F, NP | P66, 0xc6, 0xc6, ANY, 16},               /* SHUF */
    {LEGACY, RawMap0F, NP | P66, 0xc2, 0xc2, ANY, 16},               /* CMPPS, CMPPD */
    {LEGACY, RawMap0F, P66, 0xd0, 0xd5, ANY, 16},                    /* ADDSUB, PSRL, PADDQ, PMULLW */
    {LEGACY, RawMap0F, P66, 0xd8, 0xe5, ANY, 16},                    /* PSUBUS to PMULH */
    {LEGACY, RawMap0F, P66, 0xe8, 0xef, ANY, 16},                    /* PSUBS to PXOR */
    {LEGACY, RawMap0F, P66, 0xf1, 0xf6, ANY, 16},                    /* PSLL to PSADBW */
    {LEGACY, RawMap0F, P66, 0xf8, 0xfe, ANY, 16},                    /* PSUB, PADD */
    {LEGACY, RawMap0F38, P66, 0x00, 0x0b, ANY, 16},                  /* PSHUFB to PMULHRSW */
    {LEGACY, RawMap0F38, P66, 0x1c, 0x1e, ANY, 16},                  /* PABS */
    {LEGACY, RawMap0F, NP, 0xae, 0xae, 0, 16},                       /* FXSAVE */
    {LEGACY, RawMap0F, NP, 0xae, 0xae, 1, 16},                       /* FXRSTOR */
    {LEGACY, RawMap0F, NP, 0xae, 0xae, 4, 64},                       /* XSAVE */
    {LEGACY, RawMap0F, NP, 0xae, 0xae, 5, 64},                       /* XRSTOR */
};
/* clang-format on */

static MutatorBool alignedMatches(const AlignedRow *row, const RawStruct *raw) {
  return (row->spaces >> raw->space & 1) != 0 && row->map == raw->map && (row->prefixes >> raw->pp & 1) != 0 &&
         raw->opcode >= row->first && raw->opcode <= row->last &&
         (row->extension == ANY || row->extension == (raw->reg & 7));
}

/* CMPXCHG16B is 0F C7 /1 with REX.W: its operand has 16 bytes, CMPXCHG8B's need no alignment. */
static MutatorBool isCompareExchange16(const RawStruct *raw) {
  return raw->space == RawSpaceLEGACY && raw->map == RawMap0F && raw->opcode == 0xc7 && raw->w && (raw->reg & 7) == 1;
}

static size_t alignmentOf(const RawStruct *raw) {
  size_t i;
  for (i = 0; i < sizeof alignedRows / sizeof alignedRows[0]; i++)
    if (alignedMatches(&alignedRows[i], raw))
      return alignedRows[i].align == OpcodeSizeVECTOR ? (size_t)16 << raw->length : alignedRows[i].align;
  return isCompareExchange16(raw) ? 16 : 1;
}

/* 8F is POP only with /0: the others are AMD's XOP prefix, or undefined (AMD64 manual volume 3, section 1.2.5).
 * With a memory operand the vector length 3 is undefined (.source.sdm volume 2, section 2.7.10). */
static MutatorBool undefined(const RawStruct *raw) {
  if (raw->space == RawSpaceLEGACY)
    return raw->map == RawMapONE && raw->opcode == 0x8f && (raw->reg & 7) != 0;
  return raw->space == RawSpaceEVEX && raw->length == 3;
}

/* Eight-bit displacements of EVEX are in units of the operand; known here for
 * the aligned moves, whose operand is the whole vector. */
static MutatorBool scaleDisplacement(Raw raw, size_t align) {
  if (raw->space != RawSpaceEVEX || !raw->shortDisplacement)
    return 1;
  raw->displacement *= (int64_t)align;
  return align > 1;
}

/* Bytes after the operand, for RIP-relative ones: of the instructions above only these have an immediate. */
static size_t trailingBytes(const RawStruct *raw) {
  return raw->map == RawMap0F && (raw->opcode == 0x70 || raw->opcode == 0xc2 || raw->opcode == 0xc6) ? 1 : 0;
}

static void fillAddress(Plan plan, const RawStruct *raw) {
  mutatorPlanSetAddress(plan, raw);
  plan->length = (uint8_t)(raw->at + trailingBytes(raw));
}

MutatorBool mutatorArchOperand(const unsigned char *bytes, size_t count, Machine machine, MutatorWord *addressReturn,
                               size_t *alignReturn) {
  RawStruct raw;
  PlanStruct plan;
  if (mutatorRawOpcode(&raw, bytes, count) != MutatorDeclineNONE || !mutatorRawHasModRM(&raw) ||
      mutatorRawModRM(&raw) != MutatorDeclineNONE || raw.mod == 3 || undefined(&raw))
    return 0;
  *alignReturn = alignmentOf(&raw);
  if (!scaleDisplacement(&raw, *alignReturn))
    return 0;
  fillAddress(&plan, &raw);
  return mutatorPlanAddress(&plan, machine, addressReturn);
}
