/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/handler.c -- whose fault is it?
 *
 * The library's own expected faults come first: they may happen anywhere, and
 * inside a callback.  Then comes whoever has registered the address.
 */

#include "fault/range.h"
#include "os/os.h"

/* Faults that opening a page, or reaching its memory another way, can cure. */
static const unsigned char offered[MutatorFaultKindLIMIT] = {
    [MutatorFaultKindPROTECTION] = 1, [MutatorFaultKindUNMAPPED] = 1, [MutatorFaultKindBUS] = 1,
    [MutatorFaultKindGUARD] = 1,      [MutatorFaultKindKEY] = 1,
};

static MutatorBool offerRange(MutatorContext context, const OSFaultStruct *fault) {
  MutatorFaultRange range;
  MutatorBool handled;
  PinStruct pin;
  if (!fault->addressKnown || !offered[fault->kind])
    return 0;
  range = mutatorRangeEnter(fault->address, &pin);
  if (range == NULL)
    return 0;
  context->range = range;
  handled = mutatorRangeAsk(range, context, fault->address, fault->access);
  mutatorPinLeave(&mutatorPinCallbacks, &pin);
  return handled;
}

static MutatorBool offer(const MutatorNativeStruct *native) {
  MutatorContextStruct context;
  OSFaultStruct fault;
  mutatorCoreContextInit(&context, MutatorContextFAULT, native);
  mutatorOSFault(native, &fault);
  return offerRange(&context, &fault);
}

MutatorBool mutatorFaultNative(const MutatorNativeStruct *native) {
  MutatorBool handled;
  if (mutatorCoreRecover(native))
    return 1;
  mutatorCoreCount(CORE_COUNTER(faults));
  handled = offer(native);
  mutatorCoreCount(handled ? CORE_COUNTER(handled) : CORE_COUNTER(forwarded));
  return handled;
}
