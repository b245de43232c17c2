/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/run.c -- what a tick does when its count has become zero
 *
 * Runs in an injection, on the library's own stack, so that the mutator's stack
 * can be written as well.  The mutator goes on with the registers of
 * b->context, which a restored checkpoint changes.
 */

#include <string.h>

#include "backstep/backstep.h"

/* the count ---------------------------------------------------------------------- */

static void countSet(Backstep b, MutatorWord count) { *(volatile MutatorWord *)&b->client->count = count; }

static MutatorWord countGet(Backstep b) { return *(volatile MutatorWord *)&b->client->count; }

/* It counts up to zero: what is missing is its complement. */
uint64_t mutatorBackstepTickOf(Backstep b) { return b->next - (MutatorWord)(0 - countGet(b)); }

static void countTo(Backstep b, uint64_t now, uint64_t tick) {
  b->next = tick;
  countSet(b, (MutatorWord)0 - (MutatorWord)(tick - now));
}

void mutatorBackstepCountTo(Backstep b, uint64_t tick) {
  countTo(b, b->inside ? b->now : mutatorBackstepTickOf(b), tick);
}

static uint64_t earlier(uint64_t one, uint64_t other) { return one < other ? one : other; }

static uint64_t nextCheckpoint(Backstep b) {
  return b->density == MutatorBackstepNEVER ? MutatorBackstepNEVER : (b->now / b->density + 1) * b->density;
}

/* From b->now. */
static void arm(Backstep b) {
  uint64_t next = earlier(nextCheckpoint(b), b->now + BACKSTEP_FAR);
  if (b->target > b->now)
    next = earlier(next, b->target);
  if (b->search.active)
    next = earlier(next, earlier(b->search.step, b->search.end));
  countTo(b, b->now, next);
}

/* the client's callback ----------------------------------------------------------- */

/* A tick in the callback counts far away from zero. */
static void callClient(Backstep b, MutatorBackstepStop stop, OSSignals signals) {
  b->inside = 1;
  countSet(b, 1);
  mutatorBackstepLeave(b, signals);
  b->callback(b->client, stop, b->closure);
  (void)mutatorBackstepEnter(b, signals, 1);
  b->inside = 0;
}

/* Its writes to the regions are those of an interval of its own, which is undone. */
static void ask(Backstep b, MutatorBackstepStop stop, MutatorRes res, OSSignals signals) {
  memset(stop, 0, sizeof *stop);
  stop->reason = b->reason;
  stop->res = res;
  stop->now = b->now;
  stop->context = b->context;
  if (!mutatorBackstepAtCheckpoint(b))
    (void)mutatorBackstepCheckpointTake(b, 1);
  stop->oldest = backstepOldest(b);
  callClient(b, stop, signals);
  if (mutatorBackstepAtCheckpoint(b))
    (void)mutatorBackstepUndo(b);
}

/* Backwards now, or when the count is there. */
static MutatorRes goTo(Backstep b, uint64_t tick) {
  if (tick <= b->now)
    return mutatorBackstepGoBack(b, tick);
  b->target = tick;
  b->reason = MutatorBackstepReasonTICK;
  return MutatorResOK;
}

static MutatorRes go(Backstep b, const MutatorBackstepStopStruct *stop) {
  switch (stop->go) {
  case MutatorBackstepGoRUN: b->target = MutatorBackstepNEVER; return MutatorResOK;
  case MutatorBackstepGoTO: return goTo(b, stop->tick);
  case MutatorBackstepGoLASTWRITE: return mutatorBackstepSearch(b, (MutatorWord)stop->word);
  default: return MutatorResPARAM;
  }
}

/* Stops as long as it is where it is to stop. */
static void stop(Backstep b, OSSignals signals) {
  MutatorRes res = MutatorResOK;
  MutatorBackstepStopStruct stop;
  while (b->target == b->now && !b->search.active) {
    b->target = MutatorBackstepNEVER;
    if (b->callback == NULL)
      return;
    ask(b, &stop, res, signals);
    res = go(b, &stop);
    mutatorBackstepSearchEnd(b);
    if (res == MutatorResOK)
      continue;
    b->target = b->now;
    b->reason = res == MutatorResFAIL ? MutatorBackstepReasonNOTFOUND : MutatorBackstepReasonREFUSED;
  }
}

/* requests ------------------------------------------------------------------------ */

MutatorRes mutatorBackstepGoBack(Backstep b, uint64_t tick) {
  const size_t i = mutatorBackstepCheckpointBefore(b, tick);
  MutatorRes res;
  if (i == b->checkpoints)
    return MutatorResLIMIT;
  res = mutatorBackstepRestore(b, i);
  if (res != MutatorResOK)
    return res;
  b->target = tick;
  b->reason = MutatorBackstepReasonTICK;
  return MutatorResOK;
}

static MutatorRes onTick(Backstep b) {
  if (b->search.active)
    mutatorBackstepSearchTick(b);
  if (b->density != MutatorBackstepNEVER && b->now % b->density == 0 && !mutatorBackstepAtCheckpoint(b))
    (void)mutatorBackstepCheckpointTake(b, 1);
  return MutatorResOK;
}

static MutatorRes onStart(Backstep b) {
  const MutatorRes res = mutatorBackstepCheckpointTake(b, 1);
  b->started = res == MutatorResOK;
  return res;
}

static MutatorRes onCheckpoint(Backstep b) { return mutatorBackstepCheckpointTake(b, 0); }

static MutatorRes onTo(Backstep b) { return goTo(b, b->tick); }

static MutatorRes onLastWrite(Backstep b) { return mutatorBackstepSearch(b, b->argument); }

static MutatorRes (*const requests[BackstepRequestLIMIT])(Backstep b) = {
    [BackstepRequestTICK] = onTick,
    [BackstepRequestSTART] = onStart,
    [BackstepRequestCHECKPOINT] = onCheckpoint,
    [BackstepRequestTO] = onTo,
    [BackstepRequestLASTWRITE] = onLastWrite,
};

/* A restored checkpoint is that of a tick, or of a function that has given OK. */
static void serve(Backstep b, OSSignals signals) {
  const BackstepRequest request = b->request;
  b->request = BackstepRequestTICK;
  b->now = b->started ? mutatorBackstepTickOf(b) : 0;
  b->result = requests[request](b);
  mutatorBackstepSearchEnd(b);
  stop(b, signals);
  if (b->started)
    arm(b);
}

/* A tick in the client's callback, after very many of them; or a call of MutatorBackstepReached for nothing. */
static MutatorBool isParked(Backstep b) {
  return b->inside || (b->request == BackstepRequestTICK && (!b->started || countGet(b) != 0));
}

void mutatorBackstepRun(MutatorContext context, void *closure) {
  Backstep b = closure;
  OSSignalsStruct signals;
  (void)MutatorContextSetRegister(context, MutatorRegisterPC, mutatorArchTrapAfter());
  if (isParked(b) || !mutatorBackstepEnter(b, &signals, 1))
    return;
  b->context = context;
  serve(b, &signals);
  b->context = NULL;
  mutatorBackstepLeave(b, &signals);
}
