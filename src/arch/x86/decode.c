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

static MutatorBool sameRegister(const cs_x86_op *operand, const PlanStruct *plan) {
  const RegisterName *found = findRegister(operand->reg);
  return (plan->flags & PlanIMMEDIATE) == 0 && found != NULL && found->number == plan->reg &&
         found->width == plan->width && found->high == ((plan->flags & PlanHIGH) != 0);
}

static MutatorBool sameImmediate(const cs_x86_op *operand, const PlanStruct *plan) {
  return (plan->flags & PlanIMMEDIATE) != 0 && sameValue(operand->imm, plan->immediate, plan->width);
}

static MutatorBool sameOperand(const cs_x86_op *operand, const PlanStruct *plan) {
  switch (operand->type) {
  case X86_OP_MEM: return sameMemory(operand, plan);
  case X86_OP_REG: return sameRegister(operand, plan);
  case X86_OP_IMM: return sameImmediate(operand, plan);
  default: return 0;
  }
}

/* One memory operand and one other, which must be where the row's form has them. */
static MutatorBool sameOperands(const cs_x86 *x86, const PlanStruct *plan) {
  const OpcodeRow *row = &mutatorOpcodeRows[plan->row];
  unsigned memory = row->form == OpcodeFormR_RM || row->form == OpcodeFormA_OFFSET;
  return x86->op_count == 2 && x86->operands[memory].type == X86_OP_MEM &&
         x86->operands[1 - memory].type != X86_OP_MEM && sameOperand(&x86->operands[0], plan) &&
         sameOperand(&x86->operands[1], plan);
}

/* The id alone says little, but a wrong one says enough.  An absolute address
 * is MOVABS when it has 64 bits. */
static MutatorBool sameName(unsigned id, const OpcodeRow *row) {
  return id == row->capstone || (row->capstone == X86_INS_MOV && id == X86_INS_MOVABS);
}

static MutatorBool agrees(const cs_insn *instruction, const PlanStruct *plan, OpcodeVote vote) {
  const OpcodeRow *row = &mutatorOpcodeRows[plan->row];
  if (instruction->size != plan->length)
    return 0;
  return vote == OpcodeVoteLENGTH || (sameName(instruction->id, row) && sameOperands(&instruction->detail->x86, plan));
}

static MutatorDecline ask(Decoder decoder, const PlanStruct *plan, const unsigned char *bytes, MutatorWord pc,
                          OpcodeVote vote) {
  const uint8_t *code = bytes;
  size_t size = plan->length;
  uint64_t address = pc;
  if (!cs_disasm_iter(decoder->handle, &code, &size, &address, decoder->instruction))
    return MutatorDeclineDECODER;
  return agrees(decoder->instruction, plan, vote) ? MutatorDeclineNONE : MutatorDeclineDECODER;
}

MutatorDecline mutatorDecodeVote(const PlanStruct *plan, const unsigned char *bytes, MutatorWord pc) {
  OpcodeVote vote = mutatorOpcodeRows[plan->row].vote[CS_API_MAJOR - 4];
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
