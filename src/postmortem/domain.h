/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/domain.h -- domains, as the files of this folder share them
 *
 * Live code uses domains in place.  Code that a debugger may call (and the
 * post-mortem itself) copies what it looks at by system calls: the structures are
 * the caller's, who has just died.
 */

#ifndef mutator_postmortem_domain_h
#define mutator_postmortem_domain_h

#include <mutator/postmortem.h>

#include "cc/atomic.h"
#include "core/core.h"
#include "os/os.h"

enum { DomainLIVE = 0, DomainPOSTMORTEM = 1 };

#define DOMAIN_OPEN (MutatorAccessREAD | MutatorAccessWRITE)

/* DomainEntryStruct -- a domain that exists, in memory that is the library's own
 *
 * [low, high) holds every range that the domain has had.
 */
typedef struct DomainEntryStruct *DomainEntry;
typedef struct DomainEntryStruct {
  AtomicWord domain; /* a MutatorDomain, or 0 */
  AtomicWord low;
  AtomicWord high;
} DomainEntryStruct;

extern DomainEntryStruct mutatorDomains[MutatorDomainLIMIT];

extern MutatorRes (*const mutatorDomainForDebuggers)(MutatorPostMortemReport report);

/* mutatorDomainEntry -- the entry of a domain, or NULL; looks at nothing behind the pointer */
DomainEntry mutatorDomainEntry(MutatorDomain domain);

/* mutatorDomainPeek -- copy a domain that exists; false when it is none, or damaged */
MutatorBool mutatorDomainPeek(MutatorDomain domain, MutatorDomain copy);

/* DomainHeadStruct -- the fields of a range that a post-mortem looks at, which come first in it */
#define DOMAIN_HEAD_BYTES offsetof(MutatorDomainRangeStruct, pages)
typedef struct DomainHeadStruct *DomainHead;
typedef struct DomainHeadStruct {
  MutatorWord signature;
  MutatorWord size;
  MutatorDomain domain;
  MutatorDomainRange next;
  MutatorDomainRange previous;
  MutatorWord base;
  MutatorWord limit;
  MutatorWord access;
} DomainHeadStruct;

/* mutatorDomainRangeOf -- where the range would be that a value of the index belongs to, if it belongs to one */
static inline MutatorDomainRange mutatorDomainRangeOf(void *value) {
  return (MutatorDomainRange)((MutatorWord)value - offsetof(MutatorDomainRangeStruct, fault));
}

/* mutatorDomainHeadIsWhole -- is it an undamaged range's, with these bounds? */
static inline MutatorBool mutatorDomainHeadIsWhole(const DomainHeadStruct *head, MutatorWord base, MutatorWord limit) {
  return head->signature == CORE_SIGNATURE_DOMAIN_RANGE && head->size == sizeof(MutatorDomainRangeStruct) &&
         head->base == base && head->limit == limit;
}

/* mutatorDomainUsable, mutatorDomainRangeUsable -- what live callers get their PARAM from */
static inline MutatorBool mutatorDomainUsable(MutatorDomain domain) {
  return coreAligned(domain) && domain->signature == CORE_SIGNATURE_DOMAIN && domain->size == sizeof *domain;
}
static inline MutatorBool mutatorDomainRangeUsable(MutatorDomainRange range) {
  return coreAligned(range) && range->signature == CORE_SIGNATURE_DOMAIN_RANGE && range->size == sizeof *range;
}

static inline MutatorBool mutatorDomainDead(MutatorDomain domain) { return atomicLoad(&domain->state) != DomainLIVE; }

/* mutatorDomainRangeAbove -- the domain's lowest range that ends above the address, or NULL
 *
 * pre:  the lock is held
 */
MutatorDomainRange mutatorDomainRangeAbove(MutatorDomain domain, MutatorWord address);

/* mutatorDomainHasRanges -- has it any?  pre: it is in the table */
MutatorBool mutatorDomainHasRanges(MutatorDomain domain);

/* mutatorDomainLockOf -- the word in the lock field that is aligned; `at` is where the structure lives */
static inline uint64_t *mutatorDomainLockOf(MutatorDomain domain, MutatorDomain at) {
  const MutatorWord odd =
      sizeof(MutatorWord) == 8 ? 0 : (MutatorWord)at->lock & 7; /* every structure is aligned for a word */
  return (uint64_t *)(void *)((unsigned char *)domain->lock + (odd == 0 ? 0 : 8 - odd));
}

/* A lock's word: the owner's number, how often it has entered, and the generation. */
static inline MutatorWord mutatorDomainOwner(uint64_t word) { return (MutatorWord)(word & 0xffffffffu); }
static inline unsigned mutatorDomainDepth(uint64_t word) { return (unsigned)(word >> 32 & 0xffff); }

/* mutatorDomainBreak -- free the lock, whoever holds it, and wake who waits
 *
 * Returns  the lock's word as it was
 */
uint64_t mutatorDomainBreak(MutatorDomain domain);

/* mutatorDomainForked -- the owner's number in a forked child is another */
void mutatorDomainForked(MutatorDomain domain, MutatorWord before, MutatorWord now);

/* mutatorDomainFault -- the fault callback of every range of every domain */
MutatorFaultResult mutatorDomainFault(MutatorFaultRange fault, MutatorContext context, void *address,
                                      MutatorAccess access, void *closure);

/* mutatorDomainAllow -- one stretch's protection, with room made for it if there is none
 *
 * base, limit  in adjacent ranges, all of which are for `full`
 * pre:         the lock is held
 * Returns      as mutatorOSProtect; STATE: the domain has died, and this is open
 */
MutatorRes mutatorDomainAllow(MutatorDomain domain, MutatorWord base, MutatorWord limit, MutatorAccess access,
                              MutatorAccess full);

/* mutatorDomainRefine -- give every page of the range the protection that the client wants
 *
 * pre:      the lock is held
 * Returns   as mutatorDomainAllow
 */
MutatorRes mutatorDomainRefine(MutatorDomainRange range);

/* mutatorDomainOpen -- open [base, limit) for `full`, as far as the system lets us
 *
 * Adds to the report's calls, bytes, holes and refused.
 */
void mutatorDomainOpen(MutatorWord base, MutatorWord limit, MutatorAccess full, MutatorPostMortemReport report);

#endif
