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

/* FS's base lies below the low layout (main.c), so that 32-bit addresses reach it too.  There is
 * room for a stack below each (stack.c), which 32-bit Wine's own below 0x40000000 leaves free. */
static const uint64_t dataBases[LayoutLIMIT] = {RawMode64 ? UINT64_C(0x40000000) : UINT64_C(0x41000000),
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
static void correctBase(const CaseStruct *theCase, ZydisDecodedOperand *operand) {
  const ZydisDecodedInstruction *instruction = &theCase->instruction;
  if ((instruction->attributes & ZYDIS_ATTRIB_HAS_SIB) == 0 || instruction->raw.modrm.mod != 0 ||
      instruction->raw.sib.base != 5)
    return;
  operand->mem.base = ZYDIS_REGISTER_NONE;
  operand->mem.disp.value = instruction->raw.disp.value;
}

/* FS or GS, where the system keeps it for itself. */
static MutatorBool usesForeign(const CaseStruct *theCase) {
  unsigned i;
  for (i = 0; i < theCase->count; ++i) {
    const ZydisRegister segment = theCase->memories[i].mem.segment;
    if ((segment == ZYDIS_REGISTER_FS && !hasFS) || (segment == ZYDIS_REGISTER_GS && !hasGS))
      return 1;
  }
  return 0;
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

static CaseRefusal takeMemory(Case theCase, const ZydisDecodedOperand *operand) {
  if (operand->mem.type == ZYDIS_MEMOP_TYPE_VSIB)
    return CaseRefusalVECTOR;
  if (operand->mem.type != ZYDIS_MEMOP_TYPE_MEM || theCase->count == CASE_ACCESSES || operand->size == 0 ||
      operand->size / 8 > DATA_PAGE || accessOf(operand) == MutatorAccessNONE)
    return CaseRefusalOPERANDS;
  theCase->memories[theCase->count] = *operand;
  if (operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT) {
    theCase->named = (int)theCase->count;
    correctBase(theCase, &theCase->memories[theCase->count]);
  }
  ++theCase->count;
  return CaseRefusalNONE;
}

/* What is read comes before what is written. */
static void orderMemories(Case theCase) {
  ZydisDecodedOperand first = theCase->memories[0];
  if (theCase->count < 2 || (accessOf(&first) & MutatorAccessWRITE) == 0 ||
      (accessOf(&theCase->memories[1]) & MutatorAccessWRITE) != 0)
    return;
  theCase->memories[0] = theCase->memories[1];
  theCase->memories[1] = first;
  if (theCase->named >= 0)
    theCase->named = 1 - theCase->named;
}

static CaseRefusal takeOperands(Case theCase, const ZydisDecodedOperand *operands) {
  CaseRefusal refusal = CaseRefusalNONE;
  unsigned i;
  memset(&theCase->other, 0, sizeof theCase->other);
  theCase->count = 0;
  theCase->named = -1;
  for (i = 0; i < theCase->instruction.operand_count && refusal == CaseRefusalNONE; ++i)
    if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
      refusal = takeMemory(theCase, &operands[i]);
    else if (theCase->other.type == ZYDIS_OPERAND_TYPE_UNUSED)
      theCase->other = operands[i];
  if (refusal == CaseRefusalNONE && theCase->count == 0)
    refusal = CaseRefusalOPERANDS;
  orderMemories(theCase);
  return refusal;
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
  theCase->repeated =
      (theCase->instruction.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
  theCase->locked = (theCase->instruction.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0 ||
                    theCase->instruction.mnemonic == ZYDIS_MNEMONIC_XCHG;
  return takeOperands(theCase, operands);
}

static MutatorBool is(const CaseStruct *theCase, ZydisMnemonic mnemonic) {
  return theCase->instruction.mnemonic == mnemonic;
}

/* Mnemonics all of whose forms on general registers are in the table. */
static MutatorBool mnemonicClaimed(ZydisMnemonic mnemonic) {
  static const ZydisMnemonic claimed[] = {
#define M(name) ZYDIS_MNEMONIC_##name
      M(ADC),    M(ADCX),   M(ADD),     M(ADOX),       M(AND),       M(ANDN),    M(BEXTR),  M(BLSI),    M(BLSMSK),
      M(BLSR),   M(BSF),    M(BSR),     M(BT),         M(BTC),       M(BTR),     M(BTS),    M(BZHI),    M(CALL),
      M(CMOVB),  M(CMOVBE), M(CMOVL),   M(CMOVLE),     M(CMOVNB),    M(CMOVNBE), M(CMOVNL), M(CMOVNLE), M(CMOVNO),
      M(CMOVNP), M(CMOVNS), M(CMOVNZ),  M(CMOVO),      M(CMOVP),     M(CMOVS),   M(CMOVZ),  M(CMP),     M(CMPSB),
      M(CMPSQ),  M(CMPSW),  M(CMPXCHG), M(CMPXCHG16B), M(CMPXCHG8B), M(CRC32),   M(DEC),    M(DIV),     M(IDIV),
      M(IMUL),   M(INC),    M(JMP),     M(LEAVE),      M(LODSB),     M(LODSD),   M(LODSQ),  M(LODSW),   M(LZCNT),
      M(MOV),    M(MOVBE),  M(MOVNTI),  M(MOVSB),      M(MOVSQ),     M(MOVSW),   M(MOVSX),  M(MOVSXD),  M(MOVZX),
      M(MUL),    M(MULX),   M(NEG),     M(NOT),        M(OR),        M(PDEP),    M(PEXT),   M(POP),     M(POPCNT),
      M(PUSH),   M(PUSHF),  M(PUSHFD),  M(PUSHFQ),     M(RCL),       M(RCR),     M(RET),    M(ROL),     M(ROR),
      M(RORX),   M(SAR),    M(SARX),    M(SBB),        M(SCASB),     M(SCASD),   M(SCASQ),  M(SCASW),   M(SETB),
      M(SETBE),  M(SETL),   M(SETLE),   M(SETNB),      M(SETNBE),    M(SETNL),   M(SETNLE), M(SETNO),   M(SETNP),
      M(SETNS),  M(SETNZ),  M(SETO),    M(SETP),       M(SETS),      M(SETZ),    M(SHL),    M(SHLD),    M(SHLX),
      M(SHR),    M(SHRD),   M(SHRX),    M(STOSB),      M(STOSD),     M(STOSQ),   M(STOSW),  M(SUB),     M(TEST),
      M(TZCNT),  M(XADD),   M(XCHG),    M(XLAT),       M(XOR),
#undef M
  };
  size_t i;
  for (i = 0; i < sizeof claimed / sizeof claimed[0]; ++i)
    if (claimed[i] == mnemonic)
      return 1;
  return 0;
}

/* MOVSD and CMPSD are also names of SSE instructions; MOV, PUSH and POP also move segment registers. */
MutatorBool caseIsClaimed(const CaseStruct *theCase) {
  if (is(theCase, ZYDIS_MNEMONIC_MOVSD) || is(theCase, ZYDIS_MNEMONIC_CMPSD))
    return theCase->instruction.meta.category == ZYDIS_CATEGORY_STRINGOP;
  if (theCase->other.type == ZYDIS_OPERAND_TYPE_REGISTER &&
      (ZydisRegisterGetClass(theCase->other.reg.value) == ZYDIS_REGCLASS_SEGMENT ||
       ZydisRegisterGetClass(theCase->other.reg.value) == ZYDIS_REGCLASS_CONTROL))
    return 0;
  return mnemonicClaimed(theCase->instruction.mnemonic) &&
         theCase->instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR;
}

static MutatorBool hasMask(const CaseStruct *theCase) {
  const ZydisRegister mask = theCase->instruction.avx.mask.reg;
  return theCase->instruction.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX && mask != ZYDIS_REGISTER_NONE &&
         mask != ZYDIS_REGISTER_K0;
}

MutatorBool caseIsPartial(const CaseStruct *theCase) {
  switch (theCase->instruction.mnemonic) {
  case ZYDIS_MNEMONIC_VMASKMOVPS:
  case ZYDIS_MNEMONIC_VMASKMOVPD:
  case ZYDIS_MNEMONIC_VPMASKMOVD:
  case ZYDIS_MNEMONIC_VPMASKMOVQ: return 1;
  default: return hasMask(theCase);
  }
}

/* addresses ------------------------------------------------------------------ */

static unsigned addressBytes(const CaseStruct *theCase) { return theCase->instruction.address_width / 8u; }

static MutatorBool isInstructionPointer(ZydisRegister reg) {
  return reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP;
}

static uint64_t segmentBase(const ZydisDecodedOperand *operand) {
  switch (operand->mem.segment) {
  case ZYDIS_REGISTER_FS: return segmentFS;
  case ZYDIS_REGISTER_GS: return segmentGS;
  default: return 0;
  }
}

static const ZydisDecodedOperand *namedOf(const CaseStruct *theCase) {
  return theCase->named >= 0 ? &theCase->memories[theCase->named] : NULL;
}

/* Do the bytes alone say where the operand is, within 2 GiB of zero, or of FS's base? */
static MutatorBool needsLow(const CaseStruct *theCase) {
  const ZydisDecodedOperand *operand = namedOf(theCase);
  if (addressBytes(theCase) < sizeof(MutatorWord))
    return 1;
  if (operand == NULL || !RawMode64)
    return 0;
  if (isInstructionPointer(operand->mem.base))
    return segmentBase(operand) != 0;
  return operand->mem.base == ZYDIS_REGISTER_NONE && operand->mem.index == ZYDIS_REGISTER_NONE &&
         theCase->instruction.raw.disp.size < 64;
}

/* The number of the general register that it is part of. */
static unsigned numberOf(ZydisRegister reg) {
  ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  return (unsigned)(full - ZYDIS_REGISTER_RAX);
}

/* The bits that count of an address or of a part of one. */
static uint64_t addressMask(const CaseStruct *theCase) { return ~UINT64_C(0) >> (64 - 8 * addressBytes(theCase)); }

static uint64_t registerMask(ZydisRegister reg) {
  return ~UINT64_C(0) >> (64 - ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, reg));
}

/* The upper bits of a register in a shorter address are ignored: let them be anything. */
static void setRegister(Case theCase, ZydisRegister reg, uint64_t value) {
  uint64_t *gpr = &theCase->gpr[numberOf(reg)];
  *gpr = (*gpr & ~registerMask(reg)) | (value & registerMask(reg));
}

static uint64_t getRegister(const CaseStruct *theCase, ZydisRegister reg) {
  return theCase->gpr[numberOf(reg)] & registerMask(reg);
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
  const ZydisDecodedOperandMem *mem = &namedOf(theCase)->mem;
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
  const ZydisDecodedOperandMem *mem = &namedOf(theCase)->mem;
  int64_t guess = (int32_t)randomNext(random) / 2;
  setRegister(theCase, mem->index, (want - (uint64_t)guess) / mem->scale);
  return patch(theCase, want - getRegister(theCase, mem->index) * mem->scale);
}

/* What is added to the address that an operand names ---------------------------- */

static size_t elementOf(const ZydisDecodedOperand *operand) { return operand->size / 8; }

static int64_t signedRegister(const CaseStruct *theCase, ZydisRegister reg) {
  const unsigned unused = 64u - ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, reg);
  return (int64_t)(theCase->gpr[numberOf(reg)] << unused) >> unused;
}

static MutatorBool countsBits(const CaseStruct *theCase) {
  return theCase->other.type == ZYDIS_OPERAND_TYPE_REGISTER &&
         (is(theCase, ZYDIS_MNEMONIC_BT) || is(theCase, ZYDIS_MNEMONIC_BTC) || is(theCase, ZYDIS_MNEMONIC_BTR) ||
          is(theCase, ZYDIS_MNEMONIC_BTS));
}

/* Bit n is in operand n / width, rounded down, from the address. */
static int64_t bitDistance(const CaseStruct *theCase, size_t size) {
  const unsigned shift = size == 2 ? 4 : size == 4 ? 5 : 6;
  return (signedRegister(theCase, theCase->other.reg.value) >> shift) * (int64_t)size;
}

/* Mostly near enough for an absolute address to make up for it. */
static void chooseBit(Case theCase, Random random) {
  if (countsBits(theCase) && !randomOneIn(random, 4))
    theCase->gpr[numberOf(theCase->other.reg.value)] =
        (MutatorWord)((int64_t)randomNext(random) >> (40 + randomBelow(random, 24)));
}

static MutatorBool isStackPointer(ZydisRegister reg) {
  return reg == ZYDIS_REGISTER_RSP || (!RawMode64 && reg == ZYDIS_REGISTER_ESP);
}

static uint64_t beyond(const CaseStruct *theCase, const ZydisDecodedOperand *operand) {
  const size_t size = elementOf(operand);
  if (operand == namedOf(theCase)) {
    if (countsBits(theCase))
      return (uint64_t)bitDistance(theCase, size);
    return is(theCase, ZYDIS_MNEMONIC_POP) && operand->mem.base != ZYDIS_REGISTER_NONE &&
                   !isInstructionPointer(operand->mem.base) && numberOf(operand->mem.base) == MutatorRegisterSP
               ? size
               : 0;
  }
  if (is(theCase, ZYDIS_MNEMONIC_XLAT))
    return theCase->gpr[0] & 0xff;
  return isStackPointer(operand->mem.base) && accessOf(operand) == MutatorAccessWRITE ? 0 - (uint64_t)size : 0;
}

/* The stack's addresses are never short. */
static uint64_t operandMask(const CaseStruct *theCase, const ZydisDecodedOperand *operand) {
  if (operand == namedOf(theCase) || operand->mem.base == ZYDIS_REGISTER_NONE)
    return addressMask(theCase);
  return registerMask(operand->mem.base);
}

static uint64_t effectiveAddress(const CaseStruct *theCase, const ZydisDecodedOperand *operand) {
  const ZydisDecodedOperandMem *mem = &operand->mem;
  uint64_t address = (uint64_t)mem->disp.value + beyond(theCase, operand);
  if (isInstructionPointer(mem->base))
    address += theCase->pc + theCase->length;
  else if (mem->base != ZYDIS_REGISTER_NONE)
    address += getRegister(theCase, mem->base);
  if (mem->index != ZYDIS_REGISTER_NONE)
    address += getRegister(theCase, mem->index) * mem->scale;
  return (MutatorWord)((address & operandMask(theCase, operand)) + segmentBase(operand));
}

/* The stack pointer points at another operand already: only the displacement is left. */
static MutatorBool usesStackTwice(const CaseStruct *theCase, const ZydisDecodedOperandMem *mem) {
  return theCase->count == 2 && mem->base != ZYDIS_REGISTER_NONE && mem->index == ZYDIS_REGISTER_NONE &&
         numberOf(mem->base) == MutatorRegisterSP;
}

static MutatorBool patchFromBase(Case theCase, const ZydisDecodedOperandMem *mem, uint64_t want) {
  const uint64_t displacement = want - getRegister(theCase, mem->base);
  const uint64_t extended = (uint64_t)(int64_t)(int32_t)displacement;
  return patch(theCase, addressBytes(theCase) == 4 ? extended : displacement);
}

/* Choose registers and displacement so that the named operand is at `target` or a few bytes below. */
static MutatorBool solve(Case theCase, uint64_t target, Random random) {
  const ZydisDecodedOperand *operand = namedOf(theCase);
  const ZydisDecodedOperandMem *mem = &operand->mem;
  uint64_t want = (MutatorWord)(target - segmentBase(operand));
  if ((want & ~addressMask(theCase)) != 0)
    return 0;
  want = (want - beyond(theCase, operand)) & addressMask(theCase);
  if (isInstructionPointer(mem->base))
    return patch(theCase, want - (theCase->pc + theCase->length));
  if (usesStackTwice(theCase, mem) && theCase->instruction.raw.disp.size == 32)
    return patchFromBase(theCase, mem, want);
  if (mem->base != ZYDIS_REGISTER_NONE)
    return solveBase(theCase, want, random);
  if (mem->index != ZYDIS_REGISTER_NONE)
    return solveIndex(theCase, want, random);
  return patch(theCase, want);
}

/* Point the register of an operand that is not named at `target`, where its first element is to be. */
static MutatorBool point(Case theCase, const ZydisDecodedOperand *operand, uint64_t target) {
  const uint64_t want = (MutatorWord)(target - segmentBase(operand) - beyond(theCase, operand));
  if ((want & ~registerMask(operand->mem.base)) != 0)
    return 0;
  setRegister(theCase, operand->mem.base, want);
  return 1;
}

/* targets -------------------------------------------------------------------- */

static size_t bytesOf(const CaseStruct *theCase, const ZydisDecodedOperand *operand) {
  return elementOf(operand) * (size_t)theCase->elements;
}

/* Operands at the pages' edges, across the middle, and anywhere; from the lowest
 * offset that a protection allows to fault. */
static size_t chooseOffset(size_t size, Random random) {
  size_t last = DATA_SIZE - size, offset;
  switch (randomBelow(random, 8)) {
  case 0: return 0;
  case 1: return last;
  case 2: return DATA_PAGE < last ? DATA_PAGE : last;
  case 3: return size < DATA_PAGE ? DATA_PAGE - size : 0;
  case 4:
  case 5: return DATA_PAGE - randomBelow(random, size < DATA_PAGE ? size : DATA_PAGE);
  default: offset = randomBelow(random, last + 1); return randomOneIn(random, 2) ? offset & ~(size_t)63 : offset;
  }
}

/* What is locked must not lie in two cache lines, or be misaligned, but may be; of vector
 * instructions that want their operand aligned the CPU refuses others: a few are enough. */
static size_t offsetFor(const CaseStruct *theCase, const ZydisDecodedOperand *operand, Random random) {
  const size_t size = bytesOf(theCase, operand);
  size_t offset = chooseOffset(size, random);
  if ((theCase->locked || is(theCase, ZYDIS_MNEMONIC_CMPXCHG16B)) && !randomOneIn(random, 4))
    offset &= ~(size - 1);
  if (vectorIsAligned(theCase) && !randomOneIn(random, 16))
    offset &= ~(size - 1);
  return offset <= DATA_SIZE - size ? offset : DATA_SIZE - size;
}

static MutatorBool isProtected(const CaseStruct *theCase, uint64_t address, MutatorAccess access) {
  const MutatorBool second = address >= dataBases[theCase->layout] + DATA_PAGE;
  switch (theCase->protection) {
  case ProtectionFIRST: return !second;
  case ProtectionSECOND: return second;
  case ProtectionREADONLY: return (access & MutatorAccessWRITE) != 0;
  default: return 1;
  }
}

/* Is one element's access stopped, and where? */
static MutatorBool stops(const CaseStruct *theCase, uint64_t address, size_t size, MutatorAccess access,
                         uint64_t *stopReturn) {
  const uint64_t last = address + size - 1, middle = dataBases[theCase->layout] + DATA_PAGE;
  *stopReturn = address;
  if (isProtected(theCase, address, access))
    return 1;
  *stopReturn = middle;
  return last >= middle && address < middle && isProtected(theCase, last, access);
}

CaseFaultStruct caseFault(const CaseStruct *theCase, MutatorBool otherFirst) {
  CaseFaultStruct fault = {0, 0, 0};
  unsigned i;
  for (fault.done = 0; fault.done < theCase->elements; ++fault.done)
    for (i = 0; i < theCase->count; ++i) {
      const CaseAccessStruct *access = &theCase->accesses[otherFirst ? theCase->count - 1 - i : i];
      const size_t element = access->size / (size_t)theCase->elements;
      const uint64_t which = theCase->backward ? theCase->elements - 1 - fault.done : fault.done;
      if (stops(theCase, access->address + which * element, element, access->access, &fault.address)) {
        fault.faults = 1;
        return fault;
      }
    }
  return fault;
}

/* Where the operands are, now that registers are chosen; false when one is elsewhere than in the data pages. */
static MutatorBool locate(Case theCase) {
  unsigned i;
  for (i = 0; i < theCase->count; ++i) {
    const ZydisDecodedOperand *operand = &theCase->memories[i];
    CaseAccessStruct *access = &theCase->accesses[i];
    access->size = bytesOf(theCase, operand);
    access->access = accessOf(operand);
    access->address = effectiveAddress(theCase, operand);
    if (theCase->backward)
      access->address -= access->size - elementOf(operand);
    if (access->address - dataBases[theCase->layout] > DATA_SIZE - access->size)
      return 0;
  }
  return 1;
}

static MutatorBool isString(const CaseStruct *theCase) {
  return theCase->instruction.meta.category == ZYDIS_CATEGORY_STRINGOP;
}

/* A few elements, or a whole page of them, or more. */
static void chooseElements(Case theCase, Random random) {
  const size_t most = DATA_SIZE / elementOf(&theCase->memories[0]);
  theCase->elements = 1;
  theCase->backward = isString(theCase) && (theCase->flags & MachineFlagDF) != 0;
  if (!theCase->repeated || !isString(theCase))
    return;
  theCase->elements = 1 + randomBelow(random, randomOneIn(random, 4) ? most : 24);
  theCase->gpr[1] = (theCase->gpr[1] & ~addressMask(theCase)) | theCase->elements;
}

static MutatorBool pointAll(Case theCase, Random random) {
  unsigned i;
  for (i = 0; i < theCase->count; ++i) {
    const ZydisDecodedOperand *operand = &theCase->memories[i];
    uint64_t target = dataBases[theCase->layout] + offsetFor(theCase, operand, random);
    if (theCase->backward)
      target += bytesOf(theCase, operand) - elementOf(operand);
    if ((int)i != theCase->named && !point(theCase, operand, target))
      return 0;
  }
  return 1;
}

static MutatorBool alignedPair(const CaseStruct *theCase) {
  return !is(theCase, ZYDIS_MNEMONIC_CMPXCHG16B) || theCase->accesses[0].address % 16 == 0;
}

static MutatorBool aim(Case theCase, Random random) {
  const ZydisDecodedOperand *operand = namedOf(theCase);
  chooseElements(theCase, random);
  if (!pointAll(theCase, random))
    return 0;
  if (operand != NULL && !solve(theCase, dataBases[theCase->layout] + offsetFor(theCase, operand, random), random))
    return 0;
  if (!stackAllowed(theCase->gpr[MutatorRegisterSP]))
    return 0;
  return locate(theCase) && caseFault(theCase, 0).faults && (alignedPair(theCase) || randomOneIn(random, 8));
}

/* For an aligned instruction most addresses are refused by the CPU. */
static CaseRefusal chooseAddress(Case theCase, Random random) {
  unsigned tries;
  for (tries = 0; tries < 64; ++tries)
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

/* Reserved bits of MXCSR are a fault. */
static MutatorBool loadsMxcsr(const CaseStruct *theCase) {
  return theCase->instruction.mnemonic == ZYDIS_MNEMONIC_LDMXCSR ||
         theCase->instruction.mnemonic == ZYDIS_MNEMONIC_VLDMXCSR;
}

/* Doubles and singles near one, small integers, infinities, or anything. */
static void chooseNumbers(Case theCase, Random random) {
  static const uint64_t keep[] = {UINT64_C(0x801fffffffffffff), UINT64_C(0x80ffffff80ffffff), 0xff, 0};
  static const uint64_t set[] = {UINT64_C(0x3fe0000000000000), UINT64_C(0x3f0000003f000000), 0,
                                 UINT64_C(0x7ff000007f800000)};
  const unsigned style = (unsigned)randomBelow(random, 8);
  size_t at;
  for (at = 0; at < sizeof theCase->memory; at += 8) {
    uint64_t word = randomNext(random);
    if (style < 4)
      word = (word & keep[style]) | set[style];
    memcpy(theCase->memory + at, &word, sizeof word);
  }
}

/* A breakpoint near the instruction, where a jump may lead. */
static uint64_t chooseTarget(const CaseStruct *theCase, Random random) {
  const uint64_t base = codeBases[theCase->layout], after = theCase->pc + theCase->length;
  if (after + 8 <= base + CODE_SIZE && randomOneIn(random, 2))
    return after + randomBelow(random, 8);
  return theCase->pc >= base + 16 ? theCase->pc - 1 - randomBelow(random, 8) : after;
}

static MutatorBool isBranch(const CaseStruct *theCase) {
  return theCase->instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE;
}

/* A relative call has its target in the bytes. */
static void aimBranch(Case theCase, Random random) {
  const unsigned offset = theCase->instruction.raw.imm[0].offset;
  int32_t distance;
  theCase->next = theCase->pc + theCase->length;
  if (!isBranch(theCase))
    return;
  theCase->next = chooseTarget(theCase, random);
  if (!theCase->instruction.raw.imm[0].is_relative || theCase->instruction.raw.imm[0].size != 32)
    return;
  distance = (int32_t)(theCase->next - (theCase->pc + theCase->length));
  memcpy(theCase->bytes + offset, &distance, sizeof distance);
  (void)decode(theCase);
}

/* Divisions whose quotients mostly fit; the divisor is odd. */
static MutatorBool divides(const CaseStruct *theCase) {
  return is(theCase, ZYDIS_MNEMONIC_DIV) || is(theCase, ZYDIS_MNEMONIC_IDIV);
}

static void chooseDividend(Case theCase, Random random) {
  const unsigned bits = (unsigned)elementOf(&theCase->memories[0]) * 8;
  const MutatorBool isSigned = is(theCase, ZYDIS_MNEMONIC_IDIV);
  if (!divides(theCase) || randomOneIn(random, 4))
    return;
  if (bits == 8)
    theCase->gpr[0] = (theCase->gpr[0] & ~UINT64_C(0xff00)) | (isSigned && (theCase->gpr[0] & 0x80) != 0 ? 0xff00 : 0);
  else
    theCase->gpr[2] = isSigned ? (uint64_t)((int64_t)(theCase->gpr[0] << (64 - bits)) >> 63) : 0;
}

/* What will be compared with memory, half the time. */
static uint64_t expectedValue(const CaseStruct *theCase, uint64_t word, Random random) {
  if (randomOneIn(random, 2))
    return word;
  if (is(theCase, ZYDIS_MNEMONIC_CMPXCHG) || is(theCase, ZYDIS_MNEMONIC_CMPXCHG16B))
    return theCase->gpr[0];
  if (is(theCase, ZYDIS_MNEMONIC_CMPXCHG8B))
    return (uint32_t)theCase->gpr[0] | theCase->gpr[2] << 32;
  return word;
}

/* Does a register that becomes the stack pointer get it from memory? */
static MutatorBool makesStackPointer(const CaseStruct *theCase) {
  return theCase->other.type == ZYDIS_OPERAND_TYPE_REGISTER && isStackPointer(theCase->other.reg.value);
}

/* Anything; or what compares as equal, or nearly so, to the other operand. */
static void chooseMemory(Case theCase, Random random) {
  uint64_t word = otherValue(theCase);
  chooseNumbers(theCase, random);
  if (theCase->row >= mutatorOpcodeVectorFirst && !loadsMxcsr(theCase))
    return;
  switch (randomBelow(random, 4)) {
  case 0: break;
  case 1: word += randomBelow(random, 3) - 1; break;
  default: word = randomWord(random); break;
  }
  if (divides(theCase) && !randomOneIn(random, 8))
    word |= 1;
  word = expectedValue(theCase, word, random);
  if (makesStackPointer(theCase) && !randomOneIn(random, 8))
    word = stackAny(word);
  if (isBranch(theCase))
    word = theCase->next;
  if (loadsMxcsr(theCase))
    word &= 0xffff;
  memcpy(theCase->memory, &word, sizeof word);
  if (is(theCase, ZYDIS_MNEMONIC_CMPXCHG16B) && word == theCase->gpr[0])
    memcpy(theCase->memory + 8, &theCase->gpr[2], sizeof word);
}

/* Strings of equal elements, so that comparisons take their time to end. */
static void chooseFill(Case theCase, Random random) {
  theCase->fill = -1;
  if (!isString(theCase) || randomOneIn(random, 3))
    return;
  theCase->fill = (int)randomBelow(random, 256);
  if (!randomOneIn(random, 8))
    theCase->gpr[0] = (MutatorWord)(UINT64_C(0x0101010101010101) * (unsigned)theCase->fill);
}

static MutatorBool writesMemory(const CaseStruct *theCase) {
  const MutatorAccess last = accessOf(&theCase->memories[theCase->count - 1]);
  return (last & MutatorAccessWRITE) != 0;
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
  chooseFill(theCase, &random);
  chooseDividend(theCase, &random);
  chooseBit(theCase, &random);
  theCase->layout = needsLow(theCase) || randomOneIn(&random, 2) ? LayoutLOW : LayoutHIGH;
  theCase->protection = (Protection)randomBelow(&random, writesMemory(theCase) ? ProtectionLIMIT : ProtectionREADONLY);
  theCase->pc = choosePC(theCase, &random);
  aimBranch(theCase, &random);
  theCase->row = vectorRowOf(theCase);
  refusal = chooseAddress(theCase, &random);
  chooseMemory(theCase, &random);
  return refusal;
}

static void fillAll(const CaseStruct *theCase, unsigned char data[DATA_SIZE]) {
  RandomStruct random = {theCase->seed};
  uint64_t flips = randomBelow(&random, 3);
  memset(data, theCase->fill, DATA_SIZE);
  while (flips-- > 0)
    data[randomBelow(&random, DATA_SIZE)] ^= 1;
}

void caseData(const CaseStruct *theCase, unsigned char data[DATA_SIZE]) {
  static unsigned char pattern[DATA_SIZE];
  size_t offset = (size_t)(theCase->accesses[0].address - dataBases[theCase->layout]), i;
  size_t size = theCase->accesses[0].size < sizeof theCase->memory ? theCase->accesses[0].size : sizeof theCase->memory;
  if (pattern[1] == 0)
    for (i = 0; i < DATA_SIZE; ++i)
      pattern[i] = (unsigned char)(i * 167 + i / 256 + 1);
  if (theCase->fill >= 0) {
    fillAll(theCase, data);
    return;
  }
  memcpy(data, pattern, DATA_SIZE);
  memcpy(data + offset, theCase->memory, size);
}

/* text ----------------------------------------------------------------------- */

const char *caseRefusalName(CaseRefusal refusal) {
  static const char *const names[CaseRefusalLIMIT] = {
      "can be run",
      "not an instruction",
      "no memory operand that is read or written, or more than two",
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
