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

/* VEX in three bytes, with what the row demands of it, mostly. */
static void putVEX(unsigned char *bytes, size_t *at, const OpcodeRow *row, Random random) {
  bytes[(*at)++] = 0xc4;
  bytes[(*at)++] = (unsigned char)((randomNext(random) & 0xe0) | row->map);
  bytes[(*at)++] = (unsigned char)((randomNext(random) & (randomOneIn(random, 4) ? 0xfc : 0xf8)) | row->pp);
}

static void putRow(unsigned char *bytes, size_t *at, const OpcodeRow *row, Random random) {
  static const unsigned char escapes[] = {0, 0, 0x38, 0x3a};
  if (row->space == RawSpaceVEX)
    putVEX(bytes, at, row, random);
  else if (row->map != RawMapONE)
    bytes[(*at)++] = 0x0f;
  if (row->space == RawSpaceLEGACY && row->map > RawMap0F)
    bytes[(*at)++] = escapes[row->map];
  bytes[(*at)++] = row->opcode;
}

/* An opcode of a row, so that every prefix meets every row; of some row with another
 * ModR/M.reg; or any opcode of any map. */
static void putOpcode(unsigned char *bytes, size_t *at, Random random) {
  const OpcodeRow *row = &mutatorOpcodeRows[randomBelow(random, mutatorOpcodeVectorFirst)];
  switch (randomBelow(random, 8)) {
  case 0:
  case 1:
  case 2: putRow(bytes, at, row, random); break;
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

static unsigned char anyByte(Random random) { return (unsigned char)randomNext(random); }

/* The row's mandatory prefix and map, and anything else in the vector prefix; seldom those of no row. */
static void putVectorPrefix(unsigned char *bytes, size_t *at, const OpcodeRow *row, Random random) {
  const unsigned map = randomOneIn(random, 32) ? (unsigned)randomBelow(random, 8) : row->map;
  const unsigned pp = randomOneIn(random, 16) ? (unsigned)randomBelow(random, 4) : row->pp;
  /* In 32-bit mode only these bits make it a vector prefix; few registers are unused ones. */
  const unsigned fixed = RawMode64 ? 0 : 0xc0, unused = randomOneIn(random, 2) ? 0x78 : 0;
  if (row->space == RawSpaceVEX) {
    bytes[(*at)++] = 0xc4;
    bytes[(*at)++] = (unsigned char)((anyByte(random) & 0xe0) | fixed | map);
    bytes[(*at)++] = (unsigned char)((anyByte(random) & 0xfc) | unused | pp);
    return;
  }
  bytes[(*at)++] = 0x62;
  bytes[(*at)++] = (unsigned char)((anyByte(random) & 0xf0) | fixed | map);
  bytes[(*at)++] = (unsigned char)((anyByte(random) & 0xfc) | unused | 4 | pp);
  bytes[(*at)++] = (unsigned char)(anyByte(random) | (unused != 0 ? 8 : 0));
}

static void putLegacyOpcode(unsigned char *bytes, size_t *at, const OpcodeRow *row, Random random) {
  static const unsigned char mandatory[] = {0, 0x66, 0xf3, 0xf2}, escapes[] = {0, 0, 0x38, 0x3a};
  if (mandatory[row->pp & 3] != 0)
    bytes[(*at)++] = mandatory[row->pp & 3];
  if (RawMode64 && randomOneIn(random, 2))
    bytes[(*at)++] = (unsigned char)(0x40 | randomBelow(random, 16));
  if (row->map != RawMapONE)
    bytes[(*at)++] = 0x0f;
  if (escapes[row->map & 3] != 0)
    bytes[(*at)++] = escapes[row->map & 3];
}

static void putVectorOpcode(unsigned char *bytes, size_t *at, Random random) {
  const unsigned count = mutatorOpcodeCount - mutatorOpcodeVectorFirst;
  const OpcodeRow *row = &mutatorOpcodeRows[mutatorOpcodeVectorFirst + randomBelow(random, count)];
  if (row->space == RawSpaceLEGACY)
    putLegacyOpcode(bytes, at, row, random);
  else
    putVectorPrefix(bytes, at, row, random);
  bytes[(*at)++] = row->opcode;
}

/* A segment or 67, which vector prefixes allow before them. */
static void putAddressPrefix(unsigned char *bytes, size_t *at, Random random) {
  static const unsigned char prefixes[] = {0x67, 0x64, 0x65, 0x3e};
  if (randomOneIn(random, 4))
    bytes[(*at)++] = prefixes[randomBelow(random, sizeof prefixes)];
}

void arbitraryMake(Case theCase, Random random) {
  size_t at = 0;
  memset(theCase, 0, sizeof *theCase);
  theCase->combination = -1;
  theCase->seed = randomNext(random);
  if (randomOneIn(random, 2)) {
    putPrefixes(theCase->bytes, &at, random);
    putOpcode(theCase->bytes, &at, random);
  } else {
    putAddressPrefix(theCase->bytes, &at, random);
    putVectorOpcode(theCase->bytes, &at, random);
  }
  while (at < sizeof theCase->bytes)
    theCase->bytes[at++] = (unsigned char)randomNext(random);
  theCase->length = sizeof theCase->bytes;
}

/* excuses --------------------------------------------------------------------- */

/* PrefixesStruct -- what stands before the opcode */
typedef struct PrefixesStruct {
  unsigned operand, address, segments, repeats, locks;
  MutatorBool rexMisplaced, repeatLast;
} PrefixesStruct;

static PrefixesStruct prefixesOf(const CaseStruct *theCase) {
  PrefixesStruct prefixes = {0, 0, 0, 0, 0, 0, 0};
  unsigned i, count = theCase->instruction.raw.prefix_count;
  for (i = 0; i < count; ++i) {
    if ((theCase->bytes[i] & 0xf0) != 0x40)
      prefixes.repeatLast = theCase->bytes[i] == 0xf2 || theCase->bytes[i] == 0xf3;
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
  }
  return prefixes;
}

/* LOCK on two cache lines, or on sixteen bytes that are not aligned. */
static MutatorBool isSplit(const CaseStruct *theCase) {
  const CaseAccessStruct *access = &theCase->accesses[0];
  const uint64_t line = access->size == 16 ? 16 : 64;
  return (theCase->locked || access->size == 16) &&
         access->address / line != (access->address + access->size - 1) / line;
}

/* F2 or F3 is part of the opcode. */
static MutatorBool demandsRepeat(const CaseStruct *theCase) {
  switch (theCase->instruction.mnemonic) {
  case ZYDIS_MNEMONIC_ADOX:
  case ZYDIS_MNEMONIC_CRC32:
  case ZYDIS_MNEMONIC_LZCNT:
  case ZYDIS_MNEMONIC_POPCNT:
  case ZYDIS_MNEMONIC_TZCNT: return 1;
  default: return 0;
  }
}

/* Whose operand no 66 makes shorter. */
static MutatorBool hasOneSize(const CaseStruct *theCase) {
  return theCase->instruction.mnemonic == ZYDIS_MNEMONIC_ADOX ||
         (theCase->instruction.mnemonic == ZYDIS_MNEMONIC_CRC32 && theCase->accesses[0].size == 1);
}

static MutatorBool takesStack(const CaseStruct *theCase) {
  unsigned i;
  for (i = 0; i < theCase->count; ++i)
    if ((int)i != theCase->named && theCase->memories[i].mem.base == ZYDIS_REGISTER_RSP)
      return 1;
  return theCase->instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE;
}

static const char *prefixExcuse(const CaseStruct *theCase, MutatorBool wide) {
  const PrefixesStruct prefixes = prefixesOf(theCase);
  const MutatorBool isString = theCase->instruction.meta.category == ZYDIS_CATEGORY_STRINGOP;
  if (prefixes.repeats > 1 || (prefixes.repeats != 0 && !isString && !demandsRepeat(theCase)))
    return "F2 or F3 (XACQUIRE, XRELEASE or nothing)";
  if (prefixes.segments > 1)
    return "more than one segment prefix";
  if (prefixes.rexMisplaced)
    return "REX before a legacy prefix, or two of them";
  if (prefixes.operand != 0 && wide && theCase->instruction.mnemonic != ZYDIS_MNEMONIC_ADCX)
    return "66 with REX.W, where it is redundant";
  if (prefixes.repeats != 0 && !isString && (!prefixes.repeatLast || (prefixes.operand != 0 && hasOneSize(theCase))))
    return "66, or another prefix after the F2 or F3 that the opcode demands";
  if (theCase->instruction.mnemonic == ZYDIS_MNEMONIC_ADCX &&
      prefixes.operand + prefixes.address + prefixes.segments > 1)
    return "another prefix after the 66 that the opcode demands";
  if (prefixes.address != 0 && wide && takesStack(theCase))
    return "67 with REX.W, where it is redundant";
  if (theCase->named < 0 && !isString && theCase->instruction.mnemonic != ZYDIS_MNEMONIC_XLAT &&
      prefixes.segments + prefixes.address != 0)
    return "67 or a segment prefix without an operand";
  return NULL;
}

/* In 32-bit mode CS has an operand that no one writes to. */
static MutatorBool writesCode(const CaseStruct *theCase) {
  unsigned i;
  for (i = 0; i < theCase->count; ++i)
    if (!RawMode64 && theCase->memories[i].mem.segment == ZYDIS_REGISTER_CS &&
        (theCase->accesses[i].access & MutatorAccessWRITE) != 0)
      return 1;
  return 0;
}

static const char *formExcuse(const CaseStruct *theCase, MutatorBool wide) {
  const ZydisDecodedInstruction *instruction = &theCase->instruction;
  if (writesCode(theCase))
    return "a store to the code segment, which the CPU refuses";
  if (!RawMode64 && instruction->encoding == ZYDIS_INSTRUCTION_ENCODING_VEX && instruction->raw.vex.vvvv < 8)
    return "VEX with a register that 32-bit mode has not";
  if (isSplit(theCase))
    return "a locked operand in two cache lines, or misaligned";
  if (instruction->mnemonic == ZYDIS_MNEMONIC_MOVSXD && !wide && prefixesOf(theCase).operand != 0)
    return "MOVSXD without REX.W and with 66";
  if (instruction->mnemonic == ZYDIS_MNEMONIC_TEST && instruction->opcode >= 0xf6 && instruction->raw.modrm.reg == 1)
    return "TEST by its undocumented encoding, F6 /1 and F7 /1";
  if (prefixesOf(theCase).operand != 0)
    switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_CALL:
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_LEAVE:
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_CMPXCHG8B:
    case ZYDIS_MNEMONIC_MOVNTI: return "66 where CPUs disagree about it";
    default: break;
    }
  if (theCase->named < 0 && (instruction->attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 && instruction->raw.modrm.mod == 3)
    return "CALL, PUSH or POP of a register by ModR/M";
  return NULL;
}

/* Refused until proven, says the design; everything else is to be stepped. */
const char *arbitraryExcuse(const CaseStruct *theCase) {
  const ZydisDecodedInstruction *instruction = &theCase->instruction;
  const MutatorBool wide = (instruction->attributes & ZYDIS_ATTRIB_HAS_REX) != 0 && instruction->raw.rex.W != 0;
  const char *excuse = prefixExcuse(theCase, wide);
  return excuse != NULL ? excuse : formExcuse(theCase, wide);
}
