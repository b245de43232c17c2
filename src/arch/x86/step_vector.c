/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_vector.c -- semantics of vector, MMX and x87 rows
 *
 * .source.sdm: Intel SDM volume 1, chapters 8, 10, 14 and 15; volume 2.
 */

#include "arch/x86/features.h"
#include "arch/x86/vector.h"

#include <string.h>

enum { MxcsrMASKS = 0x1f80, ImageMxcsrAT = 24 };

/* WorkStruct -- one vector instruction being performed; the run comes first */
typedef struct WorkStruct {
  VectorStateStruct state;
  VectorSpansStruct spans;
  Vector vector;
  Step step;
  const PlanStruct *plan;
  const OpcodeRow *row;
  const OpcodeVectorRow *kind;
} WorkStruct, *Work;

static VectorRun runOf(Work work) { return &work->state.run; }

static MutatorBool usesX87(const WorkStruct *work) {
  return work->kind->target == OpcodeTargetX87 || work->kind->target == OpcodeTargetMMX ||
         work->kind->target == OpcodeTargetVECTORMMX;
}

/* x87 rows have the operation, not a register, in ModR/M.reg. */
static unsigned registerOf(const WorkStruct *work) { return work->plan->reg; }

static uint64_t thunkOf(const PlanStruct *plan) {
  const size_t slot = (size_t)(plan->row - mutatorOpcodeVectorFirst) * VectorLENGTHS + plan->vectorLength;
  return (uintptr_t)(mutatorVectorThunks + slot * VectorTHUNK);
}

/* inputs ------------------------------------------------------------------------ */

/* What a run does not use of its registers and operand stays as it is. */
static void begin(Work work, Step step) {
  work->step = step;
  work->plan = step->plan;
  work->row = step->row;
  work->kind = opcodeVector(step->plan->row);
  work->vector = step->vector;
  mutatorVectorSpans(work->plan, work->vector, &work->spans);
  runOf(work)->thunk = thunkOf(work->plan);
  runOf(work)->targetMask = 0;
  runOf(work)->general = 0;
}

/* Exceptions were seen to be masked; of a row that raises none, they are now. */
static uint32_t mxcsrOf(const WorkStruct *work) {
  return (work->vector->mxcsr == NULL ? 0 : *work->vector->mxcsr) | MxcsrMASKS;
}

/* Zeroing is merging into zero, unless the destination is a source. */
static MutatorBool startsZero(const WorkStruct *work) {
  return (work->plan->vectorFlags & PlanZEROING) != 0 && (work->kind->flags & OpcodeVectorSOURCE) == 0;
}

/* Bytes of a vector register that a space's instructions see. */
static size_t bytesSeen(const WorkStruct *work) {
  return work->row->space == RawSpaceLEGACY ? 16 : work->row->space == RawSpaceVEX ? 32 : 64;
}

static void readSource(Work work) {
  if ((work->kind->flags & OpcodeVectorVREG) != 0)
    mutatorVectorRead(work->vector, work->plan->vreg, runOf(work)->source, bytesSeen(work));
}

static void readTarget(Work work) {
  if (startsZero(work))
    memset(runOf(work)->target, 0, sizeof runOf(work)->target);
  else
    mutatorVectorRead(work->vector, registerOf(work), runOf(work)->target, bytesSeen(work));
}

static void readRegisters(Work work) {
  VectorRun run = runOf(work);
  run->mask = mutatorVectorMask(work->plan, work->vector);
  switch (work->kind->target) {
  case OpcodeTargetMASK:
    run->targetMask = mutatorVectorReadMask(work->vector, registerOf(work) & 7);
    readSource(work);
    break;
  case OpcodeTargetGENERAL: break;
  default:
    readTarget(work);
    readSource(work);
    break;
  }
}

/* The thunk's register 0 is the row's register: of the eight MMX registers the
 * numbers are absolute, so their slots trade places around the run. */
static void tradeMMX(Work work) {
  unsigned char *image = work->state.image, slot[16];
  enum { X87AT = 32 };
  const unsigned top = image[3] >> 3 & 7;
  unsigned char *zero = image + X87AT + (size_t)((0 - top) & 7) * 16;
  unsigned char *other = image + X87AT + (size_t)((registerOf(work) - top) & 7) * 16;
  memcpy(slot, zero, sizeof slot);
  memcpy(zero, other, sizeof slot);
  memcpy(other, slot, sizeof slot);
}

/* The registers that matter are in the image: x87, XMM0, MXCSR. */
static MutatorBool readState(Work work) {
  unsigned char *image = work->state.image;
  const uint32_t mxcsr = mxcsrOf(work);
  if (!work->step->machine->vectors->readX87(work->step->machine, image))
    return 0;
  memcpy(image + ImageMxcsrAT, &mxcsr, sizeof mxcsr);
  if (work->kind->target == OpcodeTargetVECTORMMX)
    mutatorVectorRead(work->vector, registerOf(work), image + VectorXmmAT, 16);
  if (work->kind->target == OpcodeTargetMMX)
    tradeMMX(work);
  return 1;
}

/* running ----------------------------------------------------------------------- */

static void (*runnerOf(const WorkStruct *work))(VectorRun run) {
  if (work->row->space == RawSpaceEVEX || work->kind->target == OpcodeTargetMASK)
    return mutatorVectorRunAVX512;
  return work->row->space == RawSpaceVEX ? mutatorVectorRunAVX : mutatorVectorRunSSE;
}

static void clearAbove(Work work, size_t length) {
  memset(runOf(work)->target + length, 0, sizeof runOf(work)->target - length);
}

static MutatorBool isFloat(const WorkStruct *work) { return (work->kind->flags & OpcodeVectorFLOAT) != 0; }

static void runFloat(Work work) {
  runOf(work)->mxcsr = mxcsrOf(work);
  mutatorVectorEnterFloat(runOf(work));
  runnerOf(work)(runOf(work));
  mutatorVectorLeaveFloat(runOf(work));
}

/* A handler's own exceptions are clear, unless it has made some. */
static MutatorBool runX87(Work work) {
  enum { ExceptionBITS = 0xff };
  if (!readState(work))
    return 0;
  if ((mutatorVectorX87Status() & ExceptionBITS) == 0)
    mutatorVectorRunX87(&work->state);
  else
    mutatorVectorRunX87Beside(&work->state);
  return 1;
}

static MutatorBool run(Work work) {
  if (usesX87(work))
    return runX87(work);
  readRegisters(work);
  if (isFloat(work))
    runFloat(work);
  else
    runnerOf(work)(runOf(work));
  if (work->row->space == RawSpaceVEX)
    clearAbove(work, 32); /* the run saw no more; the CPU clears up to the longest vector (volume 1, section 14.1.2) */
  return 1;
}

/* results ----------------------------------------------------------------------- */

/* Elements that the mask leaves out become zero. */
static void zeroElements(Work work) {
  const size_t size = work->kind->element;
  const size_t count = (work->kind->flags & OpcodeVectorLIG) != 0 ? 1 : ((size_t)16 << work->plan->vectorLength) / size;
  size_t i;
  for (i = 0; i < count; i++)
    if ((runOf(work)->mask >> i & 1) == 0)
      memset(runOf(work)->target + i * size, 0, size);
}

static MutatorBool writeVector(Work work) {
  if ((work->plan->vectorFlags & PlanZEROING) != 0 && (work->kind->flags & OpcodeVectorSOURCE) != 0)
    zeroElements(work);
  return mutatorVectorWrite(work->step->machine, work->vector, work->row->space, registerOf(work), runOf(work)->target);
}

static void writeFlags(Work work) {
  uint32_t *saved = machineFlags(work->step->machine);
  *saved = (*saved & ~(uint32_t)MachineFlagsSTATUS) | ((uint32_t)runOf(work)->flags & MachineFlagsSTATUS);
}

static void setMxcsr(Work work, uint32_t value) {
  *work->vector->mxcsr = value;
  if (work->vector->mxcsrCopy != NULL)
    *work->vector->mxcsrCopy = value;
}

/* Status bits stay set until software clears them. */
static void writeMxcsr(Work work, uint32_t mxcsr) {
  enum { StatusBITS = 0x3f };
  if (isFloat(work) && work->vector->mxcsr != NULL)
    setMxcsr(work, *work->vector->mxcsr | (mxcsr & StatusBITS));
}

/* What the x87 recorded of the thunk is the thread's: where the instruction and
 * its operand are, and its opcode (volume 1, section 8.1.8). */
static void translatePointers(Work work) {
  enum { OpcodeAT = 6, InstructionAT = 8, OperandAT = 16 };
  unsigned char *image = work->state.image;
  MutatorWord instruction, operand;
  memcpy(&instruction, image + InstructionAT, sizeof instruction);
  memcpy(&operand, image + OperandAT, sizeof operand);
  if (instruction == (MutatorWord)runOf(work)->thunk) {
    instruction = *machineRegister(work->step->machine, MutatorRegisterPC);
    memcpy(image + InstructionAT, &instruction, sizeof instruction);
  }
  if (operand == (MutatorWord)(uintptr_t)runOf(work)->operand) {
    operand = (MutatorWord)work->step->access[0].address;
    memcpy(image + OperandAT, &operand, sizeof operand);
    image[OpcodeAT] = work->plan->modrm;
  }
}

static MutatorBool writeState(Work work) {
  uint32_t mxcsr;
  translatePointers(work);
  if (work->kind->target == OpcodeTargetMMX)
    tradeMMX(work);
  memcpy(runOf(work)->target, work->state.image + VectorXmmAT, 16);
  if (!work->step->machine->vectors->writeX87(work->step->machine, work->state.image))
    return 0;
  memcpy(&mxcsr, work->state.image + ImageMxcsrAT, sizeof mxcsr);
  if (work->kind->target == OpcodeTargetVECTORMMX && !writeVector(work))
    return 0;
  writeMxcsr(work, mxcsr);
  return 1;
}

static MutatorBool writeTarget(Work work) {
  Machine machine = work->step->machine;
  switch (work->kind->target) {
  case OpcodeTargetVECTOR: return writeVector(work);
  case OpcodeTargetMASK:
    return mutatorVectorWriteMask(machine, work->vector, registerOf(work), runOf(work)->targetMask);
  case OpcodeTargetGENERAL: *machineRegister(machine, registerOf(work)) = (MutatorWord)runOf(work)->general; return 1;
  case OpcodeTargetFLAGS: writeFlags(work); return 1;
  default: return 0;
  }
}

static MutatorRes finish(Work work) {
  if (usesX87(work))
    return writeState(work) ? MutatorResOK : MutatorResUNIMPL;
  if (!writeTarget(work))
    return MutatorResUNIMPL;
  if (isFloat(work))
    writeMxcsr(work, runOf(work)->mxcsr);
  return MutatorResOK;
}

/* semantics --------------------------------------------------------------------- */

/* Where the operand begins: the first access may be of a later element. */
static MutatorWord operandAddress(const WorkStruct *work) {
  if (work->spans.count == 0)
    return 0;
  return (MutatorWord)work->step->access[0].address - work->spans.span[0].offset;
}

static void broadcast(Work work) {
  unsigned char *operand = runOf(work)->operand;
  const size_t size = work->kind->element;
  size_t at;
  for (at = size; at < sizeof runOf(work)->operand; at += size)
    memcpy(operand + at, operand, size);
}

static MutatorRes loadOperand(Work work) {
  const MutatorRes res = mutatorSpansLoad(work->step->memory, &work->spans, operandAddress(work), runOf(work)->operand);
  if (res == MutatorResOK && (work->plan->vectorFlags & PlanBROADCAST) != 0)
    broadcast(work);
  return res;
}

static MutatorRes storeOperand(Work work) {
  return mutatorSpansStore(work->step->memory, &work->spans, operandAddress(work), runOf(work)->operand);
}

MutatorRes mutatorStepVectorLoad(Step step) {
  WorkStruct work;
  MutatorRes res;
  begin(&work, step);
  res = loadOperand(&work);
  if (res != MutatorResOK)
    return res;
  return run(&work) ? finish(&work) : MutatorResUNIMPL;
}

/* A store changes no register but the x87's. */
MutatorRes mutatorStepVectorStore(Step step) {
  WorkStruct work;
  MutatorRes res;
  begin(&work, step);
  if (!run(&work))
    return MutatorResUNIMPL;
  res = storeOperand(&work);
  if (res == MutatorResOK && usesX87(&work))
    return writeState(&work) ? MutatorResOK : MutatorResUNIMPL;
  return res;
}

/* Which of the register's parts of the operand's size the immediate names. */
static size_t partOffset(const WorkStruct *work) {
  const size_t parts = ((size_t)16 << work->plan->vectorLength) / work->plan->size;
  return ((size_t)(unsigned char)work->plan->immediate & (parts - 1)) * work->plan->size;
}

/* INSERTPS: immediate bits 5 and 4 name the part, 3 to 0 those that become zero. */
static void insertSingle(Work work, unsigned char *value) {
  const unsigned immediate = (unsigned char)work->plan->immediate;
  unsigned i;
  memcpy(value + (size_t)(immediate >> 4 & 3) * 4, runOf(work)->operand, 4);
  for (i = 0; i < 4; i++)
    if ((immediate >> i & 1) != 0)
      memset(value + (size_t)i * 4, 0, 4);
}

static void mergeElements(Work work, const unsigned char *value) {
  const size_t size = work->kind->element, length = (size_t)16 << work->plan->vectorLength;
  size_t i;
  for (i = 0; i < length / size; i++)
    if ((runOf(work)->mask >> i & 1) != 0)
      memcpy(runOf(work)->target + i * size, value + i * size, size);
  if (work->row->space != RawSpaceLEGACY)
    clearAbove(work, length);
}

MutatorRes mutatorStepVectorInsert(Step step) {
  WorkStruct work;
  unsigned char value[64];
  MutatorRes res;
  begin(&work, step);
  res = loadOperand(&work);
  if (res != MutatorResOK)
    return res;
  readRegisters(&work);
  memcpy(value, (work.kind->flags & OpcodeVectorVREG) != 0 ? runOf(&work)->source : runOf(&work)->target,
         bytesSeen(&work));
  if ((work.kind->flags & OpcodeVectorINSERTPS) != 0)
    insertSingle(&work, value);
  else
    memcpy(value + partOffset(&work), runOf(&work)->operand, work.plan->size);
  mergeElements(&work, value);
  return finish(&work);
}

MutatorRes mutatorStepVectorExtract(Step step) {
  WorkStruct work;
  begin(&work, step);
  readRegisters(&work);
  memcpy(runOf(&work)->operand, runOf(&work)->target + partOffset(&work), work.plan->size);
  return storeOperand(&work);
}

/* Bits that are reserved are a general protection fault, the CPU's own.  DAZ, bit 6, came with
 * the CPUs that have SSE3 (volume 1, section 11.6.3). */
static uint32_t mxcsrReserved(void) { return featureHas(OpcodeFeatureSSE3) ? ~(uint32_t)0xffff : ~(uint32_t)0xffbf; }

MutatorRes mutatorStepMxcsrLoad(Step step) {
  WorkStruct work;
  uint32_t value;
  MutatorRes res;
  begin(&work, step);
  res = loadOperand(&work);
  memcpy(&value, runOf(&work)->operand, sizeof value);
  if (res == MutatorResOK && (value & mxcsrReserved()) != 0)
    return MutatorResACCESS;
  if (res == MutatorResOK)
    setMxcsr(&work, value);
  return res;
}

MutatorRes mutatorStepMxcsrStore(Step step) {
  WorkStruct work;
  begin(&work, step);
  memcpy(runOf(&work)->operand, work.vector->mxcsr, sizeof *work.vector->mxcsr);
  return storeOperand(&work);
}
