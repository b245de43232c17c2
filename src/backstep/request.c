/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/request.c -- what the mutator asks for by a trap, and what it asks
 */

#include <string.h>

#include "backstep/backstep.h"

AtomicWord mutatorBackstepAreas[BackstepLIMIT];

static MutatorBool isMutator(void) {
  const AtomicWord area = (AtomicWord)mutatorOSInjectArea();
  size_t i;
  for (i = 0; area != 0 && i < BackstepLIMIT; ++i)
    if (atomicLoadRelaxed(&mutatorBackstepAreas[i]) == area)
      return 1;
  return 0;
}

/* Elsewhere the trap would be nobody's. */
void MutatorBackstepReached(void) {
  if (isMutator())
    mutatorArchTrap()();
}

MutatorBackstepRoutineFunction MutatorBackstepRoutine(void) { return mutatorArchTrap(); }

/* A request that goes back comes out of the trap somewhere else; `result` is then
 * OK, which is what whoever is there has had the first time. */
static MutatorRes request(Backstep b, BackstepRequest what, MutatorBool started) {
  if (b->started != started || !backstepIsOutside(b))
    return MutatorResSTATE;
  b->request = what;
  b->result = MutatorResLIMIT;
  MutatorBackstepReached();
  return b->result;
}

MutatorRes MutatorBackstepStart(MutatorBackstep backstep) {
  Backstep b = backstepOf(backstep);
  return b == NULL ? MutatorResPARAM : request(b, BackstepRequestSTART, 0);
}

MutatorRes MutatorBackstepCheckpoint(MutatorBackstep backstep) {
  Backstep b = backstepOf(backstep);
  return b == NULL ? MutatorResPARAM : request(b, BackstepRequestCHECKPOINT, 1);
}

MutatorRes MutatorBackstepTo(MutatorBackstep backstep, uint64_t tick) {
  Backstep b = backstepOf(backstep);
  if (b == NULL)
    return MutatorResPARAM;
  if (!backstepIsOutside(b))
    return MutatorResSTATE;
  b->tick = tick;
  return request(b, BackstepRequestTO, 1);
}

MutatorRes MutatorBackstepLastWrite(MutatorBackstep backstep, void *word) {
  Backstep b = backstepOf(backstep);
  if (b == NULL)
    return MutatorResPARAM;
  if (!backstepIsOutside(b))
    return MutatorResSTATE;
  b->argument = (MutatorWord)word;
  return request(b, BackstepRequestLASTWRITE, 1);
}

uint64_t MutatorBackstepNow(MutatorBackstep backstep) {
  Backstep b = backstepOf(backstep);
  if (b == NULL || !b->started)
    return 0;
  return b->inside ? b->now : mutatorBackstepTickOf(b);
}

MutatorRes MutatorBackstepStatsGet(MutatorBackstep backstep, MutatorBackstepStats statsReturn) {
  Backstep b = backstepOf(backstep);
  if (b == NULL || statsReturn == NULL)
    return MutatorResPARAM;
  *statsReturn = b->stats;
  statsReturn->now = MutatorBackstepNow(backstep);
  statsReturn->checkpoints = b->checkpoints;
  statsReturn->oldest = backstepOldest(b);
  statsReturn->used = (uint64_t)b->used * b->unit;
  statsReturn->budget = (uint64_t)b->slotCount * b->unit;
  return MutatorResOK;
}
