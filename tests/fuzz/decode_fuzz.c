/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decode_fuzz.c -- any bytes at all, against a guard page (C6, C4)
 *
 * An input is a row of records of 24 bytes: how many instruction bytes, 15 of
 * them, and a seed from which all registers follow.  The instruction bytes end
 * where a page does and the next page is not accessible, so that reading one
 * too many is a crash.  What is accepted is held against Zydis.
 */

#include <mutator.h>

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/x86/raw.h"
#include "support/native.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RecordCODE = 15, RecordSIZE = 1 + RecordCODE + 8, PageSIZE = 4096 };

#define REQUIRE(condition)         \
  do {                             \
    if (!(condition))              \
      wrong(__LINE__, #condition); \
  } while (0)

static unsigned char *guard; /* first byte that cannot be read */
static ZydisDecoder decoder;

/* The record that is looked at now. */
static struct {
  unsigned char *code; /* guard - count */
  size_t count;
  uint64_t seed;
  MutatorWord registers[MutatorRegisterLIMIT];
} now;

_Noreturn static void wrong(int line, const char *condition) {
  size_t i;
  fprintf(stderr, "decode_fuzz.c:%d: not true: %s\n  bytes:", line, condition);
  for (i = 0; i < now.count; ++i)
    fprintf(stderr, " %02x", now.code[i]);
  fprintf(stderr, "\n  seed: %016llx\n", (unsigned long long)now.seed);
  abort();
}

static void setUp(void) {
  unsigned char *pages;
  if (guard != NULL)
    return;
  pages = nativeMap(NULL, 2 * PageSIZE, NativeREADWRITE);
  nativeProtect(pages + PageSIZE, PageSIZE, NativeNONE);
  if (MutatorFaultSetup(NULL) != MutatorResOK ||
      !ZYAN_SUCCESS(ZydisDecoderInit(&decoder, RawMode64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                                     RawMode64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32))) {
    fprintf(stderr, "decode_fuzz: cannot set up\n");
    exit(1);
  }
  guard = pages + PageSIZE;
}

/* registers ------------------------------------------------------------------- */

static uint64_t nextWord(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static void fillRegisters(void) {
  uint64_t state = now.seed;
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; ++i)
    now.registers[i] = (MutatorWord)nextWord(&state);
  now.registers[MutatorRegisterPC] = (MutatorWord)now.code;
}

static MutatorWord segmentBaseOf(unsigned segment) {
  if (segment != MachineSegmentFS && segment != MachineSegmentGS)
    return 0;
  return segment == MachineSegmentFS ? (MutatorWord)now.seed << 8 : (MutatorWord)now.seed >> 8;
}

static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  (void)machine;
  REQUIRE(segment == MachineSegmentFS || segment == MachineSegmentGS ||
          (!RawMode64 && segment <= (unsigned)MachineSegmentDS));
  *baseReturn = segmentBaseOf(segment);
  return 1;
}

/* Vector registers of anything, masks included; no exception is unmasked. */
static void findVectors(const MachineStruct *machine, Vector vector) {
  static uint64_t parts[VectorPartLIMIT][128];
  static uint32_t mxcsr = 0x1f80;
  uint64_t state = now.seed;
  unsigned part, i;
  (void)machine;
  memset(vector, 0, sizeof *vector);
  for (part = 0; part < VectorPartLIMIT; ++part) {
    for (i = 0; i < 128; ++i)
      parts[part][i] = nextWord(&state);
    vector->part[part] = (unsigned char *)parts[part];
    vector->size[part] = sizeof parts[part];
  }
  vector->mxcsr = &mxcsr;
}

static MutatorBool readX87(const MachineStruct *machine, unsigned char image[MachineX87SIZE]) {
  (void)machine;
  memset(image, 0, MachineX87SIZE);
  image[0] = 0x7f;
  image[1] = 0x03;
  return 1;
}

static MachineStruct makeMachine(void) {
  static uint16_t offsets[MutatorRegisterLIMIT];
  static const MachineVectorsStruct vectors = {.find = findVectors, .readX87 = readX87};
  MachineStruct machine = {
      .base = (unsigned char *)now.registers, .offset = offsets, .segmentBase = segmentBase, .vectors = &vectors};
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; ++i)
    offsets[i] = (uint16_t)(i * sizeof(MutatorWord));
  return machine;
}

/* the second opinion ---------------------------------------------------------- */

enum { OpinionMEMORIES = 2 };

typedef struct OpinionMemoryStruct {
  MutatorWord address;
  size_t size;
  MutatorAccess access;
} OpinionMemoryStruct;

typedef struct OpinionStruct {
  MutatorBool valid, hasMemory; /* one that ModR/M names */
  MutatorBool string;           /* elements, of which the first is known */
  unsigned count;
  OpinionMemoryStruct memory[OpinionMEMORIES]; /* all, what is read before what is written */
  size_t length, size;
  MutatorAccess access;
  MutatorWord address;
  MutatorBool relative; /* to the next instruction */
  MutatorBool partial;  /* a mask selects elements */
} OpinionStruct;

static MutatorWord registerValue(ZydisRegister reg) {
  return now.registers[ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg) - ZYDIS_REGISTER_RAX];
}

/* An operand that is not named has addresses of its register's size. */
static MutatorWord registerMask(ZydisRegister reg) {
  return ~(MutatorWord)0 >> (8 * sizeof(MutatorWord) - ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, reg));
}

static MutatorWord addressOf(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperandMem *mem,
                             MutatorBool named, MutatorWord beyond, OpinionStruct *opinion) {
  const unsigned unused = 8 * (unsigned)sizeof(MutatorWord) - instruction->address_width;
  const MutatorWord mask = named ? ~(MutatorWord)0 >> unused : registerMask(mem->base);
  MutatorWord address = (MutatorWord)mem->disp.value;
  /* A SIB base of 101 with mod 00 is none; Zydis 4.0.0 sees R13D there with a 32-bit address. */
  const MutatorBool none = named && (instruction->attributes & ZYDIS_ATTRIB_HAS_SIB) != 0 &&
                           instruction->raw.modrm.mod == 0 && instruction->raw.sib.base == 5;
  opinion->relative = mem->base == ZYDIS_REGISTER_RIP || mem->base == ZYDIS_REGISTER_EIP;
  if (none)
    address = (MutatorWord)instruction->raw.disp.value;
  else if (opinion->relative)
    address += (MutatorWord)now.code + instruction->length;
  else if (mem->base != ZYDIS_REGISTER_NONE)
    address += registerValue(mem->base);
  if (mem->index != ZYDIS_REGISTER_NONE)
    address += registerValue(mem->index) * mem->scale;
  address = (address + beyond) & mask;
  if (mem->segment == ZYDIS_REGISTER_FS)
    address += segmentBaseOf(MachineSegmentFS);
  if (mem->segment == ZYDIS_REGISTER_GS)
    address += segmentBaseOf(MachineSegmentGS);
  return address;
}

static MutatorAccess accessOf(const ZydisDecodedOperand *operand) {
  MutatorAccess access = MutatorAccessNONE;
  if ((operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0)
    access |= MutatorAccessREAD;
  if ((operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0)
    access |= MutatorAccessWRITE;
  return access;
}

static MutatorBool isStackPointer(ZydisRegister reg) {
  return reg == (RawMode64 ? ZYDIS_REGISTER_RSP : ZYDIS_REGISTER_ESP);
}

/* Bit tests by a register: how far its bit is. */
static MutatorWord bitDistance(const ZydisDecodedOperand *bit) {
  const unsigned unused = 8 * (unsigned)sizeof(MutatorWord) - bit->size, shift = bit->size == 16   ? 4
                                                                                 : bit->size == 32 ? 5
                                                                                                   : 6;
  return (MutatorWord)((intptr_t)(registerValue(bit->reg.value) << unused) >> unused >> shift) * (bit->size / 8);
}

/* What an instruction adds to the address that its operand says. */
static MutatorWord beyond(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands,
                          const ZydisDecodedOperand *operand) {
  const MutatorBool named = operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT;
  switch (instruction->mnemonic) {
  case ZYDIS_MNEMONIC_BT:
  case ZYDIS_MNEMONIC_BTC:
  case ZYDIS_MNEMONIC_BTR:
  case ZYDIS_MNEMONIC_BTS: return operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER ? bitDistance(&operands[1]) : 0;
  case ZYDIS_MNEMONIC_XLAT: return now.registers[0] & 0xff;
  case ZYDIS_MNEMONIC_POP:
    return named && operand->mem.base != ZYDIS_REGISTER_NONE && operand->mem.base != ZYDIS_REGISTER_RIP &&
                   ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand->mem.base) == ZYDIS_REGISTER_RSP
               ? operand->size / 8
               : 0;
  default:
    return !named && isStackPointer(operand->mem.base) && accessOf(operand) == MutatorAccessWRITE
               ? 0 - (MutatorWord)(operand->size / 8)
               : 0;
  }
}

static void takeMemory(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands,
                       const ZydisDecodedOperand *operand, OpinionStruct *opinion) {
  const MutatorBool named = operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT;
  OpinionMemoryStruct memory = {0, operand->size / 8, accessOf(operand)};
  MutatorBool relative;
  if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->mem.type != ZYDIS_MEMOP_TYPE_MEM ||
      opinion->count == OpinionMEMORIES)
    return;
  relative = opinion->relative;
  memory.address = addressOf(instruction, &operand->mem, named, beyond(instruction, operands, operand), opinion);
  opinion->memory[opinion->count++] = memory;
  opinion->relative = relative;
  if (!named)
    return;
  opinion->hasMemory = 1;
  opinion->size = operand->size / 8;
  opinion->address = addressOf(instruction, &operand->mem, 1, 0, opinion);
}

static void orderMemories(OpinionStruct *opinion) {
  const OpinionMemoryStruct first = opinion->memory[0];
  if (opinion->count < 2 || first.access == MutatorAccessREAD || opinion->memory[1].access != MutatorAccessREAD)
    return;
  opinion->memory[0] = opinion->memory[1];
  opinion->memory[1] = first;
}

static MutatorBool isPartial(const ZydisDecodedInstruction *instruction) {
  switch (instruction->mnemonic) {
  case ZYDIS_MNEMONIC_VMASKMOVPS:
  case ZYDIS_MNEMONIC_VMASKMOVPD:
  case ZYDIS_MNEMONIC_VPMASKMOVD:
  case ZYDIS_MNEMONIC_VPMASKMOVQ: return 1;
  default:
    return instruction->encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX &&
           instruction->avx.mask.reg != ZYDIS_REGISTER_NONE && instruction->avx.mask.reg != ZYDIS_REGISTER_K0;
  }
}

static OpinionStruct ask(void) {
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  ZydisDecodedInstruction instruction;
  OpinionStruct opinion;
  unsigned i;
  memset(&opinion, 0, sizeof opinion);
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, now.code, now.count, &instruction, operands)))
    return opinion;
  opinion.valid = 1;
  opinion.length = instruction.length;
  opinion.partial = isPartial(&instruction);
  for (i = 0; i < instruction.operand_count; ++i)
    takeMemory(&instruction, operands, &operands[i], &opinion);
  orderMemories(&opinion);
  opinion.string = instruction.meta.category == ZYDIS_CATEGORY_STRINGOP;
  return opinion;
}

/* what is required ------------------------------------------------------------- */

/* Of an instruction that is cut short, nothing may be made. */
static void requireTruncation(size_t length) {
  unsigned char whole[RecordCODE];
  ArchPlanStruct plan;
  size_t count;
  memcpy(whole, now.code, length);
  for (count = 1; count < length; ++count) {
    memcpy(guard - count, whole, count);
    REQUIRE(mutatorArchPlan(&plan, guard - count, count, (MutatorWord)guard) != MutatorDeclineNONE);
  }
  memcpy(now.code, whole, length);
}

/* Of the elements of a string, the first one that is accessed is one end of all. */
static void requireElements(const MutatorInstructionAccessStruct *access, const OpinionMemoryStruct *memory) {
  const MutatorWord first = (MutatorWord)access->address, last = first + (access->size - memory->size);
  REQUIRE(access->size % memory->size == 0 && (memory->address == first || memory->address == last));
}

/* Elements of the operand, in order, in one direction. */
static void requireInside(const ArchAccessesStruct *accesses, const OpinionStruct *opinion) {
  MutatorWord end = 0;
  unsigned i;
  REQUIRE(accesses->count <= MUTATOR_INSTRUCTION_ACCESSES);
  for (i = 0; i < accesses->count; ++i) {
    const MutatorWord at = (MutatorWord)accesses->access[i].address - opinion->memory[0].address;
    REQUIRE(at >= end && accesses->access[i].size > 0 && accesses->access[i].access == opinion->memory[0].access);
    end = at + accesses->access[i].size;
  }
  REQUIRE(end <= opinion->memory[0].size);
}

static void requireAccess(const ArchPlanStruct *plan, Machine machine, const OpinionStruct *opinion) {
  ArchAccessesStruct accesses;
  MutatorDecline decline = mutatorArchAccesses(plan, machine, &accesses);
  unsigned i;
  if (decline == MutatorDeclineSPLIT && mutatorArchPlanLocked(plan))
    return;
  if (decline == MutatorDeclineALIGNMENT)
    return;
  REQUIRE(decline == MutatorDeclineNONE);
  if (opinion->partial) {
    requireInside(&accesses, opinion);
    return;
  }
  REQUIRE(accesses.count == opinion->count || (accesses.count == 0 && opinion->string));
  for (i = 0; i < accesses.count; ++i) {
    REQUIRE(accesses.access[i].access == opinion->memory[i].access);
    if (opinion->string)
      requireElements(&accesses.access[i], &opinion->memory[i]);
    else
      REQUIRE(accesses.access[i].size == opinion->memory[i].size &&
              (MutatorWord)accesses.access[i].address == opinion->memory[i].address);
  }
}

static MutatorBool checkPlan(Machine machine, const OpinionStruct *opinion) {
  ArchPlanStruct plan;
  MutatorDecline decline = mutatorArchPlan(&plan, now.code, now.count, (MutatorWord)now.code);
  REQUIRE(decline < MutatorDeclineLIMIT);
  if (decline != MutatorDeclineNONE)
    return 0;
  REQUIRE(mutatorArchPlanLength(&plan) >= 1 && mutatorArchPlanLength(&plan) <= now.count);
  REQUIRE(mutatorArchPlanLength(&plan) <= ARCH_INSTRUCTION_MAX);
  REQUIRE(mutatorArchPlanName(&plan) != NULL);
  REQUIRE(opinion->valid && opinion->length == mutatorArchPlanLength(&plan) && opinion->count > 0);
  requireAccess(&plan, machine, opinion);
  requireTruncation(opinion->length);
  return 1;
}

/* Of operands relative to the next instruction only aligned ones are promised. */
static void checkOperand(Machine machine, const OpinionStruct *opinion) {
  MutatorWord address;
  size_t align = 0;
  if (!mutatorArchOperand(now.code, now.count, machine, &address, &align))
    return;
  REQUIRE(align != 0 && (align & (align - 1)) == 0 && align <= 64);
  if (opinion->hasMemory && (!opinion->relative || align > 1))
    REQUIRE(address == opinion->address);
}

static void requireCover(const MutatorInstructionStruct *instruction, MutatorWord address) {
  MutatorBool covers = 0;
  unsigned i;
  for (i = 0; i < instruction->count; ++i)
    covers |= address - (MutatorWord)instruction->access[i].address < instruction->access[i].size;
  REQUIRE(covers);
}

/* A record that the system never wrote: CanStep may say what it likes of it, as
 * long as it is consistent. */
static void checkContext(MutatorBool planned) {
  MutatorInstructionStruct instruction;
  MutatorContextStruct context;
  NativeStopStruct stop;
  unsigned reg;
  nativeFakeFault(&stop, now.registers[0], (unsigned)(now.seed & 0x17));
  REQUIRE(nativeInit(&context, &stop) == MutatorResOK);
  for (reg = 0; reg < MutatorRegisterFLAGS; ++reg)
    REQUIRE(MutatorContextSetRegister(&context, (MutatorRegister)reg, now.registers[reg]) == MutatorResOK);
  if (MutatorContextDecode(&context, &instruction) == MutatorResOK) {
    REQUIRE(planned && instruction.length <= now.count && memcmp(instruction.bytes, now.code, instruction.length) == 0);
  } else
    REQUIRE(!planned || MutatorContextDecline(&context) == MutatorDeclineEXECUTE ||
            MutatorContextDecline(&context) == MutatorDeclineBUSY ||
            MutatorContextDecline(&context) == MutatorDeclineSPLIT ||
            MutatorContextDecline(&context) == MutatorDeclineSEGMENT ||
            MutatorContextDecline(&context) == MutatorDeclineVECTOR ||
            MutatorContextDecline(&context) == MutatorDeclineALIGNMENT);
  if (MutatorContextCanStepInstruction(&context))
    requireCover(&instruction, now.registers[0]);
  (void)MutatorContextKind(&context);
}

static void runRecord(const uint8_t *record) {
  MachineStruct machine;
  OpinionStruct opinion;
  now.count = record[0] % RecordCODE + 1;
  now.code = guard - now.count;
  memcpy(now.code, record + 1, now.count);
  memcpy(&now.seed, record + 1 + RecordCODE, sizeof now.seed);
  fillRegisters();
  machine = makeMachine();
  opinion = ask();
  checkContext(checkPlan(&machine, &opinion));
  checkOperand(&machine, &opinion);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t at;
  setUp();
  for (at = 0; at < size; at += RecordSIZE) {
    uint8_t record[RecordSIZE] = {0};
    memcpy(record, data + at, size - at < RecordSIZE ? size - at : RecordSIZE);
    runRecord(record);
  }
  return 0;
}
