/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arbitrary.c -- random bytes, what the table does not list included
 */

#include "differential.h"

#include <string.h>

static void putPrefixes(unsigned char *bytes, size_t *at, Random random) {
  static const unsigned char prefixes[] = {0x66, 0x67, 0x64, 0x65, 0x26, 0x2e, 0x36, 0x3e, 0xf2, 0xf3, 0xf0};
  size_t count = randomOneIn(random, 2) ? 0 : randomBelow(random, 4);
  while (count-- > 0)
    bytes[(*at)++] = prefixes[randomBelow(random, sizeof prefixes)];
  if (RawMode64 && randomOneIn(random, 3))
    bytes[(*at)++] = (unsigned char)(0x40 | randomBelow(random, 16));
}

/* An opcode of a row, so that every prefix meets every row; of some row with another
 * ModR/M.reg; or any opcode of any map. */
static void putOpcode(unsigned char *bytes, size_t *at, Random random) {
  const OpcodeRow *row = &mutatorOpcodeRows[randomBelow(random, mutatorOpcodeCount)];
  switch (randomBelow(random, 8)) {
  case 0:
  case 1:
  case 2:
    if (row->map != RawMapONE)
      bytes[(*at)++] = 0x0f;
    bytes[(*at)++] = row->opcode;
    break;
  case 3: bytes[(*at)++] = 0x0f; break;
  case 4:
    bytes[(*at)++] = 0x0f;
    bytes[(*at)++] = randomOneIn(random, 2) ? 0x38 : 0x3a;
    break;
  case 5: bytes[(*at)++] = randomOneIn(random, 2) ? 0xc5 : 0xc4; break;
  case 6: bytes[(*at)++] = 0x62; break;
  default: break;
  }
}

void arbitraryMake(Case theCase, Random random) {
  size_t at = 0;
  memset(theCase, 0, sizeof *theCase);
  theCase->combination = -1;
  theCase->seed = randomNext(random);
  putPrefixes(theCase->bytes, &at, random);
  putOpcode(theCase->bytes, &at, random);
  while (at < sizeof theCase->bytes)
    theCase->bytes[at++] = (unsigned char)randomNext(random);
  theCase->length = sizeof theCase->bytes;
}

/* excuses --------------------------------------------------------------------- */

/* PrefixesStruct -- what stands before the opcode */
typedef struct PrefixesStruct {
  unsigned operand, address, segments, repeats, locks;
  MutatorBool rexMisplaced;
} PrefixesStruct;

static PrefixesStruct prefixesOf(const CaseStruct *theCase) {
  PrefixesStruct prefixes = {0, 0, 0, 0, 0, 0};
  unsigned i, count = theCase->instruction.raw.prefix_count;
  for (i = 0; i < count; ++i)
    switch (theCase->bytes[i]) {
    case 0x66: ++prefixes.operand; break;
    case 0x67: ++prefixes.address; break;
    case 0xf0: ++prefixes.locks; break;
    case 0xf2:
    case 0xf3: ++prefixes.repeats; break;
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65: ++prefixes.segments; break;
    default:
      if (i + 1 != count)
        prefixes.rexMisplaced = 1;
      break;
    }
  return prefixes;
}

/* Refused until proven, says the design; everything else is to be stepped. */
const char *arbitraryExcuse(const CaseStruct *theCase) {
  const PrefixesStruct prefixes = prefixesOf(theCase);
  const ZydisDecodedInstruction *instruction = &theCase->instruction;
  const MutatorBool wide = (instruction->attributes & ZYDIS_ATTRIB_HAS_REX) != 0 && instruction->raw.rex.W != 0;
  if (prefixes.repeats != 0)
    return "F2 or F3 (XACQUIRE, XRELEASE or nothing) on an integer instruction";
  if (prefixes.locks != 0)
    return "LOCK, which these do not take";
  if (prefixes.segments > 1)
    return "more than one segment prefix";
  if (!RawMode64 && theCase->operand.mem.segment == ZYDIS_REGISTER_CS && (theCase->access & MutatorAccessWRITE) != 0)
    return "a store to the code segment, which the CPU refuses";
  if (prefixes.rexMisplaced)
    return "REX before a legacy prefix, or two of them";
  if (prefixes.operand != 0 && wide)
    return "66 with REX.W, where it is redundant";
  if (instruction->mnemonic == ZYDIS_MNEMONIC_MOVSXD && !wide)
    return "MOVSXD without REX.W";
  if (instruction->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && instruction->opcode == 0x82)
    return "82, another encoding of 80 in 32-bit mode";
  if (instruction->mnemonic == ZYDIS_MNEMONIC_TEST && instruction->opcode >= 0xf6 && instruction->raw.modrm.reg == 1)
    return "TEST by its undocumented encoding, F6 /1 and F7 /1";
  return NULL;
}
