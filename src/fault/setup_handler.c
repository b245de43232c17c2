/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/setup_handler.c -- adding handlers to the order, and removing them
 *
 * Who walks the list sees it before or after a change, never in between: one
 * store of a link makes it.  A handler that has been removed keeps its link, for
 * who is standing on it, and is not added again before they have left.
 */

#include "fault/handler.h"

#include "os/os.h"

static MutatorBool handlerCheck(MutatorFaultHandler handler) {
  return coreAligned(handler) && handler->signature == CORE_SIGNATURE_HANDLER && handler->size == sizeof *handler;
}

static MutatorFaultHandler at(const AtomicWord *link) { return (MutatorFaultHandler)atomicLoad(link); }

/* The link that leads to that handler, or NULL. */
static AtomicWord *linkTo(MutatorFaultHandler handler) {
  AtomicWord *link = &mutatorFaultHandlers;
  while (at(link) != NULL && at(link) != handler)
    link = &at(link)->next;
  return at(link) == handler ? link : NULL;
}

/* The link behind the last handler of that priority or a higher one. */
static AtomicWord *linkFor(int priority) {
  AtomicWord *link = &mutatorFaultHandlers;
  while (at(link) != NULL && at(link)->priority >= priority)
    link = &at(link)->next;
  return link;
}

/* Most callbacks are over in no time, so it pays to look more than once. */
static MutatorBool isLookedAt(MutatorFaultHandler handler) {
  unsigned i;
  for (i = 0; i < 3 && mutatorPinEpoch(&mutatorPinCallbacks) - handler->epoch < 2; ++i)
    mutatorPinAdvanceCallbacks();
  return mutatorPinEpoch(&mutatorPinCallbacks) - handler->epoch < 2;
}

/* `reserved[0]` says that it was removed once: memory that is used for the first
 * time may hold anything, and the signature alone means little. */
#define REMOVED CORE_SIGNATURE('g', 'o', 'n', 'e')

/* Before the range table, which is the oldest of its priority. */
static MutatorBool comesFirst(MutatorFaultHandler handler) { return handler->priority > 0; }

static MutatorRes add(MutatorFaultHandler handler, const MutatorFaultHandlerStruct *fresh) {
  AtomicWord *link;
  if (linkTo(handler) != NULL)
    return MutatorResSTATE;
  if (handlerCheck(handler) && handler->reserved[0] == REMOVED && isLookedAt(handler))
    return MutatorResBUSY;
  link = linkFor(fresh->priority);
  *handler = *fresh;
  handler->next = atomicLoad(link);
  atomicStore(link, (AtomicWord)handler);
  if (comesFirst(handler))
    mutatorCoreDetour(1);
  return MutatorResOK;
}

MutatorRes MutatorFaultHandlerAdd(MutatorFaultHandler handler, int priority, MutatorFaultHandlerCallback callback,
                                  void *closure) {
  const MutatorFaultHandlerStruct fresh = {.signature = CORE_SIGNATURE_HANDLER,
                                           .size = sizeof fresh,
                                           .callback = callback,
                                           .closure = closure,
                                           .priority = priority};
  MutatorRes res;
  if (!coreAligned(handler) || callback == NULL)
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  mutatorOSSetupLock();
  res = add(handler, &fresh);
  mutatorOSSetupUnlock();
  return res;
}

static MutatorRes removeLinked(MutatorFaultHandler handler) {
  AtomicWord *link = linkTo(handler);
  if (link == NULL)
    return MutatorResSTATE;
  if (comesFirst(handler))
    mutatorCoreDetour(0);
  atomicStore(link, handler->next);
  handler->epoch = mutatorPinEpoch(&mutatorPinCallbacks);
  handler->reserved[0] = REMOVED;
  return MutatorResOK;
}

MutatorRes MutatorFaultHandlerRemove(MutatorFaultHandler handler) {
  MutatorRes res;
  if (!handlerCheck(handler))
    return MutatorResPARAM;
  mutatorOSSetupLock();
  res = removeLinked(handler);
  mutatorOSSetupUnlock();
  return res;
}
