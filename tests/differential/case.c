/* SPDX-License-Identifier: BSD-2-Clause
 *
 * case.c -- registers and memory that make an instruction hit the data pages
 *
 * Zydis says what the instruction names; whether it is right, the CPU says by
 * the address of the fault.
 */

#include "differential.h"

#include <stdio.h>
#include <string.h>

#include "arch/x86/registers.h"

/* FS's base lies below the low layout (main.c), so that 32-bit addresses reach it too. */
static const uint64_t dataBases[LayoutLIMIT] = {UINT64_C(0x40000000),
                                                RawMode64 ? UINT64_C(0x5a5a00000000) : UINT64_C(0xa5a00000)};
static const uint64_t codeBases[LayoutLIMIT] = {UINT64_C(0x48000000),
                                                RawMode64 ? UINT64_C(0x5a5a18000000) : UINT64_C(0xa8000000)};
static uint64_t segmentFS, segmentGS;
static MutatorBool hasFS, hasGS;

uint64_t caseDataBase(Layout layout) { return dataBases[layout]; }
uint64_t caseCodeBase(Layout layout) { return codeBases[layout]; }

void caseSegmentBases(const uint64_t *fs, const uint64_t *gs) {
  hasFS = fs != NULL;
  hasGS = gs != NULL;
  segmentFS = hasFS ? *fs : 0;
  segmentGS = hasGS ? *gs : 0;
}

MutatorBool caseReachable(MutatorBool fs, MutatorBool gs, uint64_t mask) {
  const uint64_t base = fs ? segmentFS : gs ? segmentGS : 0;
  unsigned layout;
  if ((fs && !hasFS) || (gs && !hasGS))
    return 0;
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    if (((MutatorWord)(dataBases[layout] - base) & ~mask) == 0)
      return 1;
  return 0;
}

/* Zydis ---------------------------------------------------------------------- */

static const ZydisDecoder *zydis(void) {
  static ZydisDecoder decoder;
  static MutatorBool ready;
  if (!ready)
    (void)ZydisDecoderInit(&decoder, RawMode64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                           RawMode64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  ready = 1;
  return &decoder;
}

static MutatorAccess accessOf(const ZydisDecodedOperand *operand) {
  MutatorAccess access = MutatorAccessNONE;
  if ((operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0)
    access |= MutatorAccessREAD;
  if ((operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0)
    access |= MutatorAccessWRITE;
  return access;
}

/* With mod 00, a SIB base of 101 is a displacement alone, whatever REX.B is (Intel
 * SDM volume 2, table 2-3).  Zydis 4.0.0 sees R13D there when the address has 32 bits. */
static void correctBase(Case theCase) {
  const ZydisDecodedInstruction *instruction = &theCase->instruction;
  if ((instruction->attributes & ZYDIS_ATTRIB_HAS_SIB) == 0 || instruction->raw.modrm.mod != 0 ||
      instruction->raw.sib.base != 5)
    return;
  theCase->operand.mem.base = ZYDIS_REGISTER_NONE;
  theCase->operand.mem.disp.value = instruction->raw.disp.value;
}

/* FS or GS, where the system keeps it for itself. */
static MutatorBool usesForeign(const CaseStruct *theCase) {
  const ZydisRegister segment = theCase->operand.mem.segment;
  return (segment == ZYDIS_REGISTER_FS && !hasFS) || (segment == ZYDIS_REGISTER_GS && !hasGS);
}

/* MOV to a segment register, LFS and the like: without its thread block the harness could not go on. */
static MutatorBool loadsSegment(const CaseStruct *theCase, const ZydisDecodedOperand *operands) {
  unsigned i;
  for (i = 0; i < theCase->instruction.operand_count; ++i)
    if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
        ZydisRegisterGetClass(operands[i].reg.value) == ZYDIS_REGCLASS_SEGMENT &&
        (operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0)
      return 1;
  return 0;
}

static CaseRefusal takeOperands(Case theCase, const ZydisDecodedOperand *operands) {
  unsigned i, memories = 0;
  memset(&theCase->other, 0, sizeof theCase->other);
  for (i = 0; i < theCase->instruction.operand_count; ++i) {
    const ZydisDecodedOperand *operand = &operands[i];
    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
      if (operand->mem.type == ZYDIS_MEMOP_TYPE_VSIB)
        return CaseRefusalVECTOR;
      if (operand->mem.type != ZYDIS_MEMOP_TYPE_MEM || operand->visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
        return CaseRefusalOPERANDS;
      theCase->operand = *operand;
      ++memories;
    } else if (theCase->other.type == ZYDIS_OPERAND_TYPE_UNUSED)
      theCase->other = *operand;
  }
  if (memories != 1 || theCase->operand.size == 0 || theCase->operand.size / 8 > DATA_PAGE)
    return CaseRefusalOPERANDS;
  correctBase(theCase);
  theCase->size = theCase->operand.size / 8;
  theCase->access = accessOf(&theCase->operand);
  return theCase->access == MutatorAccessNONE ? CaseRefusalOPERANDS : CaseRefusalNONE;
}

static CaseRefusal decode(Case theCase) {
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(zydis(), theCase->bytes, sizeof theCase->bytes, &theCase->instruction, operands)))
    return CaseRefusalINVALID;
  theCase->length = theCase->instruction.length;
  if ((theCase->instruction.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) != 0)
    return CaseRefusalPRIVILEGED;
  if (loadsSegment(theCase, operands))
    return CaseRefusalSEGMENT;
  return takeOperands(theCase, operands);
}

MutatorBool caseIsMove(const CaseStruct *theCase) {
  switch (theCase->instruction.mnemonic) {
  case ZYDIS_MNEMONIC_MOV:
  case ZYDIS_MNEMONIC_MOVZX:
  case ZYDIS_MNEMONIC_MOVSX:
  case ZYDIS_MNEMONIC_MOVSXD:
  case ZYDIS_MNEMONIC_CMP:
  case ZYDIS_MNEMONIC_TEST: break;
  default: return 0;
  }
  if (theCase->other.type != ZYDIS_OPERAND_TYPE_REGISTER)
    return theCase->other.type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
  switch (ZydisRegisterGetClass(theCase->other.reg.value)) {
  case ZYDIS_REGCLASS_GPR8:
  case ZYDIS_REGCLASS_GPR16:
  case ZYDIS_REGCLASS_GPR32:
  case ZYDIS_REGCLASS_GPR64: return 1;
  default: return 0;
  }
}

/* addresses ------------------------------------------------------------------ */

static unsigned addressBytes(const CaseStruct *theCase) { return theCase->instruction.address_width / 8u; }

static MutatorBool isInstructionPointer(ZydisRegister reg) {
  return reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP;
}

static uint64_t segmentBase(const CaseStruct *theCase) {
  switch (theCase->operand.mem.segment) {
  case ZYDIS_REGISTER_FS: return segmentFS;
  case ZYDIS_REGISTER_GS: return segmentGS;
  default: return 0;
  }
}

/* Do the bytes alone say where the operand is, within 2 GiB of zero, or of FS's base? */
static MutatorBool needsLow(const CaseStruct *theCase) {
  const ZydisDecodedOperandMem *mem = &theCase->operand.mem;
  if (addressBytes(theCase) < sizeof(MutatorWord))
    return 1;
  if (!RawMode64)
    return 0;
  if (isInstructionPointer(mem->base))
    return segmentBase(theCase) != 0;
  return mem->base == ZYDIS_REGISTER_NONE && mem->index == ZYDIS_REGISTER_NONE &&
         theCase->instruction.raw.disp.size < 64;
}

/* The number of the general register that it is part of. */
static unsigned numberOf(ZydisRegister reg) {
  ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  return (unsigned)(full - ZYDIS_REGISTER_RAX);
}

/* The bits that count of an address or of a part of one. */
static uint64_t addressMask(const CaseStruct *theCase) { return ~UINT64_C(0) >> (64 - 8 * addressBytes(theCase)); }

/* The upper bits of a register in a shorter address are ignored: let them be anything. */
static void setRegister(Case theCase, ZydisRegister reg, uint64_t value) {
  uint64_t *gpr = &theCase->gpr[numberOf(reg)];
  *gpr = (*gpr & ~addressMask(theCase)) | (value & addressMask(theCase));
}

static uint64_t getRegister(const CaseStruct *theCase, ZydisRegister reg) {
  return theCase->gpr[numberOf(reg)] & addressMask(theCase);
}

/* Write a displacement, or an absolute address, into the bytes. */
static MutatorBool patch(Case theCase, uint64_t value) {
  unsigned size = theCase->instruction.raw.disp.size / 8u;
  unsigned offset = theCase->instruction.raw.disp.offset;
  if (size == 0 || (size == 4 && addressBytes(theCase) == 8 && (uint64_t)(int64_t)(int32_t)value != value))
    return 0;
  memcpy(theCase->bytes + offset, &value, size);
  return decode(theCase) == CaseRefusalNONE;
}

static MutatorBool solveBase(Case theCase, uint64_t want, Random random) {
  const ZydisDecodedOperandMem *mem = &theCase->operand.mem;
  uint64_t rest = want - (uint64_t)mem->disp.value;
  if (mem->index == mem->base) {
    setRegister(theCase, mem->base, (rest & addressMask(theCase)) / (1u + mem->scale));
    return 1;
  }
  if (mem->index != ZYDIS_REGISTER_NONE) {
    setRegister(theCase, mem->index,
                numberOf(mem->base) == MutatorRegisterSP ? randomNext(random) >> 24 : randomWord(random));
    rest -= getRegister(theCase, mem->index) * mem->scale;
  }
  setRegister(theCase, mem->base, rest);
  return 1;
}

static MutatorBool solveIndex(Case theCase, uint64_t want, Random random) {
  const ZydisDecodedOperandMem *mem = &theCase->operand.mem;
  int64_t guess = (int32_t)randomNext(random) / 2;
  setRegister(theCase, mem->index, (want - (uint64_t)guess) / mem->scale);
  return patch(theCase, want - getRegister(theCase, mem->index) * mem->scale);
}

/* Choose registers and displacement so that the operand is at `target` or a few bytes below. */
static MutatorBool solve(Case theCase, uint64_t target, Random random) {
  const ZydisDecodedOperandMem *mem = &theCase->operand.mem;
  uint64_t want = (MutatorWord)(target - segmentBase(theCase));
  if ((want & ~addressMask(theCase)) != 0)
    return 0;
  if (isInstructionPointer(mem->base))
    return patch(theCase, want - (theCase->pc + theCase->length));
  if (mem->base != ZYDIS_REGISTER_NONE)
    return solveBase(theCase, want, random);
  if (mem->index != ZYDIS_REGISTER_NONE)
    return solveIndex(theCase, want, random);
  return patch(theCase, want);
}

static uint64_t effectiveAddress(const CaseStruct *theCase) {
  const ZydisDecodedOperandMem *mem = &theCase->operand.mem;
  uint64_t address = (uint64_t)mem->disp.value;
  if (isInstructionPointer(mem->base))
    address += theCase->pc + theCase->length;
  else if (mem->base != ZYDIS_REGISTER_NONE)
    address += getRegister(theCase, mem->base);
  if (mem->index != ZYDIS_REGISTER_NONE)
    address += getRegister(theCase, mem->index) * mem->scale;
  return (MutatorWord)((address & addressMask(theCase)) + segmentBase(theCase));
}

/* targets -------------------------------------------------------------------- */

/* Operands at the pages' edges, across the middle, and anywhere; from the lowest
 * offset that a protection allows to fault. */
static size_t chooseOffset(const CaseStruct *theCase, Random random) {
  size_t last = DATA_SIZE - theCase->size, offset;
  switch (randomBelow(random, 8)) {
  case 0: return 0;
  case 1: return last;
  case 2: return DATA_PAGE;
  case 3: return DATA_PAGE - theCase->size;
  case 4:
  case 5: return DATA_PAGE - randomBelow(random, theCase->size);
  default: offset = randomBelow(random, last + 1); return randomOneIn(random, 2) ? offset & ~(size_t)63 : offset;
  }
}

static MutatorBool willFault(const CaseStruct *theCase, size_t offset) {
  switch (theCase->protection) {
  case ProtectionFIRST: return offset < DATA_PAGE;
  case ProtectionSECOND: return offset + theCase->size > DATA_PAGE;
  case ProtectionREADONLY: return (theCase->access & MutatorAccessWRITE) != 0;
  default: return 1;
  }
}

static MutatorBool aim(Case theCase, Random random) {
  size_t offset = chooseOffset(theCase, random);
  if (!solve(theCase, dataBases[theCase->layout] + offset, random))
    return 0;
  if (!stackAllowed(theCase->gpr[MutatorRegisterSP]))
    return 0;
  theCase->address = effectiveAddress(theCase);
  offset = (size_t)(theCase->address - dataBases[theCase->layout]);
  return offset <= DATA_SIZE - theCase->size && willFault(theCase, offset);
}

/* For an aligned instruction most addresses are refused by the CPU. */
static CaseRefusal chooseAddress(Case theCase, Random random) {
  unsigned tries;
  for (tries = 0; tries < 24; ++tries)
    if (aim(theCase, random))
      return CaseRefusalNONE;
  return CaseRefusalADDRESS;
}

static uint64_t choosePC(const CaseStruct *theCase, Random random) {
  uint64_t base = codeBases[theCase->layout];
  switch ((Place)randomBelow(random, PlaceLIMIT)) {
  case PlaceCROSSING: return base + DATA_PAGE - randomBelow(random, theCase->length + 1);
  case PlaceEND: return base + CODE_SIZE - theCase->length;
  default: return base + randomBelow(random, DATA_PAGE - 64);
  }
}

/* The status flags and DF; IF and bit 1 are always set. */
static uint64_t chooseFlags(Random random) {
  return (randomNext(random) & (MachineFlagsSTATUS | MachineFlagDF)) | 0x202;
}

static uint64_t otherValue(const CaseStruct *theCase) {
  const ZydisDecodedOperand *other = &theCase->other;
  uint64_t value;
  if (other->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
    return other->imm.value.u;
  if (other->type != ZYDIS_OPERAND_TYPE_REGISTER ||
      ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, other->reg.value) - ZYDIS_REGISTER_RAX > 15u)
    return 0;
  value = theCase->gpr[numberOf(other->reg.value)];
  return other->reg.value >= ZYDIS_REGISTER_AH && other->reg.value <= ZYDIS_REGISTER_BH ? value >> 8 : value;
}

/* Anything; or what compares as equal, or nearly so, to the other operand. */
static void chooseMemory(Case theCase, Random random) {
  uint64_t word = otherValue(theCase);
  size_t i;
  for (i = 0; i < sizeof theCase->memory; ++i)
    theCase->memory[i] = (unsigned char)randomNext(random);
  switch (randomBelow(random, 4)) {
  case 0: break;
  case 1: word += randomBelow(random, 3) - 1; break;
  default: word = randomWord(random); break;
  }
  if (theCase->other.reg.value == ZYDIS_REGISTER_RSP)
    word = stackAny(word);
  memcpy(theCase->memory, &word, sizeof word);
}

CaseRefusal caseDerive(Case theCase) {
  RandomStruct random = {theCase->seed};
  CaseRefusal refusal = decode(theCase);
  unsigned i;
  if (refusal != CaseRefusalNONE)
    return refusal;
  if (usesForeign(theCase))
    return CaseRefusalFOREIGN;
  for (i = 0; i < 16; ++i)
    theCase->gpr[i] = i < MutatorRegisterPC ? (MutatorWord)randomWord(&random) : 0;
  theCase->gpr[MutatorRegisterSP] = stackAny(theCase->gpr[MutatorRegisterSP]);
  theCase->flags = chooseFlags(&random);
  theCase->layout = needsLow(theCase) || randomOneIn(&random, 2) ? LayoutLOW : LayoutHIGH;
  theCase->protection = (Protection)randomBelow(
      &random, (theCase->access & MutatorAccessWRITE) != 0 ? ProtectionLIMIT : ProtectionREADONLY);
  theCase->pc = choosePC(theCase, &random);
  refusal = chooseAddress(theCase, &random);
  chooseMemory(theCase, &random);
  return refusal;
}

void caseData(const CaseStruct *theCase, unsigned char data[DATA_SIZE]) {
  static unsigned char pattern[DATA_SIZE];
  size_t offset = (size_t)(theCase->address - dataBases[theCase->layout]), i;
  size_t size = theCase->size < sizeof theCase->memory ? theCase->size : sizeof theCase->memory;
  if (pattern[1] == 0)
    for (i = 0; i < DATA_SIZE; ++i)
      pattern[i] = (unsigned char)(i * 167 + i / 256 + 1);
  memcpy(data, pattern, DATA_SIZE);
  memcpy(data + offset, theCase->memory, size);
}

/* text ----------------------------------------------------------------------- */

const char *caseRefusalName(CaseRefusal refusal) {
  static const char *const names[CaseRefusalLIMIT] = {
      "can be run",
      "not an instruction",
      "not exactly one explicit memory operand that is read or written",
      "vector register as an index",
      "privileged",
      "loads a segment register",
      "no registers make it hit the data pages",
      "a segment that the system keeps for itself",
  };
  return names[refusal];
}

void casePrint(const CaseStruct *theCase) {
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  ZydisDecodedInstruction instruction;
  ZydisFormatter formatter;
  char text[128] = "not an instruction";
  size_t i;
  for (i = 0; i < theCase->length; ++i)
    printf("%02x", theCase->bytes[i]);
  (void)ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  if (ZYAN_SUCCESS(ZydisDecoderDecodeFull(zydis(), theCase->bytes, theCase->length, &instruction, operands)))
    (void)ZydisFormatterFormatInstruction(&formatter, &instruction, operands, instruction.operand_count_visible, text,
                                          sizeof text, theCase->pc, NULL);
  printf(" %016llx # %s", (unsigned long long)theCase->seed, text);
}
