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

#include <string.h>

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

static void take(Walk walk, const DomainHeadStruct *range) {
  walk->report->ranges++;
  if (range->base != walk->limit || range->access != walk->full)
    flush(walk);
  if (walk->base == walk->limit)
    walk->base = range->base;
  walk->limit = range->limit;
  walk->full = (MutatorAccess)range->access;
}

/* One range of the index, which may be anybody's; its head is all zero when it cannot be read. */
static void visit(Walk walk, const IndexRangeStruct *found, const DomainHeadStruct *head) {
  MutatorDomainRange range = mutatorDomainRangeOf(found->value);
  if (!mutatorDomainHeadIsWhole(head, found->base, found->limit)) {
    if (walk->lost || range != walk->expected)
      return;
    walk->report->corrupt++;
    walk->lost = 1;
    return;
  }
  if (head->domain != walk->domain)
    return;
  if (!walk->lost && range != walk->expected)
    walk->report->corrupt++;
  walk->lost = 0;
  walk->expected = head->next;
  take(walk, head);
}

static size_t list(MutatorWord address, IndexRange found, size_t most) {
  size_t count;
  PinStruct pin;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  count = mutatorIndexList(address, found, most);
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return count;
}

/* By as few system calls as will do. */
static void peekHeads(const IndexRangeStruct *found, size_t count, DomainHead heads) {
  MutatorWord at[OS_PEEKS];
  size_t i;
  memset(heads, 0, count * sizeof *heads);
  for (i = 0; i < count; ++i)
    at[i] = (MutatorWord)mutatorDomainRangeOf(found[i].value);
  for (i = 0; i < count; ++i) /* passes by the one that ended the last call */
    i += mutatorOSPeekEach(&heads[i], sizeof *heads, &at[i], count - i);
}

static void openRanges(Walk walk, MutatorWord low, MutatorWord high) {
  IndexRangeStruct found[OS_PEEKS];
  DomainHeadStruct heads[OS_PEEKS];
  size_t count, i;
  while (low < high && (count = list(low, found, OS_PEEKS)) > 0 && found[0].base < high) {
    peekHeads(found, count, heads);
    for (i = 0; i < count; ++i)
      visit(walk, &found[i], &heads[i]);
    low = found[count - 1].limit;
  }
  flush(walk);
  if (!walk->lost && walk->expected != NULL)
    walk->report->corrupt++;
}

/* What the fault handler asks once there has been a post-mortem.  A range that
 * cannot be read is not known to be a dead domain's. */
static MutatorBool isDead(const OSFaultStruct *fault) {
  IndexRangeStruct found;
  DomainHeadStruct head;
  MutatorWord state;
  if (!fault->addressKnown || list(fault->address, &found, 1) == 0 || found.base > fault->address)
    return 0;
  peekHeads(&found, 1, &head);
  return mutatorDomainHeadIsWhole(&head, found.base, found.limit) && mutatorDomainEntry(head.domain) != NULL &&
         mutatorOSPeek(&state, (MutatorWord)&head.domain->state, sizeof state) && state != DomainLIVE;
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
  mutatorCoreDetour(1);
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
