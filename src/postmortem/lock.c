/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/lock.c -- a recursive lock that a stranger can break
 *
 * Owner, depth and generation are one word, changed by compare-and-swap alone.
 * So whatever the owner was doing when it was stopped, the lock is whole; and
 * when it is broken, the owner's next step fails because the word is not what it
 * read.  Who waits remembers the generation.
 *
 * Waiting: a waiter announces itself, reads `ticks`, looks at the lock once
 * more and sleeps while `ticks` stays the same.  Who frees the lock looks for
 * waiters afterwards.  All of these are sequentially consistent, so that one of the two
 * sees the other.  A thread that was woken and does not get on (it may have been stopped)
 * keeps the others waiting for PAUSE at most.
 */

#include <os_thread.h>

#include "cc/compiler.h"
#include "postmortem/domain.h"

#define DEPTH_ONE ((uint64_t)1 << 32)
#define DEPTH_MOST 0xffffu
#define PAUSE 100 /* milliseconds */

static unsigned generationOf(uint64_t word) { return (unsigned)(word >> 48); }

static uint64_t freed(unsigned generation) { return (uint64_t)(generation & 0xffff) << 48; }

static COMPILER_APART void wake(MutatorDomain domain, unsigned count) {
  (void)atomicAdd32(&domain->ticks, 1);
  mutatorOSWake(&domain->ticks, count);
}

/* Until the lock may have changed. */
static void await(MutatorDomain domain, const uint64_t *lock, uint64_t seen) {
  uint32_t tick;
  (void)atomicAdd32(&domain->waiters, 1);
  tick = atomicLoad32(&domain->ticks);
  if (atomicLoad64(lock) == seen)
    mutatorOSWait(&domain->ticks, tick, PAUSE);
  (void)atomicSubtract32(&domain->waiters, 1);
}

/* The word when `self` has entered; the same as `now` when it cannot. */
static uint64_t entered(uint64_t now, MutatorWord self) {
  if (mutatorDomainOwner(now) == 0)
    return now | self | DEPTH_ONE;
  if (mutatorDomainOwner(now) == self && mutatorDomainDepth(now) < DEPTH_MOST)
    return now + DEPTH_ONE;
  return now;
}

/* Nobody has it, and it has never been broken, as nearly always: then it is 0, and need not be read. */
static MutatorBool enterFree(uint64_t *lock, MutatorWord self) {
  uint64_t free = freed(0);
  return atomicCompareAndSwap64(lock, &free, free | self | DEPTH_ONE);
}

static COMPILER_APART MutatorRes enterSlowly(MutatorDomain domain, uint64_t *lock, MutatorWord self,
                                             MutatorBool patient) {
  uint64_t now = atomicLoad64(lock);
  const unsigned first = generationOf(now);
  MutatorBool waited = 0;
  for (;;) {
    const uint64_t next = entered(now, self);
    if (waited && generationOf(now) != first)
      return MutatorResSTATE;
    if (next != now) {
      if (atomicCompareAndSwap64(lock, &now, next))
        return MutatorResOK;
      continue;
    }
    if (mutatorDomainOwner(now) == self)
      return MutatorResLIMIT;
    if (!patient)
      return MutatorResBUSY;
    await(domain, lock, now);
    now = atomicLoad64(lock);
    waited = 1;
  }
}

static inline MutatorRes enter(MutatorDomain domain, MutatorBool patient) {
  const MutatorWord self = mutatorOSThreadInline();
  uint64_t *lock;
  if (!mutatorDomainUsable(domain))
    return MutatorResPARAM;
  lock = mutatorDomainLockOf(domain, domain);
  return enterFree(lock, self) ? MutatorResOK : enterSlowly(domain, lock, self, patient);
}

MutatorRes MutatorDomainEnter(MutatorDomain domain) { return enter(domain, 1); }

MutatorRes MutatorDomainTryEnter(MutatorDomain domain) { return enter(domain, 0); }

static void wakeNext(MutatorDomain domain) {
  if (atomicLoad32(&domain->waiters) != 0)
    wake(domain, 1);
}

/* More than once, or after a break; another owner, or none; or the lock has just been broken. */
static COMPILER_APART MutatorRes leaveSlowly(MutatorDomain domain, uint64_t *lock, MutatorWord self) {
  uint64_t now = atomicLoad64(lock);
  const MutatorBool last = mutatorDomainDepth(now) == 1;
  if (mutatorDomainOwner(now) != self ||
      !atomicCompareAndSwap64(lock, &now, last ? freed(generationOf(now)) : now - DEPTH_ONE))
    return MutatorResSTATE;
  if (last)
    wakeNext(domain);
  return MutatorResOK;
}

/* As in enterFree. */
MutatorRes MutatorDomainLeave(MutatorDomain domain) {
  const MutatorWord self = mutatorOSThreadInline();
  uint64_t now = freed(0) | self | DEPTH_ONE;
  uint64_t *lock;
  if (!mutatorDomainUsable(domain))
    return MutatorResPARAM;
  lock = mutatorDomainLockOf(domain, domain);
  if (!atomicCompareAndSwap64(lock, &now, freed(0)))
    return leaveSlowly(domain, lock, self);
  wakeNext(domain);
  return MutatorResOK;
}

/* An exchange, so that threads that hammer at the lock cannot keep us here. */
uint64_t mutatorDomainBreak(MutatorDomain domain) {
  const AtomicWord generation = atomicAdd(&domain->generation, 1) + 1;
  const uint64_t before = atomicExchange64(mutatorDomainLockOf(domain, domain), freed((unsigned)generation));
  wake(domain, ~0u);
  return before;
}

void mutatorDomainForked(MutatorDomain domain, MutatorWord before, MutatorWord now) {
  uint64_t *lock = mutatorDomainLockOf(domain, domain);
  uint64_t word = atomicLoad64(lock);
  if (mutatorDomainOwner(word) == before)
    (void)atomicCompareAndSwap64(lock, &word, (word & ~(uint64_t)0xffffffffu) | now);
}
