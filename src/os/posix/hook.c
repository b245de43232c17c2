/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/hook.c -- the handler: the library first, then whoever was there before
 */

#include <errno.h>
#include <signal.h>

#include "arch/registers.h"
#include "os/posix/posix.h"

PosixHookStruct mutatorPosixHooks[POSIX_HOOKS] = {{.signal = SIGSEGV}, {.signal = SIGBUS}};

/* The latest fault of this thread that fell to the default action, as faultHash
 * tells it; 0 for none.  The build gives thread-local variables the
 * initial-exec model, which allocates nothing in a handler. */
static _Thread_local MutatorWord latestDeclined;

static PosixHook hookOf(int signal) {
  size_t i;
  for (i = 0; i < POSIX_HOOKS - 1; ++i)
    if (mutatorPosixHooks[i].signal == signal)
      break;
  return &mutatorPosixHooks[i];
}

/* The kernel resets the action of an SA_RESETHAND handler as it calls it; the
 * exchange lets one of several threads call it. */
static void previousAction(int signal, struct sigaction *previous) {
  PosixHook hook = hookOf(signal);
  *previous = hook->action[atomicLoadAcquire(&hook->current)];
  if (((unsigned)previous->sa_flags & SA_RESETHAND) == 0 || previous->sa_handler == SIG_IGN)
    return;
  if (atomicExchange(&hook->spent, 1) != 0)
    previous->sa_handler = SIG_DFL;
}

/* The mask is the one that is in force plus what the previous action asks for,
 * as if the kernel had called it.  As then, the return from the signal takes it
 * back: done here, a signal held back until then would interrupt us instead. */
static void callPrevious(const struct sigaction *previous, int signal, siginfo_t *info, void *ucontext) {
  sigset_t mask = previous->sa_mask;
  if ((previous->sa_flags & SA_NODEFER) == 0)
    (void)sigaddset(&mask, signal);
  (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
  if ((previous->sa_flags & SA_SIGINFO) != 0)
    previous->sa_sigaction(signal, info, ucontext);
  else
    previous->sa_handler(signal);
}

static void restoreDefault(int signal) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  (void)sigemptyset(&action.sa_mask);
  (void)sigaction(signal, &action, NULL);
}

/* The signal stays blocked until the handler's return restores the interrupted
 * mask, so that the process dies with the thread at the interrupted PC.  That
 * mask holds the signal back only if it was saved before sigsuspend(2). */
static void dieSignalled(int signal, siginfo_t *info, ucontext_t *ucontext) {
  sigset_t mask;
  (void)sigemptyset(&mask);
  (void)sigaddset(&mask, signal);
  (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
  restoreDefault(signal);
  (void)sigdelset(&ucontext->uc_sigmask, signal);
  mutatorPosixResend(signal, info);
}

/* Address, PC and registers: all the same only when the thread has not moved. */
static MutatorWord faultHash(const MutatorNativeStruct *native) {
  MutatorWord hash = (MutatorWord)native->info->si_addr;
  MachineStruct machine;
  unsigned reg;
  mutatorOSMachine(native, &machine);
  for (reg = 0; reg < MutatorRegisterLIMIT; ++reg)
    if (reg != MutatorRegisterFLAGS)
      hash = (hash ^ *machineRegister(&machine, reg)) * 16777619;
  return hash | 1;
}

/* The fault is retried once before the default action is restored, which is the
 * end of the hook: between the fault and our looking for it the range may have
 * been opened and removed.  If the fault comes again it kills at its own PC. */
static void dieFaulting(int signal, siginfo_t *info, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  const MutatorWord hash = faultHash(&native);
  if (latestDeclined == hash)
    restoreDefault(signal);
  latestDeclined = hash;
}

static void byDefault(int signal, siginfo_t *info, ucontext_t *ucontext) {
  const int error = errno;
  if (mutatorPosixRepeats(info))
    dieFaulting(signal, info, ucontext);
  else
    dieSignalled(signal, info, ucontext);
  errno = error;
}

/* Nobody can ignore a fault: the kernel forces the default action. */
static void forward(int signal, siginfo_t *info, ucontext_t *ucontext) {
  struct sigaction previous;
  previousAction(signal, &previous);
  if (previous.sa_handler == SIG_DFL)
    byDefault(signal, info, ucontext);
  else if (previous.sa_handler != SIG_IGN)
    callPrevious(&previous, signal, info, ucontext);
  else if (!mutatorPosixQueued(info))
    byDefault(signal, info, ucontext);
}

void mutatorPosixHandler(int signal, siginfo_t *info, void *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  const int error = errno;
  const MutatorBool handled = mutatorFaultNative(&native);
  errno = error;
  if (!handled)
    forward(signal, info, ucontext);
}
