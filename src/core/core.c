/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/core.c -- the state that set-up leaves behind
 */

#include "core/core.h"

#include "arch/arch.h"
#include "cc/atomic.h"
#include "core/index.h"

static MutatorOptionsStruct inForce;
static AtomicWord ready;
AtomicWord mutatorCorePostMortem;
AtomicWord mutatorCoreDetours;

void mutatorCoreDetour(MutatorBool begins) { (void)atomicAdd(&mutatorCoreDetours, begins ? 1 : (AtomicWord)-1); }

static const CoreForkStruct *forks[CoreForkLIMIT];

const MutatorOptionsStruct *mutatorCoreOptions(void) { return atomicLoadAcquire(&ready) ? &inForce : NULL; }

void mutatorCoreOptionsSet(const MutatorOptionsStruct *options) {
  inForce = *options;
  atomicStoreRelease(&ready, 1);
}

void mutatorCoreForkAdd(CoreForkPlace place, const CoreForkStruct *fork) { forks[place] = fork; }

/* The thread that forks, or 0, and until when others wait for it. */
static AtomicWord forker, forkerUntil;

/* Whoever has registered something of the kind before us may now wait for a lock, and its holder for one of ours. */
enum { PATIENCE = 1000 };

static MutatorBool mayLock(AtomicWord self) {
  const AtomicWord thread = atomicLoad(&forker);
  return thread == 0 || thread == self ||
         (AtomicWord)mutatorOSMilliseconds() - atomicLoad(&forkerUntil) < (AtomicWord)1 << 30;
}

/* Taken first: whoever forks waits for it, or is seen. */
MutatorBool mutatorCoreTake(AtomicWord *lock, AtomicWord self) {
  AtomicWord nobody = 0;
  if (!atomicCompareAndSwap(lock, &nobody, self))
    return 0;
  if (mayLock(self))
    return 1;
  atomicStore(lock, 0);
  return 0;
}

static void prepare(void) {
  size_t i;
  atomicStore(&forkerUntil, (AtomicWord)mutatorOSMilliseconds() + PATIENCE);
  atomicStore(&forker, mutatorOSThread());
  for (i = 0; i < CoreForkLIMIT; ++i)
    if (forks[i] != NULL && forks[i]->prepare != NULL)
      forks[i]->prepare();
}

static void parent(void) { atomicStore(&forker, 0); }

static void child(void) {
  size_t i;
  mutatorArchForked();
  mutatorIndexForked();
  mutatorOSThreadForked();
  for (i = 0; i < CoreForkLIMIT; ++i)
    if (forks[i] != NULL)
      forks[i]->child(atomicLoad(&forker));
  atomicStore(&forker, 0);
}

const OSForkStruct mutatorCoreFork = {prepare, parent, child};
