/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/range.c -- a domain's ranges: a list in the order of their addresses
 *
 * The fault handler's index has them too, in the library's own memory: it tells the
 * neighbours of a new range, and after a death which of the list to believe.
 */

#include "postmortem/domain.h"

_Static_assert(sizeof(DomainHeadStruct) == DOMAIN_HEAD_BYTES, "these are the fields that come first");

/* The domain's lowest range at or above the address.  The index holds other clients'
 * ranges as well; the pin keeps those that are found there usable. */
static MutatorDomainRange search(MutatorDomain domain, MutatorWord address) {
  MutatorFaultRange found;
  MutatorWord base;
  while ((found = mutatorIndexNext(address, &base)) != NULL) {
    if (found->callback == mutatorDomainFault && mutatorDomainRangeOf(found)->domain == domain)
      return mutatorDomainRangeOf(found);
    address = found->limit;
  }
  return NULL;
}

MutatorDomainRange mutatorDomainRangeAbove(MutatorDomain domain, MutatorWord address) {
  MutatorDomainRange range;
  PinStruct pin;
  if (domain->last == NULL || domain->last->limit <= address)
    return NULL;
  if (domain->first->limit > address)
    return domain->first;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  range = search(domain, address);
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return range;
}

MutatorBool mutatorDomainHasRanges(MutatorDomain domain) {
  DomainEntry entry = mutatorDomainEntry(domain);
  MutatorDomainRange range;
  PinStruct pin;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  range = search(domain, atomicLoad(&entry->low));
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return range != NULL;
}

/* The forward links come first: whoever walks the list sees it whole at every moment. */
static void linkIn(MutatorDomain domain, MutatorDomainRange range) {
  if (range->previous != NULL)
    range->previous->next = range;
  else
    domain->first = range;
  if (range->next != NULL)
    range->next->previous = range;
  else
    domain->last = range;
}

static void linkOut(MutatorDomain domain, MutatorDomainRange range) {
  if (range->previous != NULL)
    range->previous->next = range->next;
  else
    domain->first = range->next;
  if (range->next != NULL)
    range->next->previous = range->previous;
  else
    domain->last = range->previous;
}

/* Nobody but the lock's owner changes the bounds, and the post-mortem reads them
 * at any time: so they only grow. */
static void widen(MutatorDomain domain, MutatorWord base, MutatorWord limit) {
  DomainEntry entry = mutatorDomainEntry(domain);
  if (entry == NULL)
    return;
  if (atomicLoad(&entry->high) == 0 || base < atomicLoad(&entry->low))
    atomicStore(&entry->low, base);
  if (limit > atomicLoad(&entry->high))
    atomicStore(&entry->high, limit);
}

static void fillPages(MutatorDomainRange range) {
  const size_t page = mutatorOSPageSize();
  size_t i;
  for (i = 0; range->pages != NULL && i < (range->limit - range->base) / page; ++i)
    range->pages[i] = (unsigned char)range->access;
}

/* Is it in the index?  A structure may be a stale copy, or memory used for the first time. */
static MutatorBool registered(MutatorDomainRange range) {
  MutatorFaultRange found;
  return MutatorFaultRangeFind((void *)range->base, &found) == MutatorResOK && found == &range->fault;
}

static MutatorRes add(MutatorDomain domain, MutatorDomainRange range, const MutatorDomainRangeStruct *fresh,
                      MutatorWindow window) {
  const MutatorDomainRangeStruct before = *range;
  MutatorRes res;
  if (mutatorDomainDead(domain) || (mutatorDomainRangeUsable(range) && registered(range)))
    return MutatorResSTATE;
  *range = *fresh;
  range->next = mutatorDomainRangeAbove(domain, range->base);
  range->previous = range->next != NULL ? range->next->previous : domain->last;
  widen(domain, range->base, range->limit);
  res =
      MutatorFaultRangeAdd(&range->fault, (void *)range->base, (void *)range->limit, mutatorDomainFault, range, window);
  if (res == MutatorResOK) {
    linkIn(domain, range);
    fillPages(range);
  } else {
    *range = before;
  }
  return res;
}

static MutatorBool onPages(MutatorWord base, MutatorWord limit) {
  return base < limit && ((base | limit) & (mutatorOSPageSize() - 1)) == 0;
}

static MutatorBool purpose(MutatorAccess access) {
  return (access & ~(MutatorAccess)MutatorAccessEXECUTE) == DOMAIN_OPEN;
}

MutatorRes MutatorDomainRangeAdd(MutatorDomain domain, MutatorDomainRange range, void *base, void *limit,
                                 MutatorAccess access, MutatorWindow window, unsigned char *pages) {
  const MutatorDomainRangeStruct fresh = {.signature = CORE_SIGNATURE_DOMAIN_RANGE,
                                          .size = sizeof fresh,
                                          .domain = domain,
                                          .base = (MutatorWord)base,
                                          .limit = (MutatorWord)limit,
                                          .access = access,
                                          .pages = pages};
  MutatorRes res;
  if (!mutatorDomainUsable(domain) || !coreAligned(range) || !onPages(fresh.base, fresh.limit) || !purpose(access))
    return MutatorResPARAM;
  res = MutatorDomainEnter(domain);
  if (res != MutatorResOK)
    return res;
  res = add(domain, range, &fresh, window);
  (void)MutatorDomainLeave(domain);
  return res;
}

/* The structure keeps what a callback that is still running may ask for.  When the
 * domain has died, whoever had the lock before may still be changing the links. */
static MutatorRes removeRange(MutatorDomain domain, MutatorDomainRange range) {
  MutatorRes res;
  if (range->domain != domain || !registered(range))
    return MutatorResSTATE;
  if (mutatorDomainDead(domain))
    return MutatorFaultRangeRemove(&range->fault);
  res = mutatorDomainRefine(range);
  if (res != MutatorResOK)
    return res;
  linkOut(domain, range);
  res = MutatorFaultRangeRemove(&range->fault);
  if (res != MutatorResOK)
    linkIn(domain, range);
  return res;
}

MutatorRes MutatorDomainRangeRemove(MutatorDomain domain, MutatorDomainRange range) {
  MutatorRes res;
  if (!mutatorDomainUsable(domain) || !mutatorDomainRangeUsable(range))
    return MutatorResPARAM;
  res = MutatorDomainEnter(domain);
  if (res != MutatorResOK)
    return res;
  res = removeRange(domain, range);
  (void)MutatorDomainLeave(domain);
  return res;
}

void *MutatorDomainRangeBase(MutatorDomainRange range) {
  return mutatorDomainRangeUsable(range) ? (void *)range->base : NULL;
}

void *MutatorDomainRangeLimit(MutatorDomainRange range) {
  return mutatorDomainRangeUsable(range) ? (void *)range->limit : NULL;
}
