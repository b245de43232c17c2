/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/suspend.c -- threads that the system suspends
 *
 * It does so wherever they are.  One that is found inside the library is let
 * go again for a moment, until it is found outside.
 */

#include "os/windows/windows.h"

/* The thread's own (mutatorOSThreadIdentify). */
static const OSLocalStruct *localOf(MutatorThread thread) { return thread->record; }

/* SuspendThread only asks; who has been given the registers knows that it has
 * stopped (Microsoft, SuspendThread and GetThreadContext). */
static MutatorRes tryStop(MutatorThread thread) {
  CONTEXT context;
  if (SuspendThread(thread->handle) == (DWORD)-1)
    return MutatorResSTATE;
  context.ContextFlags = CONTEXT_CONTROL;
  if (!GetThreadContext(thread->handle, &context)) {
    (void)ResumeThread(thread->handle);
    return MutatorResSTATE;
  }
  if (atomicLoad(&localOf(thread)->inside) == 0)
    return MutatorResOK;
  (void)ResumeThread(thread->handle);
  return MutatorResBUSY;
}

static void set(MutatorThread thread, MutatorRes res) {
  const MutatorWord states[2] = {OSThreadRUNNING, OSThreadSTOPPED};
  atomicStore(&thread->state, res == MutatorResBUSY ? OSThreadWANTED : states[res == MutatorResOK]);
}

MutatorRes mutatorOSThreadWant(MutatorThread thread) {
  const MutatorRes res = tryStop(thread);
  set(thread, res);
  return res == MutatorResSTATE ? res : MutatorResOK;
}

MutatorRes mutatorOSThreadAwait(MutatorThread thread, uint64_t deadline) {
  MutatorRes res = MutatorResOK;
  while (atomicLoad(&thread->state) == OSThreadWANTED) {
    res = mutatorOSMilliseconds() >= deadline ? MutatorResLIMIT : tryStop(thread);
    set(thread, res);
    if (res == MutatorResBUSY && !SwitchToThread())
      Sleep(1);
  }
  return res;
}

MutatorRes mutatorOSThreadGo(MutatorThread thread) {
  AtomicWord stopped = OSThreadSTOPPED;
  if (!atomicCompareAndSwap(&thread->state, &stopped, OSThreadRUNNING))
    return MutatorResSTATE;
  return ResumeThread(thread->handle) == (DWORD)-1 ? MutatorResSTATE : MutatorResOK;
}

MutatorRes mutatorOSThreadContext(MutatorThread thread, MutatorContext context) {
  return MutatorContextInitThread(context, thread->handle);
}

/* There are no signals. */
void mutatorOSSignalsHold(OSSignals before) { (void)before; }
void mutatorOSSignalsDefer(OSSignals before) { (void)before; }

void mutatorOSSignalsRelease(const OSSignalsStruct *before) { (void)before; }

uint64_t mutatorOSMilliseconds(void) { return GetTickCount64(); }
