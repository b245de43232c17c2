/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/handler.c -- whose fault is it?
 *
 * The library's own expected faults come first: they may happen anywhere, and
 * inside a callback.  Then, unless the domain is post mortem, the handlers in
 * their order; one of them stands for whoever has registered the address.
 */

#include "fault/handler.h"

#include <os_quick.h>

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
static COMPILER_APART MutatorBool offerOthers(FaultFrame frame) {
  mutatorOSFault(&frame->context.native, &frame->fault);
  if (ask(frame, (MutatorFaultHandler)atomicLoadAcquire(&ranges.next)))
    return 1;
  MutatorFaultUnclaimed(&frame->context);
  return 0;
}

static inline OSAnswer offerQuickly(FaultFrame frame, OSLocal local, MutatorFaultRange range, MutatorWord address,
                                    MutatorAccess access) {
  const MutatorWord error = mutatorOSQuickError(local);
  const MutatorBool handled =
      (range != NULL && askRange(&frame->context, range, address, access)) || offerOthers(frame);
  mutatorFaultStayHookEnd(&frame->stay);
  mutatorCoreCount(handled ? CORE_COUNTER(handled) : CORE_COUNTER(forwarded));
  mutatorOSQuickErrorSet(local, error);
  return handled ? OSAnswerHANDLED : OSAnswerDECLINED;
}

static COMPILER_APART OSAnswer offerLookedUp(FaultFrame frame, OSLocal local, MutatorWord address,
                                             MutatorAccess access) {
  return offerQuickly(frame, local, mutatorRangeRemember(local, address), address, access);
}

static inline MutatorBool isQuick(const MutatorNativeStruct *native, const OSLocalStruct *local, OSGlance glance) {
  return mutatorFaultStayIsFirst(local, local->quick) && atomicLoadAcquire(&mutatorCoreDetours) == 0 &&
         mutatorOSQuickGlance(native, glance) &&
         (glance->pc < (MutatorWord)mutatorArchExpected.base || glance->pc >= (MutatorWord)mutatorArchExpected.limit);
}

/* The outermost, in a range, and nobody before the range table. */
OSAnswer mutatorFaultQuick(OSLocal local, MutatorNativeStruct native) {
  FaultFrameStruct frame;
  OSGlanceStruct glance;
  MutatorFaultRange range;
  if (!isQuick(&native, local, &glance))
    return OSAnswerNONE;
  mutatorFaultStayFirst(&frame.stay, local, local->quick);
  mutatorOSQuickNative(&frame.context.native, &native);
  mutatorCoreContextFill(&frame.context, MutatorContextFAULT, local);
  frame.stay.context = &frame.context;
  range = mutatorRangeRecall(local, glance.address);
  return range == NULL ? offerLookedUp(&frame, local, glance.address, glance.access)
                       : offerQuickly(&frame, local, range, glance.address, glance.access);
}

/* By then the hook has found out all that there is to find out once. */
static void beginQuick(OSLocal local) {
  mutatorOSQuickBegin(local);
  local->quick = local->slot;
}

MutatorBool mutatorFaultNative(const MutatorNativeStruct *native, OSLocal local) {
  const AtomicWord postMortem = atomicLoadAcquire(&mutatorCorePostMortem);
  const OSAnswer answer = mutatorFaultQuick(local, *native);
  MutatorBool handled;
  if (answer != OSAnswerNONE)
    return answer == OSAnswerHANDLED;
  if (mutatorCoreRecover(native))
    return 1;
  handled = offer(native, (CorePostMortem)postMortem);
  mutatorCoreCount(handled ? CORE_COUNTER(handled) : CORE_COUNTER(forwarded));
  beginQuick(local);
  return handled;
}
