/* SPDX-License-Identifier: BSD-2-Clause
 *
 * thread/thread.c -- suspending a thread, its context, resuming it
 *
 * One suspension is made at a time.  That decides between two threads which
 * suspend each other: the one that comes second is stopped while it waits for
 * its turn, holding nothing.
 */

#include "thread/thread.h"

ThreadsStruct mutatorThreads;

MutatorBool mutatorThreadCheck(MutatorThread thread) {
  return coreAligned(thread) && thread->signature == CORE_SIGNATURE_THREAD && thread->size == sizeof *thread;
}

MutatorBool mutatorThreadIsListed(MutatorThread thread) {
  MutatorThread one = mutatorThreads.first;
  while (one != NULL && one != thread)
    one = one->next;
  return one != NULL;
}

MutatorThread MutatorThreadSelf(void) { return mutatorOSLocal()->thread; }

/* Who waits for a word sleeps on the half of it that changes; all our CPUs are little-endian. */
static const uint32_t *threadsHalf(const AtomicWord *word) { return (const uint32_t *)(const void *)word; }

/* In a callback, where it cannot be stopped, with the owner waiting for just that. */
static MutatorBool isWaitedFor(void) {
  const OSLocalStruct *local = mutatorOSLocal();
  return local->inside > 0 && local->thread != NULL && atomicLoad(&local->thread->state) == OSThreadWANTED;
}

/* Waits in slices: the owner may have been wanting us only since. */
MutatorRes mutatorThreadsTake(uint64_t deadline, OSSignals signals) {
  const MutatorWord self = mutatorOSThread();
  for (;;) {
    MutatorWord owner = 0;
    mutatorOSSignalsHold(signals);
    if (atomicCompareAndSwap(&mutatorThreads.owner, &owner, self))
      return MutatorResOK;
    mutatorOSSignalsRelease(signals);
    if (owner == self || isWaitedFor())
      return MutatorResBUSY;
    if (mutatorOSMilliseconds() >= deadline)
      return MutatorResLIMIT;
    mutatorOSWait(threadsHalf(&mutatorThreads.owner), (uint32_t)owner, 1);
  }
}

void mutatorThreadsGive(const OSSignalsStruct *signals) {
  atomicStore(&mutatorThreads.owner, 0);
  mutatorOSWake(threadsHalf(&mutatorThreads.owner), 1);
  mutatorOSSignalsRelease(signals);
}

/* Why a thread cannot be suspended now, or OK; pre: the caller is the owner. */
static MutatorRes suspendable(MutatorThread thread) {
  if (!mutatorThreadIsListed(thread))
    return MutatorResSTATE;
  return atomicLoad(&thread->state) == OSThreadRUNNING ? MutatorResOK : MutatorResBUSY;
}

MutatorRes MutatorThreadSuspend(MutatorThread thread, unsigned timeout) {
  const uint64_t deadline = mutatorOSMilliseconds() + timeout;
  OSSignalsStruct signals;
  MutatorRes res;
  if (!mutatorThreadCheck(thread))
    return MutatorResPARAM;
  if (thread == MutatorThreadSelf())
    return MutatorResSTATE;
  res = mutatorThreadsTake(deadline, &signals);
  if (res != MutatorResOK)
    return res;
  res = suspendable(thread);
  if (res == MutatorResOK)
    res = mutatorOSThreadWant(thread);
  if (res == MutatorResOK)
    res = mutatorOSThreadAwait(thread, deadline);
  if (res == MutatorResOK) {
    thread->context = NULL;
    thread->mine = 0;
  }
  mutatorThreadsGive(&signals);
  return res;
}

/* Those that run are to stop; one that has vanished is nobody. */
static MutatorRes wantAll(MutatorThread self) {
  MutatorRes res = MutatorResOK;
  MutatorThread thread;
  for (thread = mutatorThreads.first; thread != NULL; thread = thread->next) {
    thread->mine = 0;
    if (thread == self || res != MutatorResOK)
      continue;
    if (atomicLoad(&thread->state) != OSThreadRUNNING)
      res = MutatorResBUSY;
    else
      thread->mine = mutatorOSThreadWant(thread) == MutatorResOK;
  }
  return res;
}

/* Waits for all even when one is late: what is wanted must become one or the other. */
static MutatorRes awaitAll(uint64_t deadline) {
  MutatorRes res = MutatorResOK;
  MutatorThread thread;
  for (thread = mutatorThreads.first; thread != NULL; thread = thread->next) {
    MutatorRes one;
    if (!thread->mine)
      continue;
    one = mutatorOSThreadAwait(thread, deadline);
    thread->mine = one == MutatorResOK;
    thread->context = NULL;
    if (one == MutatorResLIMIT)
      res = one;
  }
  return res;
}

static void undoAll(void) {
  MutatorThread thread;
  for (thread = mutatorThreads.first; thread != NULL; thread = thread->next)
    if (thread->mine)
      (void)mutatorOSThreadGo(thread);
}

MutatorRes MutatorThreadSuspendAll(unsigned timeout) {
  const uint64_t deadline = mutatorOSMilliseconds() + timeout;
  OSSignalsStruct signals;
  MutatorRes res, late;
  res = mutatorThreadsTake(deadline, &signals);
  if (res != MutatorResOK)
    return res;
  res = wantAll(MutatorThreadSelf());
  late = awaitAll(deadline);
  if (res == MutatorResOK)
    res = late;
  if (res != MutatorResOK)
    undoAll();
  mutatorThreadsGive(&signals);
  return res;
}

static MutatorBool isStopped(MutatorThread thread) { return atomicLoad(&thread->state) == OSThreadSTOPPED; }

MutatorRes MutatorThreadContext(MutatorThread thread, MutatorContext contextReturn) {
  MutatorRes res;
  if (!mutatorThreadCheck(thread) || !coreAligned(contextReturn))
    return MutatorResPARAM;
  if (!isStopped(thread))
    return MutatorResSTATE;
  res = mutatorOSThreadContext(thread, contextReturn);
  if (res == MutatorResOK)
    thread->context = contextReturn;
  return res;
}

MutatorBool MutatorThreadHolds(MutatorThread thread, MutatorContext context) {
  return mutatorThreadCheck(thread) && isStopped(thread) && thread->context == context &&
         MutatorContextVariety(context) == MutatorContextTHREAD;
}

/* A context that has been made into another since has nothing to say to this thread. */
static MutatorRes commit(MutatorThread thread) {
  if (thread->context == NULL || MutatorContextVariety(thread->context) != MutatorContextTHREAD)
    return MutatorResOK;
  return MutatorContextCommit(thread->context) == MutatorResOK ? MutatorResOK : MutatorResACCESS;
}

MutatorRes MutatorThreadResume(MutatorThread thread) {
  MutatorRes res, gone;
  if (!mutatorThreadCheck(thread))
    return MutatorResPARAM;
  if (!isStopped(thread))
    return MutatorResSTATE;
  res = commit(thread);
  gone = mutatorOSThreadGo(thread);
  return gone == MutatorResOK ? res : gone;
}

MutatorRes MutatorThreadResumeAll(void) {
  OSSignalsStruct signals;
  MutatorRes res = mutatorThreadsTake(UINT64_MAX, &signals);
  MutatorThread thread;
  if (res != MutatorResOK)
    return res;
  for (thread = mutatorThreads.first; thread != NULL; thread = thread->next)
    if (thread->mine && isStopped(thread) && MutatorThreadResume(thread) == MutatorResACCESS)
      res = MutatorResACCESS;
  mutatorThreadsGive(&signals);
  return res;
}

void *MutatorThreadStackBase(MutatorThread thread) {
  return mutatorThreadCheck(thread) ? (void *)thread->stackBase : NULL;
}

void *MutatorThreadStackLimit(MutatorThread thread) {
  return mutatorThreadCheck(thread) ? (void *)thread->stackLimit : NULL;
}
