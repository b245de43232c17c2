/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/step.c -- step an instruction through the windows of the ranges it touches
 */

#include "fault/range.h"
#include "fault/stay.h"

/* FaultStepStruct -- who has allowed what to this step */
typedef struct FaultStepStruct *FaultStep;
typedef struct FaultStepStruct {
  MutatorFaultRange own;   /* the fault's, or NULL: its callback is what steps */
  MutatorFaultRange other; /* the latest that was asked... */
  MutatorAccess access;    /* ...and what it has allowed */
} FaultStepStruct;

/* FaultOperandStruct -- an operand, and the first window met that is to reach it */
typedef struct FaultOperandStruct *FaultOperand;
typedef struct FaultOperandStruct {
  MutatorWord first;
  MutatorWord last; /* its last byte */
  MutatorAccess access;
  MutatorWindow window;
} FaultOperandStruct;

static MutatorBool touches(MutatorFaultRange range, const FaultOperandStruct *operand) {
  return range != NULL && range->base <= operand->last && operand->first < range->limit;
}

static MutatorBool holds(MutatorFaultRange range, const FaultOperandStruct *operand) {
  return range != NULL && range->base <= operand->first && operand->last < range->limit;
}

static MutatorBool ask(FaultStep step, MutatorFaultRange range, const FaultOperandStruct *operand) {
  MutatorWord address = range->base > operand->first ? range->base : operand->first;
  MutatorAccess granted = range == step->other ? step->access : MutatorAccessNONE;
  if ((operand->access & ~granted) == 0)
    return 1;
  if (!mutatorRangeAsk(range, NULL, address, operand->access))
    return 0;
  step->other = range;
  step->access = granted | operand->access;
  return 1;
}

/* Ask every other range that the operand touches. */
static MutatorBool askOthers(FaultStep step, FaultOperand operand) {
  MutatorFaultRange range;
  for (range = mutatorRangeNext(operand->first); touches(range, operand); range = mutatorRangeNext(range->limit)) {
    if (range != step->own && !ask(step, range, operand))
      return 0;
    if (operand->window == NULL)
      operand->window = range->window;
  }
  return 1;
}

/* An operand of which a window holds only a part is not accessible through the window. */
static MutatorRes alias(MutatorWindow window, void *address, size_t size, void **pointerReturn) {
  MutatorRes res = MutatorWindowAlias(window, address, size, pointerReturn);
  return res == MutatorResOK ? MutatorResOK : MutatorResACCESS;
}

/* The step's own range is not looked up again: another thread may have removed
 * it since, and it is in use until its callback returns. */
static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  FaultStep step = memory->closure;
  FaultOperandStruct operand = {(MutatorWord)address, (MutatorWord)address + size - 1, access, NULL};
  if (operand.last < operand.first)
    return MutatorResACCESS;
  if (touches(step->own, &operand))
    operand.window = step->own->window;
  if (!holds(step->own, &operand) && !askOthers(step, &operand))
    return MutatorResUNIMPL;
  if (operand.window != NULL)
    return alias(operand.window, address, size, pointerReturn);
  *pointerReturn = address;
  return MutatorResOK;
}

/* A context that a client made in a handler of its own does not know its range. */
static MutatorFaultRange ownRange(MutatorContext context) {
  MutatorFaultRange range;
  void *address;
  if (context->range != NULL)
    return context->range;
  if (MutatorContextAddress(context, &address) != MutatorResOK)
    return NULL;
  return MutatorFaultRangeFind(address, &range) == MutatorResOK ? range : NULL;
}

/* The stay keeps every range that is met, and its window, until the access has been made. */
MutatorRes MutatorFaultStep(MutatorContext context) {
  FaultStepStruct step = {NULL, NULL, MutatorAccessNONE};
  MutatorMemoryStruct memory;
  MutatorRes res;
  FaultStayStruct stay;
  if (!MutatorContextCheck(context))
    return MutatorResPARAM;
  mutatorFaultStayBegin(&stay);
  step.own = ownRange(context);
  res = MutatorMemoryInit(&memory, translate, NULL, NULL, NULL, &step);
  if (res == MutatorResOK)
    res = MutatorContextStepInstructionWith(context, &memory);
  mutatorFaultStayEnd(&stay);
  return res;
}
