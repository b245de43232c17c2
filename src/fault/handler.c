/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/handler.c -- whose fault is it?
 *
 * The library's own expected faults come first: they may happen anywhere, and
 * inside a callback.  Then, unless the domain is post mortem, the handlers in
 * their order; one of them stands for whoever has registered the address.
 */

#include "fault/handler.h"

#include "arch/arch.h"
#include "cc/compiler.h"
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

static inline MutatorBool askRange(MutatorContext context, MutatorFaultRange range, MutatorWord address,
                                   MutatorAccess access) {
  MutatorBool handled;
  context->range = range;
  handled = mutatorRangeAsk(range, context, address, access);
  context->range = NULL;
  return handled;
}

/* Asked by the loop below and by nobody else, so the context is a frame's. */
static MutatorFaultResult askRanges(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  const FaultFrameStruct *frame = (const void *)context;
  const OSFaultStruct *fault = &frame->fault;
  MutatorFaultRange range;
  (void)handler;
  (void)closure;
  if (!fault->addressKnown || !offered[fault->kind])
    return MutatorFaultDECLINED;
  range = mutatorRangeHolding(fault->address);
  return range != NULL && askRange(context, range, fault->address, fault->access) ? MutatorFaultHANDLED
                                                                                  : MutatorFaultDECLINED;
}

/* The range table is the handler of priority 0 that was there first. */
static MutatorFaultHandlerStruct ranges = {
    .signature = CORE_SIGNATURE_HANDLER, .size = sizeof ranges, .callback = askRanges, .priority = 0};
AtomicWord mutatorFaultHandlers = (AtomicWord)&ranges;

static MutatorBool ask(FaultFrame frame, MutatorFaultHandler handler) {
  while (handler != NULL) {
    if (handler->callback(handler, &frame->context, handler->closure) == MutatorFaultHANDLED)
      return 1;
    handler = (MutatorFaultHandler)atomicLoadAcquire(&handler->next);
  }
  return 0;
}

static MutatorBool offer(const MutatorNativeStruct *native, CorePostMortem isPostMortem) {
  FaultFrameStruct frame;
  MutatorBool handled;
  if (!mutatorFaultStayHook(&frame.stay, native))
    return 0;
  mutatorCoreContextInit(&frame.context, MutatorContextFAULT, native);
  frame.stay.context = &frame.context;
  mutatorOSFault(native, &frame.fault);
  handled = (isPostMortem == NULL || !isPostMortem(&frame.fault)) &&
            ask(&frame, (MutatorFaultHandler)atomicLoadAcquire(&mutatorFaultHandlers));
  if (!handled)
    MutatorFaultUnclaimed(&frame.context);
  mutatorFaultStayHookEnd(&frame.stay);
  return handled;
}

/* What the range table has not handled. */
static COMPILER_APART MutatorBool offerOthers(FaultFrame frame, MutatorFaultHandler first) {
  mutatorOSFault(&frame->context.native, &frame->fault);
  if (ask(frame, first))
    return 1;
  MutatorFaultUnclaimed(&frame->context);
  return 0;
}

/* As offer, for what nearly all faults are: the outermost, in a range, and nobody before the range table. */
static MutatorBool offerQuickly(const MutatorNativeStruct *native, OSLocal local, const OSGlanceStruct *glance) {
  FaultFrameStruct frame;
  MutatorFaultHandler first;
  MutatorBool handled = 0;
  mutatorFaultStayFirst(&frame.stay, local);
  mutatorCoreContextFill(&frame.context, MutatorContextFAULT, native);
  frame.stay.context = &frame.context;
  first = (MutatorFaultHandler)atomicLoadAcquire(&mutatorFaultHandlers);
  if (first == &ranges) {
    MutatorFaultRange range = mutatorRangeRecall(local, glance->address);
    if (range == NULL)
      range = mutatorRangeRemember(local, glance->address);
    handled = range != NULL && askRange(&frame.context, range, glance->address, glance->access);
    first = (MutatorFaultHandler)atomicLoadAcquire(&ranges.next);
  }
  if (!handled)
    handled = offerOthers(&frame, first);
  mutatorFaultStayHookEnd(&frame.stay);
  return handled;
}

MutatorBool mutatorFaultNative(const MutatorNativeStruct *native, OSLocal local) {
  const AtomicWord postMortem = atomicLoadAcquire(&mutatorCorePostMortem);
  OSGlanceStruct glance;
  MutatorWord resume;
  MutatorBool handled;
  if (mutatorOSGlance(native, &glance) && mutatorFaultStayIsFirst(local) && postMortem == 0 &&
      !mutatorArchFixup(glance.pc, &resume))
    handled = offerQuickly(native, local, &glance);
  else if (mutatorCoreRecover(native))
    return 1;
  else
    handled = offer(native, (CorePostMortem)postMortem);
  mutatorCoreCount(handled ? CORE_COUNTER(handled) : CORE_COUNTER(forwarded));
  return handled;
}
