/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/handler.c -- whose fault is it?
 *
 * The library's own expected faults come first: they may happen anywhere, and
 * inside a callback.  Then, unless the domain is post mortem, the handlers in
 * their order; one of them stands for whoever has registered the address.
 */

#include "fault/handler.h"

#include "fault/range.h"
#include "fault/stay.h"
#include "os/os.h"

/* FaultFrameStruct -- one fault in the hook; the context comes first, so that a
 * context which we made leads here */
typedef struct FaultFrameStruct *FaultFrame;
typedef struct FaultFrameStruct {
  MutatorContextStruct context;
  OSFaultStruct fault;
  FaultStayStruct stay;
} FaultFrameStruct;

/* Faults that opening a page, or reaching its memory another way, can cure. */
static const unsigned char offered[MutatorFaultKindLIMIT] = {
    [MutatorFaultKindPROTECTION] = 1, [MutatorFaultKindUNMAPPED] = 1, [MutatorFaultKindBUS] = 1,
    [MutatorFaultKindGUARD] = 1,      [MutatorFaultKindKEY] = 1,
};

/* Asked by the loop below and by nobody else, so the context is a frame's. */
static MutatorFaultResult askRanges(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  const FaultFrameStruct *frame = (const void *)context;
  const OSFaultStruct *fault = &frame->fault;
  MutatorFaultRange range;
  MutatorBool handled;
  (void)handler;
  (void)closure;
  if (!fault->addressKnown || !offered[fault->kind])
    return MutatorFaultDECLINED;
  range = mutatorRangeHolding(fault->address);
  if (range == NULL)
    return MutatorFaultDECLINED;
  context->range = range;
  handled = mutatorRangeAsk(range, context, fault->address, fault->access);
  context->range = NULL;
  return handled ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

/* The range table is the handler of priority 0 that was there first. */
static MutatorFaultHandlerStruct ranges = {
    .signature = CORE_SIGNATURE_HANDLER, .size = sizeof ranges, .callback = askRanges, .priority = 0};
AtomicWord mutatorFaultHandlers = (AtomicWord)&ranges;

static MutatorBool ask(FaultFrame frame) {
  MutatorFaultHandler handler = (MutatorFaultHandler)atomicLoadAcquire(&mutatorFaultHandlers);
  while (handler != NULL) {
    if (handler->callback(handler, &frame->context, handler->closure) == MutatorFaultHANDLED)
      return 1;
    handler = (MutatorFaultHandler)atomicLoadAcquire(&handler->next);
  }
  return 0;
}

static MutatorBool isPostMortem(const OSFaultStruct *fault) {
  const AtomicWord test = atomicLoadAcquire(&mutatorCorePostMortem);
  return test != 0 && ((CorePostMortem)test)(fault);
}

static MutatorBool offer(const MutatorNativeStruct *native) {
  FaultFrameStruct frame;
  MutatorBool handled;
  if (!mutatorFaultStayHook(&frame.stay, native))
    return 0;
  mutatorCoreContextInit(&frame.context, MutatorContextFAULT, native);
  frame.stay.context = &frame.context;
  mutatorOSFault(native, &frame.fault);
  handled = !isPostMortem(&frame.fault) && ask(&frame);
  if (!handled)
    MutatorFaultUnclaimed(&frame.context);
  mutatorFaultStayHookEnd(&frame.stay);
  return handled;
}

MutatorBool mutatorFaultNative(const MutatorNativeStruct *native) {
  MutatorBool handled;
  if (mutatorCoreRecover(native))
    return 1;
  handled = offer(native);
  mutatorCoreCount(handled ? CORE_COUNTER(handled) : CORE_COUNTER(forwarded));
  return handled;
}
