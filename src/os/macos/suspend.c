/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/suspend.c -- a thread suspended by the system
 *
 * It does so wherever they are.  One that is found inside the library, or on its
 * alternate stack, is let go again for a moment.
 */

#include <signal.h>

#include "os/macos/macos.h"

/* The thread's own (mutatorOSThreadIdentify). */
static const OSLocalStruct *localOf(MutatorThread thread) { return thread->record; }

static thread_act_t portOf(MutatorThread thread) { return (thread_act_t)thread->id; }

static MutatorBool isElsewhere(const OSLocalStruct *local, MutatorWord stack) {
  return stack - local->alternateBase < local->alternateLimit - local->alternateBase;
}

/* Whoever has been given the registers knows that it has stopped. */
static MutatorRes tryStop(MutatorThread thread) {
  MutatorMachStruct mach;
  mach.thread = portOf(thread);
  if (thread_suspend(mach.thread) != KERN_SUCCESS)
    return MutatorResSTATE;
  if (!mutatorMacosGetGeneral(&mach)) {
    (void)thread_resume(mach.thread);
    return MutatorResSTATE;
  }
  if (atomicLoad(&localOf(thread)->inside) == 0 && !isElsewhere(localOf(thread), mach.general.__rsp))
    return MutatorResOK;
  (void)thread_resume(mach.thread);
  return MutatorResBUSY;
}

static void set(MutatorThread thread, MutatorRes res) {
  const MutatorWord states[2] = {OSThreadRUNNING, OSThreadSTOPPED};
  atomicStore(&thread->state, res == MutatorResBUSY ? OSThreadWANTED : states[res == MutatorResOK]);
}

/* WANTED comes first: the server looks at it once it has counted itself inside. */
MutatorRes mutatorOSThreadWant(MutatorThread thread) {
  MutatorRes res;
  atomicStore(&thread->state, OSThreadWANTED);
  res = tryStop(thread);
  set(thread, res);
  return res == MutatorResSTATE ? res : MutatorResOK;
}

MutatorRes mutatorOSThreadAwait(MutatorThread thread, uint64_t deadline) {
  MutatorRes res = MutatorResOK;
  while (atomicLoad(&thread->state) == OSThreadWANTED) {
    res = mutatorOSMilliseconds() >= deadline ? MutatorResLIMIT : tryStop(thread);
    set(thread, res);
    if (res == MutatorResBUSY)
      (void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1);
  }
  return res;
}

MutatorRes mutatorOSThreadGo(MutatorThread thread) {
  AtomicWord stopped = OSThreadSTOPPED;
  if (!atomicCompareAndSwap(&thread->state, &stopped, OSThreadRUNNING))
    return MutatorResSTATE;
  return thread_resume(portOf(thread)) == KERN_SUCCESS ? MutatorResOK : MutatorResSTATE;
}

MutatorRes mutatorOSThreadContext(MutatorThread thread, MutatorContext context) {
  return MutatorContextInitThread(context, portOf(thread));
}

/* A handler that was called for a message returns by no signal. */
void mutatorOSSignalsReturn(const OSSignalsStruct *before) { mutatorOSSignalsRelease(before); }
