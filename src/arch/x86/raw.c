/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/raw.c -- take an instruction's bytes apart
 *
 * .source.sdm: Intel 64 and IA-32 Architectures Software Developer's Manual,
 * volume 2, chapter 2.
 */

#include "arch/x86/raw.h"

#include <string.h>

static MutatorBool take(Raw raw, unsigned char *byteReturn) {
  if (raw->at >= raw->count)
    return 0;
  *byteReturn = raw->bytes[raw->at++];
  return 1;
}

static MutatorBool takeSigned(Raw raw, size_t size, int64_t *valueReturn) {
  uint64_t value = 0;
  size_t i;
  if (raw->count - raw->at < size)
    return 0;
  for (i = 0; i < size; i++)
    value |= (uint64_t)raw->bytes[raw->at++] << (8 * i);
  if (size > 0 && size < 8 && (value >> (8 * size - 1) & 1) != 0)
    value |= ~(uint64_t)0 << (8 * size);
  *valueReturn = (int64_t)value;
  return 1;
}

/* Group 2 prefixes in the order of their segments' numbers; FS and GS are 64 and 65. */
static unsigned segmentOf(unsigned char byte) {
  switch (byte) {
  case 0x26: return MachineSegmentES;
  case 0x2e: return MachineSegmentCS;
  case 0x36: return MachineSegmentSS;
  case 0x3e: return MachineSegmentDS;
  case 0x64: return MachineSegmentFS;
  case 0x65: return MachineSegmentGS;
  default: return RawNONE;
  }
}

/* Note a legacy prefix; false when the byte is not one (.source.sdm 2.1.1).  In
 * 64-bit mode ES, CS, SS and DS are ignored: they do not take FS or GS back. */
static MutatorBool notePrefix(Raw raw, unsigned char byte) {
  unsigned segment = segmentOf(byte);
  if (segment != RawNONE) {
    if (!RawMode64 || segment == MachineSegmentFS || segment == MachineSegmentGS)
      raw->segment = (unsigned char)segment;
    raw->segments++;
    return 1;
  }
  switch (byte) {
  case 0x66: raw->operand = 1; return 1;
  case 0x67: raw->address = 1; return 1;
  case 0xf0: raw->lock = 1; return 1;
  case 0xf2:
  case 0xf3:
    raw->repeat = byte;
    raw->repeats++;
    return 1;
  default: return 0;
  }
}

static MutatorBool isREX(unsigned char byte) { return RawMode64 && (byte & 0xf0) == 0x40; }

/* In 32-bit mode C4, C5 and 62 are LES, LDS and BOUND unless what would be
 * their ModR/M names a register (.source.sdm 2.3.5). */
static MutatorBool opensVector(const RawStruct *raw) {
  return RawMode64 || (raw->at < raw->count && raw->bytes[raw->at] >= 0xc0);
}

/* A prefix before VEX or EVEX that the encoding replaces is undefined (.source.sdm 2.3.2 to 2.3.4). */
static MutatorBool vectorPrefixed(const RawStruct *raw) {
  return raw->operand || raw->repeat != 0 || raw->lock || raw->rex != 0;
}

static unsigned char extension(unsigned byte, unsigned bit) {
  return RawMode64 && (byte >> bit & 1) == 0 ? 8 : 0; /* stored inverted */
}

static MutatorDecline takeVEX2(Raw raw) {
  unsigned char byte;
  if (!take(raw, &byte) || !take(raw, &raw->opcode))
    return MutatorDeclineTRUNCATED;
  raw->space = RawSpaceVEX;
  raw->map = RawMap0F;
  raw->extendR = extension(byte, 7);
  raw->vreg = (unsigned char)(~byte >> 3 & 15);
  raw->length = byte >> 2 & 1;
  raw->pp = byte & 3;
  return MutatorDeclineNONE;
}

static MutatorDecline takeVEX3(Raw raw) {
  unsigned char first, second;
  if (!take(raw, &first) || !take(raw, &second) || !take(raw, &raw->opcode))
    return MutatorDeclineTRUNCATED;
  raw->space = RawSpaceVEX;
  raw->map = first & 31;
  raw->extendR = extension(first, 7);
  raw->extendX = extension(first, 6);
  raw->extendB = extension(first, 5);
  raw->w = second >> 7;
  raw->vreg = (unsigned char)(~second >> 3 & 15);
  raw->length = second >> 2 & 1;
  raw->pp = second & 3;
  return MutatorDeclineNONE;
}

/* EVEX: P0 is R X B R' 0 mmm, P1 W vvvv 1 pp, P2 z L'L b V' aaa (.source.sdm 2.7.1). */
static MutatorDecline takeEVEX(Raw raw) {
  unsigned char p[3];
  if (!take(raw, &p[0]) || !take(raw, &p[1]) || !take(raw, &p[2]) || !take(raw, &raw->opcode))
    return MutatorDeclineTRUNCATED;
  if ((p[0] & 8) != 0 || (p[1] & 4) == 0)
    return MutatorDeclineOPCODE;
  raw->space = RawSpaceEVEX;
  raw->map = p[0] & 7;
  raw->extendR = (unsigned char)(extension(p[0], 7) + 2 * extension(p[0], 4));
  raw->extendX = extension(p[0], 6);
  raw->extendB = extension(p[0], 5);
  raw->w = p[1] >> 7;
  raw->vreg = (unsigned char)((~p[1] >> 3 & 15) | ((~p[2] & 8) << 1));
  raw->pp = p[1] & 3;
  raw->length = p[2] >> 5 & 3;
  raw->zeroing = p[2] >> 7;
  raw->broadcast = p[2] >> 4 & 1;
  raw->mask = p[2] & 7;
  return MutatorDeclineNONE;
}

static MutatorDecline takeVector(Raw raw, unsigned char first) {
  if (vectorPrefixed(raw))
    return MutatorDeclinePREFIX;
  switch (first) {
  case 0xc5: return takeVEX2(raw);
  case 0xc4: return takeVEX3(raw);
  default: return takeEVEX(raw);
  }
}

/* Mandatory prefixes of legacy encodings: F2 and F3 go before 66 (.source.sdm 2.1.2). */
static unsigned char prefixOf(const RawStruct *raw) {
  if (raw->repeat != 0)
    return raw->repeat == 0xf3 ? RawPrefixF3 : RawPrefixF2;
  return raw->operand ? RawPrefix66 : RawPrefixNONE;
}

static void noteREX(Raw raw) {
  raw->w = raw->rex >> 3 & 1;
  raw->extendR = (raw->rex & 4) != 0 ? 8 : 0;
  raw->extendX = (raw->rex & 2) != 0 ? 8 : 0;
  raw->extendB = (raw->rex & 1) != 0 ? 8 : 0;
}

static MutatorDecline takeEscaped(Raw raw) {
  raw->map = RawMap0F;
  if (!take(raw, &raw->opcode))
    return MutatorDeclineTRUNCATED;
  if (raw->opcode != 0x38 && raw->opcode != 0x3a)
    return MutatorDeclineNONE;
  raw->map = raw->opcode == 0x38 ? RawMap0F38 : RawMap0F3A;
  return take(raw, &raw->opcode) ? MutatorDeclineNONE : MutatorDeclineTRUNCATED;
}

/* A REX that is not the last prefix is ignored by the CPU, and compilers do
 * not emit it: declined (.source.sdm 2.2.1). */
static MutatorDecline takePrefixes(Raw raw, unsigned char *opcodeReturn) {
  unsigned char byte;
  for (;;) {
    if (!take(raw, &byte))
      return MutatorDeclineTRUNCATED;
    if (isREX(byte) && raw->rex == 0) {
      raw->rex = byte;
    } else if (isREX(byte)) {
      return MutatorDeclinePREFIX;
    } else if (notePrefix(raw, byte)) {
      if (raw->rex != 0)
        return MutatorDeclinePREFIX;
    } else {
      *opcodeReturn = byte;
      return MutatorDeclineNONE;
    }
  }
}

MutatorDecline mutatorRawOpcode(Raw raw, const unsigned char *bytes, size_t count) {
  unsigned char first = 0;
  MutatorDecline decline;
  memset(raw, 0, sizeof *raw);
  raw->bytes = bytes;
  raw->count = count < 15 ? count : 15; /* a longer one is a fault (.source.sdm 2.3.11) */
  raw->segment = raw->base = raw->index = RawNONE;
  decline = takePrefixes(raw, &first);
  if (decline != MutatorDeclineNONE)
    return decline;
  raw->addressSize = (unsigned char)(RawMode64 ? (raw->address ? 4 : 8) : (raw->address ? 2 : 4));
  noteREX(raw);
  raw->pp = prefixOf(raw);
  if ((first == 0xc4 || first == 0xc5 || first == 0x62) && opensVector(raw))
    return takeVector(raw, first);
  if (first == 0x0f)
    return takeEscaped(raw);
  raw->opcode = first;
  return MutatorDeclineNONE;
}

static MutatorDecline takeDisplacement(Raw raw, size_t size) {
  raw->shortDisplacement = size == 1;
  return takeSigned(raw, size, &raw->displacement) ? MutatorDeclineNONE : MutatorDeclineTRUNCATED;
}

/* Table 2-3: index 100 without REX.X is none; base 101 with mod 00 is a 32-bit displacement alone. */
static MutatorDecline takeSIB(Raw raw, size_t displacementSize) {
  unsigned char sib;
  if (!take(raw, &sib))
    return MutatorDeclineTRUNCATED;
  raw->scale = sib >> 6;
  raw->index = (unsigned char)((sib >> 3 & 7) | raw->extendX);
  if (raw->index == 4)
    raw->index = RawNONE;
  if ((sib & 7) == 5 && raw->mod == 0)
    return takeDisplacement(raw, 4);
  raw->base = (unsigned char)((sib & 7) | raw->extendB);
  return takeDisplacement(raw, displacementSize);
}

/* Table 2-1: 16-bit addresses have a base and an index by the r/m field alone. */
static MutatorDecline take16(Raw raw) {
  enum { BX = 3, BP = 5, SI = 6, DI = 7 };
  static const unsigned char bases[] = {BX, BX, BP, BP, SI, DI, BP, BX};
  static const unsigned char indexes[] = {SI, DI, SI, DI, RawNONE, RawNONE, RawNONE, RawNONE};
  if (raw->mod == 0 && raw->rm == 6)
    return takeDisplacement(raw, 2);
  raw->base = bases[raw->rm];
  raw->index = indexes[raw->rm];
  return takeDisplacement(raw, raw->mod);
}

MutatorDecline mutatorRawModRM(Raw raw) {
  static const unsigned char displacementSizes[] = {0, 1, 4};
  unsigned char modrm;
  if (!take(raw, &modrm))
    return MutatorDeclineTRUNCATED;
  raw->mod = modrm >> 6;
  raw->reg = (unsigned char)((modrm >> 3 & 7) | raw->extendR);
  raw->rm = (unsigned char)((modrm & 7) | raw->extendB);
  if (raw->mod == 3)
    return MutatorDeclineNONE;
  if (raw->addressSize == 2)
    return take16(raw);
  if ((modrm & 7) == 4)
    return takeSIB(raw, displacementSizes[raw->mod]);
  if (raw->mod == 0 && (modrm & 7) == 5) {
    /* Table 2-7: relative to the next instruction in 64-bit mode, absolute otherwise. */
    raw->base = RawMode64 ? MutatorRegisterPC : RawNONE;
    return takeDisplacement(raw, 4);
  }
  raw->base = raw->rm;
  return takeDisplacement(raw, displacementSizes[raw->mod]);
}

MutatorDecline mutatorRawOffset(Raw raw) {
  return takeSigned(raw, raw->addressSize, &raw->displacement) ? MutatorDeclineNONE : MutatorDeclineTRUNCATED;
}

MutatorDecline mutatorRawImmediate(Raw raw, size_t size) {
  return takeSigned(raw, size, &raw->immediate) ? MutatorDeclineNONE : MutatorDeclineTRUNCATED;
}
