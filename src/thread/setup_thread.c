/* SPDX-License-Identifier: BSD-2-Clause
 *
 * thread/setup_thread.c -- set-up, and threads that come and go
 */

#include <string.h>

#include <mutator/fault.h>

#include "thread/thread.h"

MutatorRes MutatorThreadOptionsInit(MutatorThreadOptions options) {
  if (!coreAligned(options))
    return MutatorResPARAM;
  memset(options, 0, sizeof *options);
  options->signature = CORE_SIGNATURE_THREAD_OPTIONS;
  options->size = sizeof *options;
  return MutatorResOK;
}

static MutatorBool optionsCheck(const MutatorThreadOptionsStruct *options) {
  return coreAligned(options) && options->signature == CORE_SIGNATURE_THREAD_OPTIONS &&
         options->size == sizeof *options && options->signal >= 0;
}

/* In a child one thread is left, which keeps its registration under its new number. */
static void forked(MutatorWord thread) {
  MutatorThread self = MutatorThreadSelf();
  (void)thread;
  atomicStore(&mutatorThreads.owner, 0);
  mutatorThreads.first = self;
  if (self == NULL)
    return;
  self->next = NULL;
  self->id = mutatorOSThread();
  atomicStore(&self->state, OSThreadRUNNING);
}

static const CoreForkStruct aroundFork = {.child = forked};

MutatorRes MutatorThreadSetup(const MutatorThreadOptionsStruct *options) {
  MutatorRes res;
  if (options != NULL && !optionsCheck(options))
    return MutatorResPARAM;
  res = MutatorSetup(NULL);
  if (res != MutatorResOK)
    return res;
  mutatorOSSetupLock();
  res = mutatorOSThreadSetup(options == NULL ? 0 : options->signal);
  if (res == MutatorResOK)
    mutatorCoreForkAdd(CoreForkTHREAD, &aroundFork);
  mutatorOSSetupUnlock();
  return res;
}

MutatorRes MutatorThreadFinish(void) {
  MutatorRes res;
  mutatorOSSetupLock();
  res = mutatorThreads.first != NULL ? MutatorResBUSY : mutatorOSThreadFinish();
  mutatorOSSetupUnlock();
  return res;
}

/* May wait long: a thread that waits is stopped, if it comes to that, holding nothing. */
static void take(OSSignals signals) {
  while (mutatorThreadsTake(UINT64_MAX, signals) != MutatorResOK)
    continue;
}

/* The structure is written when it is certain that it is nobody's. */
static MutatorRes enlist(MutatorThread thread, const MutatorThreadStruct *fresh) {
  OSSignalsStruct signals;
  MutatorRes res = MutatorResSTATE;
  take(&signals);
  if (mutatorOSThreadReady() && !mutatorThreadIsListed(thread)) {
    *thread = *fresh;
    thread->next = mutatorThreads.first;
    mutatorThreads.first = thread;
    mutatorOSLocal()->thread = thread;
    res = MutatorResOK;
  }
  mutatorThreadsGive(&signals);
  return res;
}

/* On its alternate stack now: that one must do. */
static MutatorRes giveStack(void) {
  const MutatorRes res = MutatorFaultStackInstall();
  return res == MutatorResMEMORY ? res : MutatorResOK;
}

MutatorRes MutatorThreadRegister(MutatorThread thread) {
  MutatorThreadStruct fresh = {.signature = CORE_SIGNATURE_THREAD, .size = sizeof fresh, .state = OSThreadRUNNING};
  MutatorRes res;
  if (!coreAligned(thread))
    return MutatorResPARAM;
  if (!mutatorOSThreadReady() || MutatorThreadSelf() != NULL)
    return MutatorResSTATE;
  res = giveStack();
  if (res == MutatorResOK)
    res = mutatorOSThreadIdentify(&fresh);
  if (res != MutatorResOK)
    return res;
  res = enlist(thread, &fresh);
  if (res != MutatorResOK)
    mutatorOSThreadForget(&fresh);
  return res;
}

static void delist(MutatorThread thread) {
  MutatorThread *link = &mutatorThreads.first;
  while (*link != NULL && *link != thread)
    link = &(*link)->next;
  if (*link != NULL)
    *link = thread->next;
}

/* The structure keeps its signature: who still has the pointer finds it not listed. */
static void deregister(MutatorThread thread) {
  OSSignalsStruct signals;
  take(&signals);
  delist(thread);
  mutatorOSLocal()->thread = NULL;
  mutatorThreadsGive(&signals);
  mutatorOSThreadForget(thread);
}

MutatorRes MutatorThreadDeregister(MutatorThread thread) {
  if (!mutatorThreadCheck(thread))
    return MutatorResPARAM;
  if (thread != MutatorThreadSelf())
    return MutatorResSTATE;
  deregister(thread);
  return MutatorResOK;
}

void mutatorThreadExit(MutatorThread thread) { deregister(thread); }
