/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/raw.h -- an instruction's bytes taken apart, before anybody asks what it does
 */

#ifndef mutator_arch_x86_raw_h
#define mutator_arch_x86_raw_h

#include "arch/x86/registers.h"

/* True in a build for 64-bit mode; a constant, not a branch of the port. */
enum { RawMode64 = sizeof(MutatorWord) == 8 };

enum { RawNONE = 0xff }; /* no such register or segment */

typedef enum RawSpace { RawSpaceLEGACY = 0, RawSpaceVEX = 1, RawSpaceEVEX = 2 } RawSpace;

/* Opcode maps, numbered as VEX.mmmmm does (Intel SDM volume 2, section 2.3.5). */
typedef enum RawMap { RawMapONE = 0, RawMap0F = 1, RawMap0F38 = 2, RawMap0F3A = 3 } RawMap;

/* Mandatory prefixes, numbered as VEX.pp does. */
typedef enum RawPrefix { RawPrefixNONE = 0, RawPrefix66 = 1, RawPrefixF3 = 2, RawPrefixF2 = 3 } RawPrefix;

enum { RawPrefixANY = 0xff }; /* of a row: whichever there is */

typedef struct RawStruct {
  const unsigned char *bytes;
  size_t count; /* of them, at most 15 */
  size_t at;    /* how many have been understood */
  /* legacy prefixes */
  unsigned char segment;  /* last segment override (in 64-bit mode, of FS and GS), or RawNONE */
  unsigned char segments; /* how many there were */
  unsigned char operand;  /* 66 was there */
  unsigned char address;  /* 67 was there */
  unsigned char repeat;   /* the last of F2 and F3, or 0 */
  unsigned char repeats;  /* how many there were */
  unsigned char lock;     /* F0 was there */
  unsigned char rex;      /* 40 to 4F, or 0 */
  /* opcode */
  unsigned char space; /* RawSpace */
  unsigned char map;   /* RawMap */
  unsigned char opcode;
  unsigned char pp;                        /* RawPrefix; of a legacy encoding, the last of F2 and F3, else 66 */
  unsigned char w;                         /* REX.W, VEX.W, EVEX.W */
  unsigned char length;                    /* vector length: 0 = 128, 1 = 256, 2 = 512 bits */
  unsigned char vreg;                      /* VEX.vvvv, EVEX.V'vvvv: register number */
  unsigned char mask;                      /* EVEX.aaa */
  unsigned char zeroing, broadcast;        /* EVEX.z, EVEX.b */
  unsigned char extendR, extendX, extendB; /* 0 or 8; EVEX.R' adds 16 to extendR */
  /* operands */
  unsigned char mod, reg, rm;      /* reg and rm with their extensions */
  unsigned char base, index;       /* register number, RawNONE, or MutatorRegisterPC */
  unsigned char scale;             /* shift of the index */
  unsigned char addressSize;       /* bytes */
  unsigned char shortDisplacement; /* the displacement has 8 bits (EVEX scales it) */
  int64_t displacement;
  int64_t immediate;
} RawStruct, *Raw;

/* mutatorRawOpcode -- read prefixes and opcode
 *
 * Returns  NONE; TRUNCATED (out of bytes); PREFIX (an order or combination
 *          that is not proven)
 */
MutatorDecline mutatorRawOpcode(Raw raw, const unsigned char *bytes, size_t count);

/* mutatorRawModRM -- then read ModR/M, SIB and displacement; NONE or TRUNCATED */
MutatorDecline mutatorRawModRM(Raw raw);

/* mutatorRawOffset -- or read an absolute address of the address size (A0 to A3) */
MutatorDecline mutatorRawOffset(Raw raw);

/* mutatorRawImmediate -- then read a sign-extended immediate of `size` bytes: 0, 1, 2, 4 or 8 */
MutatorDecline mutatorRawImmediate(Raw raw, size_t size);

#endif
