/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_operation.c -- semantics that run the CPU's own instruction
 *
 * A semantic says where the three words of an operation come from and where
 * they go; the row says which operation.
 */

#include "arch/x86/native.h"
#include "arch/x86/operation.h"
#include "arch/x86/step.h"

/* Where a word comes from, or goes. */
typedef enum Place {
  NOWHERE = 0,
  MEMORY,
  OTHER,       /* the register operand, or the immediate */
  REGISTER,    /* the register operand */
  IMMEDIATE,   /* sign-extended */
  COUNT,       /* how far to shift: the immediate, 1, or CL */
  VREGISTER,   /* that VEX.vvvv names */
  ACCUMULATOR, /* rAX, whole */
  DATA         /* rDX, whole */
} Place;

typedef struct Wiring {
  unsigned char from[3], to[3]; /* of a, b and c */
} Wiring;

static const Wiring wirings[OpcodeSemanticLIMIT] = {
    [OpcodeSemanticCOMPARE] = {{MEMORY, OTHER}, {NOWHERE}},
    [OpcodeSemanticCOMPAREREVERSED] = {{OTHER, MEMORY}, {NOWHERE}},
    [OpcodeSemanticMODIFY] = {{MEMORY, OTHER, COUNT}, {MEMORY}},
    [OpcodeSemanticCOMBINE] = {{REGISTER, MEMORY}, {REGISTER}},
    [OpcodeSemanticCOMBINEIMMEDIATE] = {{IMMEDIATE, MEMORY}, {REGISTER}},
    [OpcodeSemanticEXCHANGE] = {{MEMORY, REGISTER}, {MEMORY, REGISTER}},
    [OpcodeSemanticCOMPAREEXCHANGE] = {{ACCUMULATOR, REGISTER, MEMORY}, {ACCUMULATOR, NOWHERE, MEMORY}},
    [OpcodeSemanticACCUMULATE] = {{ACCUMULATOR, DATA, MEMORY}, {ACCUMULATOR, DATA}},
    [OpcodeSemanticDIVIDE] = {{ACCUMULATOR, DATA, MEMORY}, {ACCUMULATOR, DATA}},
    [OpcodeSemanticDIVIDESIGNED] = {{ACCUMULATOR, DATA, MEMORY}, {ACCUMULATOR, DATA}},
    [OpcodeSemanticSET] = {{NOWHERE}, {MEMORY}},
    [OpcodeSemanticVEX] = {{NOWHERE, VREGISTER, MEMORY}, {REGISTER}},
    [OpcodeSemanticVEXREVERSED] = {{NOWHERE, VREGISTER, MEMORY}, {REGISTER}},
    [OpcodeSemanticVEXSINGLE] = {{NOWHERE, NOWHERE, MEMORY}, {VREGISTER}},
    [OpcodeSemanticVEXROTATE] = {{MEMORY, NOWHERE, COUNT}, {REGISTER}},
    [OpcodeSemanticVEXMULTIPLY] = {{NOWHERE, DATA, MEMORY}, {REGISTER, NOWHERE, VREGISTER}},
};

/* A word of at least 32 bits goes in and comes out whole, so that the upper half
 * is what the instruction makes of it. */
static MutatorWord registerIn(const StepStruct *step) {
  return step->plan->width >= 4 ? *machineRegister(step->machine, step->plan->reg) : mutatorStepReadRegister(step);
}

static void registerOut(const StepStruct *step, MutatorWord value) {
  if (step->plan->width >= 4)
    *machineRegister(step->machine, step->plan->reg) = value;
  else
    mutatorStepWriteRegister(step, value);
}

static MutatorWord countIn(const StepStruct *step) {
  switch (step->row->form) {
  case OpcodeFormRM_1: return 1;
  case OpcodeFormRM_CL:
  case OpcodeFormRM_R_CL: return *machineRegister(step->machine, MachineC);
  default: return (MutatorWord)(intptr_t)step->plan->immediate;
  }
}

/* The usual places first: a branch is foreseen sooner than a jump by a table. */
static MutatorWord wordIn(const StepStruct *step, unsigned place, MutatorWord memory) {
  if (place == NOWHERE)
    return 0;
  if (place == MEMORY)
    return memory;
  if (place == OTHER)
    return mutatorStepOtherOperand(step);
  switch (place) {
  case REGISTER: return registerIn(step);
  case IMMEDIATE: return (MutatorWord)(intptr_t)step->plan->immediate;
  case COUNT: return countIn(step);
  case VREGISTER: return *machineRegister(step->machine, step->plan->vreg);
  case ACCUMULATOR: return *machineRegister(step->machine, MachineA);
  case DATA: return *machineRegister(step->machine, MachineD);
  default: return 0;
  }
}

static void wordOut(const StepStruct *step, unsigned place, MutatorWord value) {
  if (place <= MEMORY)
    return;
  switch (place) {
  case REGISTER: registerOut(step, value); return;
  case VREGISTER: *machineRegister(step->machine, step->plan->vreg) = value; return;
  case ACCUMULATOR: *machineRegister(step->machine, MachineA) = value; return;
  case DATA: *machineRegister(step->machine, MachineD) = value; return;
  default: return;
  }
}

static void run(const StepStruct *step, const Wiring *wiring, MutatorWord memory, NativeOperands operands) {
  operands->a = wordIn(step, wiring->from[0], memory);
  operands->b = wordIn(step, wiring->from[1], memory);
  operands->c = wordIn(step, wiring->from[2], memory);
  operands->flags = *machineFlags(step->machine) & MachineFlagsSTATUS;
  mutatorOperationFind(step->row->thunk, step->plan->size)(operands);
}

/* Of two results in one register the first stays (Intel SDM volume 2, MULX; XADD AL, AL has one in memory). */
static void finish(const StepStruct *step, const Wiring *wiring, const NativeOperandsStruct *operands) {
  wordOut(step, wiring->to[2], operands->c);
  wordOut(step, wiring->to[1], operands->b);
  wordOut(step, wiring->to[0], operands->a);
  if ((step->row->flags & OpcodeFlagKEEPFLAGS) == 0)
    mutatorStepWriteFlags(step, operands->flags);
}

static MutatorBool writesMemory(const Wiring *wiring) { return wiring->to[0] == MEMORY || wiring->to[2] == MEMORY; }

static MutatorWord memoryOut(const Wiring *wiring, const NativeOperandsStruct *operands) {
  return wiring->to[0] == MEMORY ? operands->a : operands->c;
}

/* A register that becomes a stack pointer with which no handler can return. */
static MutatorBool allowed(const StepStruct *step, const Wiring *wiring, const NativeOperandsStruct *operands) {
  const MutatorWord words[3] = {operands->a, operands->b, operands->c};
  unsigned i;
  if (step->plan->reg != MachineSP && step->plan->vreg != MachineSP)
    return 1;
  for (i = 0; i < 3; i++) {
    const unsigned reg = wiring->to[i] == REGISTER    ? step->plan->reg
                         : wiring->to[i] == VREGISTER ? step->plan->vreg
                                                      : RawNONE;
    if (reg == MachineSP && step->plan->width >= 4)
      return mutatorStepStackPointerAllowed(words[i]);
  }
  return 1;
}

/* A loop that others keep from ending is ended: the CPU, which waits for nobody, is better at it. */
enum { TriesMAX = 10000 };

/* Without LOCK the CPU promises nothing to other CPUs, and yet no thread on the
 * same one can come between load and store; so it is a compare-and-swap too, where
 * the memory has one. */
static MutatorRes replace(Step step, const Wiring *wiring, MutatorWord memory, NativeOperands operands) {
  const MutatorBool locked = (step->plan->flags & PlanLOCK) != 0;
  unsigned tries;
  for (tries = 0; tries < TriesMAX; tries++) {
    MutatorWord desired;
    MutatorRes res;
    run(step, wiring, memory, operands);
    if (!allowed(step, wiring, operands))
      return MutatorResACCESS;
    desired = memoryOut(wiring, operands);
    res = mutatorArchCompareAndSwap(step->memory, step->access->address, &memory, &desired, step->access->size);
    if (res == MutatorResUNIMPL && !locked)
      return mutatorStepStoreWord(step, 0, desired);
    if (res != MutatorResFAIL)
      return res;
  }
  return MutatorResACCESS;
}

static MutatorRes modify(Step step, const Wiring *wiring, MutatorWord memory) {
  NativeOperandsStruct operands;
  MutatorRes res = replace(step, wiring, memory, &operands);
  if (res == MutatorResOK)
    finish(step, wiring, &operands);
  return res;
}

MutatorRes mutatorStepOperate(Step step) {
  const Wiring *wiring = &wirings[step->row->semantic];
  NativeOperandsStruct operands;
  MutatorWord memory;
  MutatorRes res = mutatorStepLoadWord(step, 0, &memory);
  if (res != MutatorResOK)
    return res;
  if (writesMemory(wiring))
    return modify(step, wiring, memory);
  run(step, wiring, memory, &operands);
  if (!allowed(step, wiring, &operands))
    return MutatorResACCESS;
  finish(step, wiring, &operands);
  return MutatorResOK;
}

/* SETcc does not read what it replaces. */
MutatorRes mutatorStepSet(Step step) {
  NativeOperandsStruct operands;
  run(step, &wirings[OpcodeSemanticSET], 0, &operands);
  return mutatorStepStoreWord(step, 0, operands.a);
}

/* division -------------------------------------------------------------------- */

/* DividendStruct -- what DIV and IDIV divide: two words of the operand's size */
typedef struct DividendStruct {
  MutatorWord high, low, divisor;
  unsigned bytes;
} DividendStruct;

static DividendStruct dividendOf(const StepStruct *step, MutatorWord divisor) {
  const MutatorWord a = *machineRegister(step->machine, MachineA), d = *machineRegister(step->machine, MachineD);
  const unsigned bytes = step->plan->size;
  DividendStruct dividend = {mutatorStepLowBits(bytes == 1 ? a >> 8 : d, bytes), mutatorStepLowBits(a, bytes), divisor,
                             bytes};
  return dividend;
}

/* The quotient has more bits than the operand, or the divisor is 0. */
static MutatorBool overflows(const DividendStruct *dividend) { return dividend->high >= dividend->divisor; }

static MutatorBool isNegative(MutatorWord value, unsigned bytes) { return (value >> (8 * bytes - 1) & 1) != 0; }

static MutatorWord negated(MutatorWord value, unsigned bytes) { return mutatorStepLowBits(0 - value, bytes); }

static MutatorBool makePositive(DividendStruct *dividend) {
  const unsigned bytes = dividend->bytes;
  const MutatorBool dividendNegative = isNegative(dividend->high, bytes);
  const MutatorBool divisorNegative = isNegative(dividend->divisor, bytes);
  if (dividendNegative) {
    dividend->high = mutatorStepLowBits(~dividend->high + (dividend->low == 0), bytes);
    dividend->low = negated(dividend->low, bytes);
  }
  if (divisorNegative)
    dividend->divisor = negated(dividend->divisor, bytes);
  return dividendNegative != divisorNegative;
}

static MutatorWord quotientOf(const DividendStruct *dividend) {
  const unsigned bytes = dividend->bytes;
  NativeOperandsStruct operands = {dividend->low, dividend->high, dividend->divisor, 0};
  if (bytes == 1)
    operands.a |= dividend->high << 8;
  mutatorOperationFind(OpcodeOperationDiv, bytes)(&operands);
  return mutatorStepLowBits(operands.a, bytes);
}

/* A positive quotient has one bit less, a negative one may be one more than that. */
static MutatorBool overflowsSigned(DividendStruct *dividend) {
  const MutatorWord limit = (MutatorWord)1 << (8 * dividend->bytes - 1);
  const MutatorBool negative = makePositive(dividend);
  MutatorWord quotient;
  if (overflows(dividend))
    return 1;
  quotient = quotientOf(dividend);
  return negative ? quotient > limit : quotient >= limit;
}

/* The CPU's own divide error must be raised by the CPU, at the program's own instruction. */
MutatorRes mutatorStepDivide(Step step) {
  DividendStruct dividend;
  MutatorWord memory;
  MutatorRes res = mutatorStepLoadWord(step, 0, &memory);
  NativeOperandsStruct operands;
  if (res != MutatorResOK)
    return res;
  dividend = dividendOf(step, memory);
  if (step->row->semantic == OpcodeSemanticDIVIDE ? overflows(&dividend) : overflowsSigned(&dividend))
    return MutatorResACCESS;
  run(step, &wirings[step->row->semantic], memory, &operands);
  finish(step, &wirings[step->row->semantic], &operands);
  return MutatorResOK;
}

/* CMPXCHG8B and CMPXCHG16B ---------------------------------------------------- */

typedef struct PairStruct {
  MutatorWord low, high;
} PairStruct;

/* In 64-bit mode CMPXCHG8B's pair is of 32-bit halves. */
static PairStruct pairOf(const StepStruct *step, unsigned low, unsigned high) {
  const unsigned half = step->plan->size / 2;
  const MutatorWord lowWord = *machineRegister(step->machine, low), highWord = *machineRegister(step->machine, high);
  PairStruct pair = {lowWord, highWord};
  if (half < sizeof(MutatorWord)) {
    pair.low = (lowWord & 0xffffffff) | (MutatorWord)((uint64_t)highWord << 32);
    pair.high = 0;
  }
  return pair;
}

static void writePair(const StepStruct *step, const PairStruct *pair) {
  const unsigned half = step->plan->size / 2;
  const MutatorBool packed = half < sizeof(MutatorWord);
  *machineRegister(step->machine, MachineA) = packed ? pair->low & 0xffffffff : pair->low;
  *machineRegister(step->machine, MachineD) = packed ? (MutatorWord)((uint64_t)pair->low >> 32) : pair->high;
}

static MutatorBool samePair(const PairStruct *one, const PairStruct *other) {
  return one->low == other->low && one->high == other->high;
}

/* Where no compare-and-swap is to be had, and none is promised: load, compare, store.
 * The CPU stores what it has loaded when they differ. */
static MutatorRes exchangePlainly(const StepStruct *step, PairStruct *expected, const PairStruct *desired) {
  const MutatorInstructionAccessStruct *access = step->access;
  PairStruct found = {0, 0};
  MutatorRes res = mutatorArchLoad(step->memory, &found, access->address, access->size);
  MutatorBool same;
  if (res != MutatorResOK)
    return res;
  same = samePair(&found, expected);
  res = mutatorArchStore(step->memory, access->address, same ? desired : &found, access->size);
  if (res != MutatorResOK || same)
    return res;
  *expected = found;
  return MutatorResFAIL;
}

static MutatorRes exchange(const StepStruct *step, PairStruct *expected, const PairStruct *desired) {
  const MutatorInstructionAccessStruct *access = step->access;
  MutatorRes res = mutatorArchCompareAndSwap(step->memory, access->address, expected, desired, access->size);
  if (res == MutatorResUNIMPL && (step->plan->flags & PlanLOCK) == 0)
    return exchangePlainly(step, expected, desired);
  return res;
}

/* ZF is the result of the comparison, the other flags stay (Intel SDM volume 2, CMPXCHG8B). */
MutatorRes mutatorStepCompareExchangePair(Step step) {
  PairStruct expected = pairOf(step, MachineA, MachineD), desired = pairOf(step, MachineB, MachineC);
  uint32_t *flags = machineFlags(step->machine);
  MutatorRes res = exchange(step, &expected, &desired);
  if (res != MutatorResOK && res != MutatorResFAIL)
    return res;
  if (res == MutatorResFAIL)
    writePair(step, &expected);
  *flags = (*flags & ~(uint32_t)MachineFlagZF) | (res == MutatorResOK ? MachineFlagZF : 0);
  return MutatorResOK;
}
