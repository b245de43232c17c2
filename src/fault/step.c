/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/step.c -- step an instruction through the windows of the ranges it touches
 */

#include "fault/range.h"

/* FaultStepStruct -- who has allowed what to this step */
typedef struct FaultStepStruct *FaultStep;
typedef struct FaultStepStruct {
  MutatorFaultRange own;   /* the fault's: its callback is what steps */
  MutatorFaultRange other; /* the latest that was asked... */
  MutatorAccess access;    /* ...and what it has allowed */
} FaultStepStruct;

static MutatorBool allowed(FaultStep step, MutatorFaultRange range, MutatorWord address, MutatorAccess access) {
  if (range == step->own || (range == step->other && (access & ~step->access) == 0))
    return 1;
  if (!mutatorRangeAsk(range, NULL, address, access))
    return 0;
  step->access = range == step->other ? step->access | access : access;
  step->other = range;
  return 1;
}

/* An operand of which a window holds a part only is not accessible through the window. */
static MutatorRes alias(MutatorWindow window, void *address, size_t size, void **pointerReturn) {
  MutatorRes res = MutatorWindowAlias(window, address, size, pointerReturn);
  return res == MutatorResOK ? MutatorResOK : MutatorResACCESS;
}

static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  FaultStep step = memory->closure;
  MutatorWord first = (MutatorWord)address;
  MutatorWord last = first + size - 1;
  MutatorWindow window = NULL;
  MutatorFaultRange range;
  if (last < first)
    return MutatorResACCESS;
  for (range = mutatorRangeNext(first); range != NULL && range->base <= last; range = mutatorRangeNext(range->limit)) {
    if (!allowed(step, range, range->base > first ? range->base : first, access))
      return MutatorResUNIMPL;
    if (window == NULL)
      window = range->window;
  }
  if (window != NULL)
    return alias(window, address, size, pointerReturn);
  *pointerReturn = address;
  return MutatorResOK;
}

static MutatorFaultRange ownRange(MutatorContext context) {
  MutatorFaultRange range;
  void *address;
  if (MutatorContextAddress(context, &address) != MutatorResOK)
    return NULL;
  return MutatorFaultRangeFind(address, &range) == MutatorResOK ? range : NULL;
}

/* The stay keeps every range that is met, and its window, until the access has been made. */
MutatorRes MutatorFaultStep(MutatorContext context) {
  FaultStepStruct step = {NULL, NULL, MutatorAccessNONE};
  MutatorMemoryStruct memory;
  MutatorRes res;
  PinStruct pin;
  mutatorPinEnter(&mutatorPinCallbacks, &pin);
  step.own = ownRange(context);
  res = MutatorMemoryInit(&memory, translate, NULL, NULL, NULL, &step);
  if (res == MutatorResOK)
    res = MutatorContextStepInstructionWith(context, &memory);
  mutatorPinLeave(&mutatorPinCallbacks, &pin);
  return res;
}
