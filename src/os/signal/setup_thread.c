/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/setup_thread.c -- the suspending signal's handler; what a thread is; its exit
 */

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "os/posix/posix.h"

static pthread_key_t exitKey;
static MutatorBool exitKeyMade; /* guarded by the set-up lock; never undone */

MutatorBool mutatorOSThreadReady(void) { return atomicLoadAcquire(&mutatorPosixSuspensionSignal) != 0; }

/* Other destructors may still take faults and run on the alternate stack: ours
 * puts itself off to the last round (POSIX, PTHREAD_DESTRUCTOR_ITERATIONS). */
static _Thread_local unsigned rounds;

static void threadExits(void *value) {
  if (++rounds < 4 && pthread_setspecific(exitKey, value) == 0)
    return;
  if (mutatorOSLocal()->thread != NULL)
    mutatorThreadExit(mutatorOSLocal()->thread);
  (void)mutatorOSStackRemove();
  mutatorCoreThreadExit();
}

MutatorRes mutatorPosixExitSetup(void) {
  if (!exitKeyMade && pthread_key_create(&exitKey, threadExits) != 0)
    return MutatorResMEMORY;
  exitKeyMade = 1;
  return MutatorResOK;
}

/* Any value but NULL has the destructor called. */
MutatorBool mutatorPosixExitWatch(void) { return exitKeyMade && pthread_setspecific(exitKey, &exitKeyMade) == 0; }

/* the signal ----------------------------------------------------------------------- */

/* Those that faults raise stop a thread at an instruction: blocked in the
 * handler they would kill it, and they are the hook's. */
static MutatorBool isUsable(int signal) {
  static const int others[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
  size_t i;
  for (i = 0; i < sizeof others / sizeof others[0]; ++i)
    if (signal == others[i])
      return 0;
  return signal > 0 && signal <= SIGRTMAX && (signal < SIGRTMIN ? signal < 32 : 1);
}

static MutatorRes install(int signal) {
  PosixHook hook = &mutatorPosixSuspension;
  struct sigaction action, previous;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = mutatorPosixSuspend;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  (void)sigfillset(&action.sa_mask);
  if (sigaction(signal, NULL, &previous) != 0)
    return MutatorResFAIL;
  hook->action[0] = previous;
  hook->signal = signal;
  atomicStore(&hook->current, 0);
  atomicStore(&hook->spent, 0);
  if (sigaction(signal, &action, NULL) != 0)
    return MutatorResFAIL;
  atomicStore(&mutatorPosixSuspensionSignal, (AtomicWord)signal);
  return MutatorResOK;
}

MutatorRes mutatorOSThreadSetup(int signal) {
  const int now = (int)atomicLoad(&mutatorPosixSuspensionSignal);
  MutatorRes res;
  if (signal != 0 && !isUsable(signal))
    return MutatorResPARAM;
  if (now != 0)
    return signal == 0 || signal == now ? MutatorResOK : MutatorResSTATE;
  res = mutatorPosixExitSetup();
  return res == MutatorResOK ? install(signal == 0 ? SIGXFSZ : signal) : res;
}

MutatorRes mutatorOSThreadFinish(void) {
  const int signal = (int)atomicLoad(&mutatorPosixSuspensionSignal);
  struct sigaction action;
  if (signal == 0)
    return MutatorResSTATE;
  if (sigaction(signal, NULL, &action) != 0 || (action.sa_flags & SA_SIGINFO) == 0 ||
      action.sa_sigaction != mutatorPosixSuspend)
    return MutatorResBUSY;
  if (sigaction(signal, &mutatorPosixSuspension.action[0], NULL) != 0)
    return MutatorResBUSY;
  atomicStore(&mutatorPosixSuspensionSignal, 0);
  return MutatorResOK;
}

/* the calling thread ----------------------------------------------------------------- */

MutatorRes mutatorOSThreadIdentify(MutatorThread thread) {
  thread->id = mutatorOSThread();
  return mutatorPosixThreadStack(thread) && mutatorPosixExitWatch() ? MutatorResOK : MutatorResFAIL;
}

void mutatorOSThreadForget(MutatorThread thread) { (void)thread; }
