/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step_string.c -- string instructions, with and without REP
 *
 * Elements are done one by one, each as the CPU does it, up to the end of the
 * pages on which the first one begins.  When elements remain the registers say so and
 * the PC stays: the thread goes on with the rest by itself, as after any interrupt.
 */

#include "arch/x86/native.h"
#include "arch/x86/operation.h"
#include "arch/x86/step.h"

/* The smallest page of the family. */
enum { StringPAGE = 4096 };

typedef struct StringStruct {
  MutatorWord source, destination; /* addresses of the current element */
  MutatorWord distance;            /* to the next, also downwards */
  MutatorWord done;                /* elements */
  MutatorWord flags;
} StringStruct, *String;

typedef MutatorRes (*StringElement)(Step step, String string);

static MutatorRes loadElement(const StepStruct *step, MutatorWord address, MutatorWord *valueReturn) {
  *valueReturn = 0;
  return mutatorArchLoad(step->memory, valueReturn, (void *)address, step->plan->size);
}

static MutatorRes storeElement(const StepStruct *step, MutatorWord address, MutatorWord value) {
  return mutatorArchStore(step->memory, (void *)address, &value, step->plan->size);
}

static MutatorRes moveElement(Step step, String string) {
  MutatorWord value;
  MutatorRes res = loadElement(step, string->source, &value);
  return res == MutatorResOK ? storeElement(step, string->destination, value) : res;
}

static MutatorRes fillElement(Step step, String string) {
  return storeElement(step, string->destination, mutatorStepReadRegister(step));
}

static MutatorRes takeElement(Step step, String string) {
  MutatorWord value;
  MutatorRes res = loadElement(step, string->source, &value);
  if (res == MutatorResOK)
    mutatorStepWriteRegister(step, value);
  return res;
}

static void compareWords(Step step, String string, MutatorWord one, MutatorWord other) {
  NativeOperandsStruct operands = {one, other, 0, 0};
  mutatorOperationFind(step->row->thunk, step->plan->size)(&operands);
  string->flags = operands.flags;
}

static MutatorRes compareElements(Step step, String string) {
  MutatorWord one, other;
  MutatorRes res = loadElement(step, string->source, &one);
  if (res == MutatorResOK)
    res = loadElement(step, string->destination, &other);
  if (res == MutatorResOK)
    compareWords(step, string, one, other);
  return res;
}

static MutatorRes scanElement(Step step, String string) {
  MutatorWord value;
  MutatorRes res = loadElement(step, string->destination, &value);
  if (res == MutatorResOK)
    compareWords(step, string, mutatorStepReadRegister(step), value);
  return res;
}

/* registers ------------------------------------------------------------------- */

static MutatorWord indexOf(const StepStruct *step, unsigned reg) {
  return mutatorStepLowBits(*machineRegister(step->machine, reg), step->plan->addressSize);
}

/* A 32-bit index register that changes loses its upper half, a 16-bit one keeps it. */
static void moveIndex(const StepStruct *step, unsigned reg, MutatorWord by) {
  MutatorWord *word = machineRegister(step->machine, reg);
  const MutatorWord kept = step->plan->addressSize == 2 ? *word & ~(MutatorWord)0xffff : 0;
  *word = kept | mutatorStepLowBits(indexOf(step, reg) + by, step->plan->addressSize);
}

static MutatorBool usesSource(const OpcodeRow *row) {
  return row->implicit != OpcodeImplicitDESTINATION && row->implicit != OpcodeImplicitSCANNED;
}

static MutatorBool usesDestination(const OpcodeRow *row) { return row->implicit != OpcodeImplicitSOURCE; }

static MutatorBool isRepeated(const StepStruct *step) { return (step->plan->flags & PlanREPEAT) != 0; }

static void finish(const StepStruct *step, const StringStruct *string) {
  if (usesSource(step->row))
    moveIndex(step, MachineSI, string->done * string->distance);
  if (usesDestination(step->row))
    moveIndex(step, MachineDI, string->done * string->distance);
  if (isRepeated(step))
    moveIndex(step, MachineC, 0 - string->done);
}

/* the loop -------------------------------------------------------------------- */

/* The address of the first element: the lowest of all, or the highest when they run down. */
static MutatorWord firstOf(const StepStruct *step, unsigned which) {
  const MutatorInstructionAccessStruct *access = &step->access[which];
  const MutatorWord lowest = (MutatorWord)access->address;
  return mutatorArchBackward(step->machine) ? lowest + (MutatorWord)access->size - step->plan->size : lowest;
}

static void begin(const StepStruct *step, String string) {
  string->source = usesSource(step->row) ? firstOf(step, 0) : 0;
  string->destination = usesDestination(step->row) ? firstOf(step, step->count - 1) : 0;
  string->distance = step->plan->size;
  if (mutatorArchBackward(step->machine))
    string->distance = 0 - string->distance;
  string->done = 0;
  string->flags = 0;
}

static MutatorBool samePage(MutatorWord one, MutatorWord other) { return one / StringPAGE == other / StringPAGE; }

/* REPE ends where elements differ, REPNE where they do not. */
static MutatorBool satisfied(const StepStruct *step, const StringStruct *string) {
  if ((step->row->flags & OpcodeFlagREPEATUNTIL) == 0)
    return 0;
  return ((string->flags & MachineFlagZF) != 0) == ((step->plan->flags & PlanUNTIL) != 0);
}

/* Do elements on the pages of the first; true when the instruction is finished. */
static MutatorRes loop(Step step, StringElement element, MutatorWord count, String string,
                       MutatorBool *finishedReturn) {
  const StringStruct first = *string;
  MutatorRes res = MutatorResOK;
  *finishedReturn = 0;
  while (samePage(first.source, string->source) && samePage(first.destination, string->destination)) {
    res = element(step, string);
    if (res != MutatorResOK)
      break;
    string->done++;
    string->source += usesSource(step->row) ? string->distance : 0;
    string->destination += usesDestination(step->row) ? string->distance : 0;
    *finishedReturn = string->done == count || !isRepeated(step) || satisfied(step, string);
    if (*finishedReturn)
      break;
  }
  return string->done > 0 ? MutatorResOK : res;
}

/* When it stops half-way the flags are those of the latest comparison, as after an
 * interrupt; of CPUs that fault there some leave them so, and some put back those from before
 * (Intel SDM volume 2, REP).  The elements that remain set them anew. */
static MutatorRes perform(Step step, StringElement element) {
  const MutatorWord count = isRepeated(step) ? indexOf(step, MachineC) : 1;
  StringStruct string;
  MutatorBool finished;
  MutatorRes res;
  if (count == 0)
    return MutatorResOK;
  begin(step, &string);
  res = loop(step, element, count, &string, &finished);
  if (res != MutatorResOK)
    return res;
  finish(step, &string);
  if (!finished)
    step->next = *machineRegister(step->machine, MutatorRegisterPC);
  if ((step->row->flags & OpcodeFlagREPEATUNTIL) != 0)
    mutatorStepWriteFlags(step, string.flags);
  return MutatorResOK;
}

MutatorRes mutatorStepMoveString(Step step) { return perform(step, moveElement); }
MutatorRes mutatorStepFillString(Step step) { return perform(step, fillElement); }
MutatorRes mutatorStepTakeString(Step step) { return perform(step, takeElement); }
MutatorRes mutatorStepCompareString(Step step) { return perform(step, compareElements); }
MutatorRes mutatorStepScanString(Step step) { return perform(step, scanElement); }
