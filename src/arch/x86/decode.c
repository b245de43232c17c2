/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/decode.c -- Capstone's vote on a plan
 *
 * The plan comes from the bytes, by our own table.  Capstone decodes the same
 * bytes, and where it sees another length, register, displacement, immediate
 * or size, one of us is wrong and the instruction is declined.
 *
 * Only instructions in the table reach Capstone: 4.0.2 allocates memory on a
 * few others (CVTSD2SI r64, m64; AAD; AAM; XSTORE).
 */

#include "arch/x86/decoder.h"
#include "arch/x86/plan.h"

DecoderStruct mutatorDecoders[DecoderMAX];
AtomicWord mutatorDecoderCount;

/* Never waits: the holder may be the thread that this fault interrupted. */
static Decoder takeDecoder(void) {
  uintptr_t count = atomicLoadAcquire(&mutatorDecoderCount);
  uintptr_t i;
  for (i = 0; i < count; i++)
    if (atomicLoadRelaxed(&mutatorDecoders[i].busy) == 0 && atomicExchange(&mutatorDecoders[i].busy, 1) == 0)
      return &mutatorDecoders[i];
  return NULL;
}

static void giveDecoder(Decoder decoder) { atomicStoreRelease(&decoder->busy, 0); }

void mutatorArchForked(void) {
  unsigned i;
  for (i = 0; i < DecoderMAX; i++)
    atomicStore(&mutatorDecoders[i].busy, 0);
}

/* Registers by Capstone's name: number as encoded, width in bytes, and whether
 * it is the second byte of that register. */
typedef struct RegisterName {
  uint16_t name;
  uint8_t number, width, high;
} RegisterName;

#define LEGACY(number, r64, r32, r16, r8)                                                        \
  {X86_REG_##r64, number, 8, 0}, {X86_REG_##r32, number, 4, 0}, {X86_REG_##r16, number, 2, 0}, { \
    X86_REG_##r8, number, 1, 0                                                                   \
  }
#define EXTENDED(number) LEGACY(number, R##number, R##number##D, R##number##W, R##number##B)

static const RegisterName registerNames[] = {
    LEGACY(0, RAX, EAX, AX, AL),
    LEGACY(1, RCX, ECX, CX, CL),
    LEGACY(2, RDX, EDX, DX, DL),
    LEGACY(3, RBX, EBX, BX, BL),
    LEGACY(4, RSP, ESP, SP, SPL),
    LEGACY(5, RBP, EBP, BP, BPL),
    LEGACY(6, RSI, ESI, SI, SIL),
    LEGACY(7, RDI, EDI, DI, DIL),
    EXTENDED(8),
    EXTENDED(9),
    EXTENDED(10),
    EXTENDED(11),
    EXTENDED(12),
    EXTENDED(13),
    EXTENDED(14),
    EXTENDED(15),
    {X86_REG_AH, 0, 1, 1},
    {X86_REG_CH, 1, 1, 1},
    {X86_REG_DH, 2, 1, 1},
    {X86_REG_BH, 3, 1, 1},
    {X86_REG_RIP, MutatorRegisterPC, 8, 0},
    {X86_REG_EIP, MutatorRegisterPC, 4, 0},
};

static const RegisterName *findRegister(unsigned name) {
  size_t i;
  for (i = 0; i < sizeof registerNames / sizeof registerNames[0]; i++)
    if (registerNames[i].name == name)
      return &registerNames[i];
  return NULL;
}

/* RIZ and EIZ are Capstone's names for "no index". */
static MutatorBool isNoRegister(unsigned name) {
  return name == X86_REG_INVALID || name == X86_REG_RIZ || name == X86_REG_EIZ;
}

static MutatorBool sameAddressRegister(unsigned name, unsigned number, unsigned width) {
  const RegisterName *found;
  if (number == RawNONE || isNoRegister(name))
    return number == RawNONE && isNoRegister(name);
  found = findRegister(name);
  return found != NULL && found->number == number && found->width == width && !found->high;
}

/* Capstone names flat segments where the bytes override them; they change nothing. */
static MutatorBool sameSegment(unsigned name, unsigned segment) {
  if (segment == MachineSegmentFS)
    return name == X86_REG_FS;
  if (segment == MachineSegmentGS)
    return name == X86_REG_GS;
  return name != X86_REG_FS && name != X86_REG_GS;
}

/* Equal in the lowest `bytes` bytes. */
static MutatorBool sameValue(int64_t one, int64_t other, unsigned bytes) {
  unsigned unused = 64 - 8 * bytes;
  return (uint64_t)one << unused == (uint64_t)other << unused;
}

static MutatorBool sameMemory(const cs_x86_op *operand, const PlanStruct *plan) {
  return sameAddressRegister(operand->mem.base, plan->base, plan->addressSize) &&
         sameAddressRegister(operand->mem.index, plan->index, plan->addressSize) &&
         (plan->index == RawNONE || operand->mem.scale == 1 << plan->scale) &&
         sameSegment(operand->mem.segment, plan->segment) &&
         sameValue(operand->mem.disp, plan->displacement, plan->addressSize) && operand->size == plan->size;
}

/* A string operand is a register alone; the destination's segment is ES whatever the bytes say. */
static MutatorBool sameString(const cs_x86_op *operand, const PlanStruct *plan, unsigned reg) {
  PlanStruct string = *plan;
  string.base = (uint8_t)reg;
  string.index = RawNONE;
  string.displacement = 0;
  if (reg == MachineDI)
    string.segment = RawNONE;
  return sameMemory(operand, &string);
}

static MutatorBool isRegister(const cs_x86_op *operand, unsigned number, unsigned width, MutatorBool high) {
  const RegisterName *found = operand->type == X86_OP_REG ? findRegister(operand->reg) : NULL;
  return found != NULL && found->number == number && found->width == width && found->high == high;
}

static MutatorBool sameRegister(const cs_x86_op *operand, const PlanStruct *plan) {
  return (plan->flags & PlanIMMEDIATE) == 0 &&
         isRegister(operand, plan->reg, plan->width, (plan->flags & PlanHIGH) != 0);
}

static MutatorBool sameImmediate(const cs_x86_op *operand, const PlanStruct *plan, unsigned bytes) {
  return operand->type == X86_OP_IMM && sameValue(operand->imm, plan->immediate, bytes);
}

/* What Capstone lists, in its order. */
typedef enum Expected {
  ExpectedNOTHING = 0,
  ExpectedMEMORY,
  ExpectedREGISTER,
  ExpectedVREGISTER,
  ExpectedCL,
  ExpectedIMMEDIATE,
  ExpectedBYTE, /* an immediate, of which the lowest byte counts */
  ExpectedWORD, /* of which two count */
  ExpectedONE,
  ExpectedTARGET,
  ExpectedSOURCE,
  ExpectedDESTINATION
} Expected;

static const unsigned char expectations[][3] = {
    [OpcodeFormRM_R] = {ExpectedMEMORY, ExpectedREGISTER},
    [OpcodeFormR_RM] = {ExpectedREGISTER, ExpectedMEMORY},
    [OpcodeFormRM_I] = {ExpectedMEMORY, ExpectedIMMEDIATE},
    [OpcodeFormRM_I8] = {ExpectedMEMORY, ExpectedIMMEDIATE},
    [OpcodeFormA_OFFSET] = {ExpectedREGISTER, ExpectedMEMORY},
    [OpcodeFormOFFSET_A] = {ExpectedMEMORY, ExpectedREGISTER},
    [OpcodeFormRM] = {ExpectedMEMORY},
    [OpcodeFormRM_U8] = {ExpectedMEMORY, ExpectedBYTE},
    [OpcodeFormRM_1] = {ExpectedMEMORY, ExpectedONE},
    [OpcodeFormRM_CL] = {ExpectedMEMORY, ExpectedCL},
    [OpcodeFormRM_R_U8] = {ExpectedMEMORY, ExpectedREGISTER, ExpectedBYTE},
    [OpcodeFormRM_R_CL] = {ExpectedMEMORY, ExpectedREGISTER, ExpectedCL},
    [OpcodeFormR_RM_I] = {ExpectedREGISTER, ExpectedMEMORY, ExpectedIMMEDIATE},
    [OpcodeFormR_RM_I8] = {ExpectedREGISTER, ExpectedMEMORY, ExpectedIMMEDIATE},
    [OpcodeFormR_V_RM] = {ExpectedREGISTER, ExpectedVREGISTER, ExpectedMEMORY},
    [OpcodeFormR_RM_V] = {ExpectedREGISTER, ExpectedMEMORY, ExpectedVREGISTER},
    [OpcodeFormV_RM] = {ExpectedVREGISTER, ExpectedMEMORY},
    [OpcodeFormO] = {ExpectedREGISTER},
    [OpcodeFormI] = {ExpectedIMMEDIATE},
    [OpcodeFormI8] = {ExpectedIMMEDIATE},
    [OpcodeFormI16] = {ExpectedWORD},
    [OpcodeFormREL] = {ExpectedTARGET},
    [OpcodeFormNONE] = {ExpectedNOTHING},
    [OpcodeFormMEM_MEM] = {ExpectedDESTINATION, ExpectedSOURCE},
    [OpcodeFormMEM_MEM2] = {ExpectedSOURCE, ExpectedDESTINATION},
    [OpcodeFormMEM_A] = {ExpectedDESTINATION, ExpectedREGISTER},
    [OpcodeFormA_MEM] = {ExpectedREGISTER, ExpectedSOURCE},
};

static MutatorBool sameTarget(const cs_x86_op *operand, const PlanStruct *plan, MutatorWord pc) {
  return operand->type == X86_OP_IMM &&
         (MutatorWord)operand->imm == pc + plan->length + (MutatorWord)(intptr_t)plan->immediate;
}

static MutatorBool sameOne(const cs_x86_op *operand) { return operand->type == X86_OP_IMM && operand->imm == 1; }

/* SCAS has its one string operand at rDI. */
static unsigned stringRegister(const PlanStruct *plan, Expected expected) {
  const unsigned implicit = mutatorOpcodeRows[plan->row].implicit;
  return expected == ExpectedSOURCE && implicit != OpcodeImplicitSCANNED ? MachineSI : MachineDI;
}

static MutatorBool sameOperand(const cs_x86_op *operand, const PlanStruct *plan, MutatorWord pc, Expected expected) {
  switch (expected) {
  case ExpectedMEMORY: return operand->type == X86_OP_MEM && sameMemory(operand, plan);
  case ExpectedREGISTER: return sameRegister(operand, plan);
  case ExpectedVREGISTER: return isRegister(operand, plan->vreg, plan->width, 0);
  case ExpectedCL: return isRegister(operand, MachineC, 1, 0);
  case ExpectedIMMEDIATE: return sameImmediate(operand, plan, plan->width);
  case ExpectedBYTE: return sameImmediate(operand, plan, 1);
  case ExpectedWORD: return sameImmediate(operand, plan, 2);
  case ExpectedONE: return sameOne(operand);
  case ExpectedTARGET: return sameTarget(operand, plan, pc);
  case ExpectedSOURCE:
  case ExpectedDESTINATION:
    return operand->type == X86_OP_MEM && sameString(operand, plan, stringRegister(plan, expected));
  default: return 0;
  }
}

/* Each operand must be where the row's form has it, and there must be no other. */
static MutatorBool sameOperands(const cs_x86 *x86, const PlanStruct *plan, MutatorWord pc) {
  const unsigned char *expected = expectations[mutatorOpcodeRows[plan->row].form];
  unsigned i, count = 0;
  while (count < 3 && expected[count] != ExpectedNOTHING)
    count++;
  if (x86->op_count != count)
    return 0;
  for (i = 0; i < count; i++)
    if (!sameOperand(&x86->operands[i], plan, pc, (Expected)expected[i]))
      return 0;
  return 1;
}

/* Where Capstone has names of its own for sizes: the row's, then by log2 of the size. */
static const uint16_t sizedNames[][5] = {
    {X86_INS_MOVSB, X86_INS_MOVSB, X86_INS_MOVSW, X86_INS_MOVSD, X86_INS_MOVSQ},
    {X86_INS_CMPSB, X86_INS_CMPSB, X86_INS_CMPSW, X86_INS_CMPSD, X86_INS_CMPSQ},
    {X86_INS_STOSB, X86_INS_STOSB, X86_INS_STOSW, X86_INS_STOSD, X86_INS_STOSQ},
    {X86_INS_LODSB, X86_INS_LODSB, X86_INS_LODSW, X86_INS_LODSD, X86_INS_LODSQ},
    {X86_INS_SCASB, X86_INS_SCASB, X86_INS_SCASW, X86_INS_SCASD, X86_INS_SCASQ},
    {X86_INS_PUSHFQ, X86_INS_INVALID, X86_INS_PUSHF, X86_INS_PUSHFD, X86_INS_PUSHFQ},
};

static unsigned nameOf(const PlanStruct *plan) {
  static const unsigned char columns[9] = {[1] = 1, [2] = 2, [4] = 3, [8] = 4};
  const unsigned name = mutatorOpcodeRows[plan->row].capstone;
  unsigned i;
  for (i = 0; i < sizeof sizedNames / sizeof sizedNames[0]; i++)
    if (sizedNames[i][0] == name && plan->size <= 8)
      return sizedNames[i][columns[plan->size]];
  return name;
}

/* The id alone says little, but a wrong one says enough.  An absolute address
 * is MOVABS when it has 64 bits. */
static MutatorBool sameName(unsigned id, const PlanStruct *plan) {
  const unsigned name = nameOf(plan);
  return id == name || (name == X86_INS_MOV && id == X86_INS_MOVABS);
}

static MutatorBool agrees(const cs_insn *instruction, const PlanStruct *plan, MutatorWord pc, OpcodeVote vote) {
  if (instruction->size != plan->length)
    return 0;
  return vote == OpcodeVoteLENGTH ||
         (sameName(instruction->id, plan) && sameOperands(&instruction->detail->x86, plan, pc));
}

/* Of 66 and F2 or F3 on a string instruction Capstone 4 overlooks the first. */
static OpcodeVote voteOn(const PlanStruct *plan) {
  const OpcodeVote vote = (OpcodeVote)mutatorOpcodeRows[plan->row].vote[CS_API_MAJOR - 4];
  if ((plan->flags & PlanREPEAT) != 0 && plan->size == 2 && vote == OpcodeVoteFULL)
    return OpcodeVoteLENGTH;
  return vote;
}

static MutatorDecline ask(Decoder decoder, const PlanStruct *plan, const unsigned char *bytes, MutatorWord pc,
                          OpcodeVote vote) {
  const uint8_t *code = bytes;
  size_t size = plan->length;
  uint64_t address = pc;
  if (!cs_disasm_iter(decoder->handle, &code, &size, &address, decoder->instruction))
    return MutatorDeclineDECODER;
  return agrees(decoder->instruction, plan, pc, vote) ? MutatorDeclineNONE : MutatorDeclineDECODER;
}

MutatorDecline mutatorDecodeVote(const PlanStruct *plan, const unsigned char *bytes, MutatorWord pc) {
  OpcodeVote vote = voteOn(plan);
  Decoder decoder;
  MutatorDecline decline;
  if (vote == OpcodeVoteNONE)
    return MutatorDeclineNONE;
  decoder = takeDecoder();
  if (decoder == NULL)
    return MutatorDeclineBUSY;
  decline = ask(decoder, plan, bytes, pc, vote);
  giveDecoder(decoder);
  return decline;
}
