/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/length.c -- how long any instruction is
 *
 * .source.sdm: Intel SDM volume 2, appendix A, tables: which opcodes
 * have a ModR/M byte, and which an immediate.
 */

#include "arch/x86/length.h"

#include "arch/arch.h"

typedef struct OpcodeSpan {
  unsigned char first, last;
  unsigned char what;
} OpcodeSpan;

/* What follows an opcode and its operand. */
enum {
  FollowNOTHING = 0,
  FollowBYTE,    /* one byte */
  FollowWORD,    /* two bytes */
  FollowOPERAND, /* four bytes, or two with a 66 prefix */
  FollowBRANCH,  /* likewise, and CPUs differ about the prefix */
  FollowWIDE,    /* FollowOPERAND, or eight bytes with REX.W */
  FollowADDRESS, /* an address */
  FollowENTER,   /* a word and a byte */
  FollowTEST3,   /* of F6 and F7: an immediate with /0 and /1 alone */
  FollowUNKNOWN
};

static const OpcodeSpan immediatesOne[] = {
    {0x04, 0x04, FollowBYTE},    {0x05, 0x05, FollowOPERAND}, {0x0c, 0x0c, FollowBYTE},    {0x0d, 0x0d, FollowOPERAND},
    {0x14, 0x14, FollowBYTE},    {0x15, 0x15, FollowOPERAND}, {0x1c, 0x1c, FollowBYTE},    {0x1d, 0x1d, FollowOPERAND},
    {0x24, 0x24, FollowBYTE},    {0x25, 0x25, FollowOPERAND}, {0x2c, 0x2c, FollowBYTE},    {0x2d, 0x2d, FollowOPERAND},
    {0x34, 0x34, FollowBYTE},    {0x35, 0x35, FollowOPERAND}, {0x3c, 0x3c, FollowBYTE},    {0x3d, 0x3d, FollowOPERAND},
    {0x68, 0x69, FollowOPERAND}, {0x6a, 0x6b, FollowBYTE},    {0x70, 0x7f, FollowBYTE},    {0x80, 0x80, FollowBYTE},
    {0x81, 0x81, FollowOPERAND}, {0x82, 0x83, FollowBYTE},    {0x9a, 0x9a, FollowUNKNOWN}, {0xa0, 0xa3, FollowADDRESS},
    {0xa8, 0xa8, FollowBYTE},    {0xa9, 0xa9, FollowOPERAND}, {0xb0, 0xb7, FollowBYTE},    {0xb8, 0xbf, FollowWIDE},
    {0xc0, 0xc1, FollowBYTE},    {0xc2, 0xc2, FollowWORD},    {0xc6, 0xc6, FollowBYTE},    {0xc7, 0xc7, FollowOPERAND},
    {0xc8, 0xc8, FollowENTER},   {0xca, 0xca, FollowWORD},    {0xcd, 0xcd, FollowBYTE},    {0xd4, 0xd5, FollowBYTE},
    {0xe0, 0xe7, FollowBYTE},    {0xe8, 0xe9, FollowBRANCH},  {0xea, 0xea, FollowUNKNOWN}, {0xeb, 0xeb, FollowBYTE},
    {0xf6, 0xf7, FollowTEST3},
};

/* In 64-bit mode these are undefined, or prefixes of CPUs to come. */
static const OpcodeSpan undefined64[] = {
    {0x06, 0x07, 1}, {0x0e, 0x0e, 1}, {0x16, 0x17, 1}, {0x1e, 0x1f, 1}, {0x27, 0x27, 1},
    {0x2f, 0x2f, 1}, {0x37, 0x37, 1}, {0x3f, 0x3f, 1}, {0x60, 0x62, 1}, {0x82, 0x82, 1},
    {0xc4, 0xc5, 1}, {0xce, 0xce, 1}, {0xd4, 0xd6, 1},
};

/* The maps 0F, VEX 0F and EVEX 0F. */
static const OpcodeSpan immediates0F[] = {
    {0x70, 0x73, FollowBYTE}, {0xa4, 0xa4, FollowBYTE}, {0xac, 0xac, FollowBYTE},   {0xba, 0xba, FollowBYTE},
    {0xc2, 0xc2, FollowBYTE}, {0xc4, 0xc6, FollowBYTE}, {0x80, 0x8f, FollowBRANCH},
};

/* Of the 0F map: 3DNow!, moves of control registers whose ModR/M means something else, SSE4A, VIA's. */
static const OpcodeSpan unknown0F[] = {
    {0x04, 0x04, 1}, {0x0a, 0x0a, 1}, {0x0c, 0x0c, 1}, {0x0e, 0x0f, 1}, {0x20, 0x27, 1},
    {0x36, 0x36, 1}, {0x39, 0x39, 1}, {0x3b, 0x3f, 1}, {0x78, 0x79, 1}, {0xa6, 0xa7, 1},
};

/* Opcodes of the one-byte map that are followed by ModR/M (table A-2). */
static const OpcodeSpan modrmOne[] = {
    {0x00, 0x03, 1}, {0x08, 0x0b, 1}, {0x10, 0x13, 1}, {0x18, 0x1b, 1}, {0x20, 0x23, 1}, {0x28, 0x2b, 1},
    {0x30, 0x33, 1}, {0x38, 0x3b, 1}, {0x62, 0x63, 1}, {0x69, 0x69, 1}, {0x6b, 0x6b, 1}, {0x80, 0x8f, 1},
    {0xc0, 0xc1, 1}, {0xc4, 0xc7, 1}, {0xd0, 0xd3, 1}, {0xd8, 0xdf, 1}, {0xf6, 0xf7, 1}, {0xfe, 0xff, 1},
};

/* And of the 0F map (table A-3). */
static const OpcodeSpan modrm0F[] = {
    {0x00, 0x03, 1}, {0x0d, 0x0d, 1}, {0x10, 0x2f, 1}, {0x40, 0x76, 1}, {0x78, 0x7f, 1},
    {0x90, 0x9f, 1}, {0xa3, 0xa5, 1}, {0xab, 0xaf, 1}, {0xb0, 0xc7, 1}, {0xd0, 0xff, 1},
};

static unsigned find(const OpcodeSpan *spans, size_t count, unsigned opcode) {
  size_t i;
  for (i = 0; i < count; i++)
    if (opcode >= spans[i].first && opcode <= spans[i].last)
      return spans[i].what;
  return 0;
}

#define FIND(spans, opcode) find(spans, sizeof(spans) / sizeof((spans)[0]), opcode)

MutatorBool mutatorRawHasModRM(const RawStruct *raw) {
  if (raw->space != RawSpaceLEGACY)
    return raw->map != RawMap0F || raw->opcode != 0x77; /* VZEROUPPER, VZEROALL */
  switch (raw->map) {
  case RawMapONE: return FIND(modrmOne, raw->opcode) != 0;
  case RawMap0F: return FIND(modrm0F, raw->opcode) != 0;
  default: return 1;
  }
}

/* Jumps by a mask register, which one CPU had, are where the legacy map has its jumps. */
static MutatorBool isKnownVector(const RawStruct *raw) {
  return raw->map >= RawMap0F38 ? raw->map <= RawMap0F3A : raw->map == RawMap0F && raw->opcode >> 4 != 8;
}

static MutatorBool isKnown(const RawStruct *raw) {
  if (raw->space != RawSpaceLEGACY)
    return isKnownVector(raw);
  if (raw->map == RawMapONE)
    return !RawMode64 || FIND(undefined64, raw->opcode) == 0;
  return raw->map != RawMap0F || FIND(unknown0F, raw->opcode) == 0;
}

static unsigned immediateOf(const RawStruct *raw) {
  switch (raw->map) {
  case RawMapONE: return FIND(immediatesOne, raw->opcode);
  case RawMap0F: return FIND(immediates0F, raw->opcode);
  case RawMap0F3A: return FollowBYTE;
  default: return FollowNOTHING;
  }
}

static size_t operandSize(const RawStruct *raw) { return raw->operand && !raw->w ? 2 : 4; }

/* Of F6 the immediate is a byte; of F7 an operand. */
static size_t testSize(const RawStruct *raw) {
  if ((raw->reg & 7) > 1)
    return 0;
  return raw->opcode == 0xf6 ? 1 : operandSize(raw);
}

/* Bytes, or ~0 when nobody knows. */
static size_t immediateSize(const RawStruct *raw) {
  switch (immediateOf(raw)) {
  case FollowNOTHING: return 0;
  case FollowBYTE: return 1;
  case FollowWORD: return 2;
  case FollowOPERAND: return operandSize(raw);
  case FollowBRANCH: return raw->operand ? ~(size_t)0 : 4;
  case FollowWIDE: return raw->w ? 8 : operandSize(raw);
  case FollowADDRESS: return raw->addressSize;
  case FollowENTER: return 3;
  case FollowTEST3: return testSize(raw);
  default: return ~(size_t)0;
  }
}

/* 8F with another field than /0 opens AMD's XOP encoding. */
static MutatorBool isXOP(const RawStruct *raw) {
  return raw->space == RawSpaceLEGACY && raw->map == RawMapONE && raw->opcode == 0x8f && (raw->reg & 7) != 0;
}

/* No immediate has three bytes: ENTER's is not looked at. */
static MutatorBool takeImmediate(Raw raw, size_t size) {
  if (size == ~(size_t)0 || raw->count - raw->at < size)
    return 0;
  if (size == 3) {
    raw->at += size;
    return 1;
  }
  return mutatorRawImmediate(raw, size) == MutatorDeclineNONE;
}

size_t mutatorRawWhole(Raw raw, const unsigned char *bytes, size_t count) {
  if (mutatorRawOpcode(raw, bytes, count) != MutatorDeclineNONE || !isKnown(raw))
    return 0;
  if (mutatorRawHasModRM(raw) && mutatorRawModRM(raw) != MutatorDeclineNONE)
    return 0;
  if (isXOP(raw) || !takeImmediate(raw, immediateSize(raw)))
    return 0;
  return raw->at;
}

size_t mutatorArchLength(const unsigned char *bytes, size_t count) {
  RawStruct raw;
  return mutatorRawWhole(&raw, bytes, count);
}
