/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/postmortem.c -- open everything, break the lock, and be out of the way
 *
 * The order matters.  First the domain is dead: from then on nobody closes
 * anything (postmortem/protect.c) and its faults are nobody's.  Then the lock is
 * broken, then everything is opened.
 *
 * The ranges come from the fault handler's index, in the order of their
 * addresses; each is believed when its structure, read by a system call, agrees.
 * The list is followed alongside, and a link that does not lead to the next
 * range is counted.
 */

#include "postmortem/domain.h"

/* WalkStruct -- on the way through a domain's ranges */
typedef struct WalkStruct *Walk;
typedef struct WalkStruct {
  MutatorDomain domain;
  MutatorPostMortemReport report;
  MutatorDomainRange expected; /* the next range by the list... */
  MutatorBool lost;            /* ...of which nothing is known after a damaged range */
  MutatorWord base;            /* of the stretch that is not open yet... */
  MutatorWord limit;           /* ...which is empty when they are equal */
  MutatorAccess full;          /* what its ranges are for */
} WalkStruct;

static void flush(Walk walk) {
  if (walk->base == walk->limit)
    return;
  walk->report->runs++;
  mutatorDomainOpen(walk->base, walk->limit, walk->full, walk->report);
  walk->base = walk->limit;
}

static void take(Walk walk, const MutatorDomainRangeStruct *range) {
  walk->report->ranges++;
  if (range->base != walk->limit || range->access != walk->full)
    flush(walk);
  if (walk->base == walk->limit)
    walk->base = range->base;
  walk->limit = range->limit;
  walk->full = (MutatorAccess)range->access;
}

/* One range of the index, which may be anybody's. */
static void visit(Walk walk, void *value, MutatorWord base, MutatorWord limit) {
  MutatorDomainRangeStruct copy;
  MutatorDomainRange range;
  if (!mutatorDomainRangePeek(value, base, limit, &copy, &range)) {
    if (walk->lost || range != walk->expected)
      return;
    walk->report->corrupt++;
    walk->lost = 1;
    return;
  }
  if (copy.domain != walk->domain)
    return;
  if (!walk->lost && range != walk->expected)
    walk->report->corrupt++;
  walk->lost = 0;
  walk->expected = copy.next;
  take(walk, &copy);
}

/* The range that holds the address, or the nearest above it.  One that is
 * removed just after it was found is passed by. */
static void *next(MutatorWord address, MutatorWord *baseReturn, MutatorWord *limitReturn) {
  MutatorWord base;
  void *value;
  PinStruct pin;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  while ((value = mutatorIndexNext(address, &base)) != NULL) {
    value = mutatorIndexBounds(base, baseReturn, limitReturn);
    if (value != NULL)
      break;
    address = base + 1;
  }
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return value;
}

static void openRanges(Walk walk, MutatorWord low, MutatorWord high) {
  MutatorWord base, limit;
  void *value;
  for (; low < high && (value = next(low, &base, &limit)) != NULL && base < high; low = limit)
    visit(walk, value, base, limit);
  flush(walk);
  if (!walk->lost && walk->expected != NULL)
    walk->report->corrupt++;
}

/* What the fault handler asks once there has been a post-mortem.  A range that
 * cannot be read is not known to be a dead domain's. */
static MutatorBool isDead(const OSFaultStruct *fault) {
  MutatorDomainRangeStruct range;
  MutatorDomainRange at;
  MutatorWord base, limit, state;
  void *value = fault->addressKnown ? next(fault->address, &base, &limit) : NULL;
  return value != NULL && base <= fault->address && mutatorDomainRangePeek(value, base, limit, &range, &at) &&
         mutatorDomainEntry(range.domain) != NULL &&
         mutatorOSPeek(&state, (MutatorWord)&range.domain->state, sizeof state) && state != DomainLIVE;
}

static void breakLock(MutatorDomain domain, MutatorPostMortemReport report) {
  const uint64_t before = mutatorDomainBreak(domain);
  if (mutatorDomainOwner(before) == 0)
    return;
  report->locks++;
  report->owner = mutatorDomainOwner(before);
  report->depth = mutatorDomainDepth(before);
}

/* A domain that cannot be written would fault under our hands. */
static MutatorBool writable(MutatorDomain domain, const MutatorDomainStruct *copy) {
  return mutatorOSPoke((MutatorWord)&domain->signature, &copy->signature, sizeof copy->signature);
}

static void bury(DomainEntry entry, MutatorPostMortemReport report) {
  MutatorDomain domain = (MutatorDomain)atomicLoad(&entry->domain);
  WalkStruct walk = {.domain = domain, .report = report};
  MutatorDomainStruct copy;
  if (domain == NULL)
    return;
  if (!mutatorDomainPeek(domain, &copy) || !writable(domain, &copy)) {
    report->corrupt++;
    return;
  }
  report->domains++;
  atomicStore(&domain->state, DomainPOSTMORTEM);
  atomicStore(&mutatorCorePostMortem, (AtomicWord)isDead);
  breakLock(domain, report);
  walk.expected = copy.first;
  openRanges(&walk, atomicLoad(&entry->low), atomicLoad(&entry->high));
}

static MutatorRes conclude(const MutatorPostMortemReportStruct *found, MutatorPostMortemReport report) {
  if (report != NULL && !mutatorOSPoke((MutatorWord)report, found, sizeof *found))
    return MutatorResACCESS;
  return found->corrupt + found->holes + found->refused == 0 ? MutatorResOK : MutatorResFAIL;
}

MutatorRes MutatorDomainPostMortem(MutatorDomain domain, MutatorPostMortemReport report) {
  MutatorPostMortemReportStruct found = {.size = sizeof found};
  DomainEntry entry = mutatorDomainEntry(domain);
  if (entry == NULL || (report != NULL && !coreAligned(report)))
    return MutatorResPARAM;
  bury(entry, &found);
  return conclude(&found, report);
}

MutatorRes MutatorDomainPostMortemAll(MutatorPostMortemReport report) {
  MutatorPostMortemReportStruct found = {.size = sizeof found};
  size_t i;
  if (report != NULL && !coreAligned(report))
    return MutatorResPARAM;
  for (i = 0; i < MutatorDomainLIMIT; ++i)
    bury(&mutatorDomains[i], &found);
  return conclude(&found, report);
}
