/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/hook.c -- the handler: the library first, then whoever was there before
 */

#include <errno.h>
#include <signal.h>

#include "arch/registers.h"
#include "cc/compiler.h"
#include "os/posix/posix.h"

/* The order matters to nobody but hookOf, which finds the first ones first. */
PosixHookStruct mutatorPosixHooks[POSIX_HOOKS] = {
    {.signal = SIGSEGV, .hook = MutatorFaultHookMEMORY}, {.signal = SIGBUS, .hook = MutatorFaultHookMEMORY},
    {.signal = SIGTRAP, .hook = MutatorFaultHookTRAP},   {.signal = SIGILL, .hook = MutatorFaultHookILLEGAL},
    {.signal = SIGFPE, .hook = MutatorFaultHookFLOAT},
};

AtomicWord mutatorPosixEarlierFirst;

MutatorBool mutatorPosixIsOurs(const struct sigaction *action) {
  return (action->sa_flags & SA_SIGINFO) != 0 && action->sa_sigaction == mutatorPosixHandler;
}

/* A system call interrupted by a signal that is forwarded goes on or fails as it
 * would have.  Only those that are never restarted (signal(7): sigsuspend, poll)
 * end where a signal that is ignored would have let them wait. */
void mutatorPosixMakeAction(const struct sigaction *previous, struct sigaction *action) {
  action->sa_sigaction = mutatorPosixHandler;
  action->sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | (previous->sa_flags & SA_RESTART);
  if (previous->sa_handler == SIG_IGN)
    action->sa_flags |= SA_RESTART;
  (void)sigemptyset(&action->sa_mask);
}

static PosixHook hookOf(int signal) {
  size_t i;
  for (i = 0; i < POSIX_HOOKS - 1; ++i)
    if (mutatorPosixHooks[i].signal == signal)
      break;
  return &mutatorPosixHooks[i];
}

/* The kernel resets the action of an SA_RESETHAND handler as it calls it; the
 * exchange lets one of several threads call it. */
static void previousAction(PosixHook hook, struct sigaction *previous) {
  *previous = hook->action[atomicLoadAcquire(&hook->current)];
  if (atomicLoadRelaxed(&hook->gone) != 0)
    previous->sa_handler = SIG_DFL;
  if (((unsigned)previous->sa_flags & SA_RESETHAND) == 0 || previous->sa_handler == SIG_IGN)
    return;
  if (atomicExchange(&hook->spent, 1) != 0)
    previous->sa_handler = SIG_DFL;
}

/* The mask is the one that is in force plus what the previous action asks for,
 * as if the kernel had called it.  As then, the return from the signal takes it
 * back: done here, a signal held back until then would interrupt us instead. */
static PosixNext toPrevious(const struct sigaction *previous, int signal) {
  sigset_t mask = previous->sa_mask;
  if ((previous->sa_flags & SA_NODEFER) == 0)
    (void)sigaddset(&mask, signal);
  (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
  return previous->sa_sigaction; /* one of several: a handler that takes less ignores the rest */
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

/* The PC and the general registers, which change when a thread moves. */
static MutatorWord registerHash(const MutatorNativeStruct *native, MutatorWord hash) {
  MachineStruct machine;
  unsigned reg;
  mutatorOSMachine(native, &machine);
  for (reg = 0; reg < MutatorRegisterLIMIT; ++reg)
    if (reg != MutatorRegisterFLAGS)
      hash = (hash ^ *machineRegister(&machine, reg)) * 16777619;
  return hash;
}

/* Address, PC and registers: all the same only when the thread has not moved. */
static MutatorWord faultHash(const MutatorNativeStruct *native) {
  return registerHash(native, (MutatorWord)native->info->si_addr) | 1;
}

/* The fault is retried once before the default action is restored, which is the
 * end of the hook: between the fault and our looking for it the range may have
 * been opened and removed.  If the fault comes again it kills at its own PC. */
static void dieFaulting(int signal, siginfo_t *info, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  const MutatorWord hash = faultHash(&native);
  OSLocal local = mutatorOSLocal();
  if (local->declined == hash)
    restoreDefault(signal);
  local->declined = hash;
}

static void byDefault(int signal, siginfo_t *info, ucontext_t *ucontext) {
  const int error = errno;
  if (mutatorPosixRepeats(info))
    dieFaulting(signal, info, ucontext);
  else
    dieSignalled(signal, info, ucontext);
  errno = error;
}

static MutatorBool isHandler(const struct sigaction *action) {
  return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

/* Was it the jump to the previous handler that faulted?  Its owner may have been
 * unloaded without taking it away; to call it again would fault for ever. */
static MutatorBool isJumpTo(const struct sigaction *previous, const MutatorNativeStruct *native) {
  OSFaultStruct fault;
  mutatorOSFault(native, &fault);
  return fault.addressKnown && fault.access == MutatorAccessEXECUTE &&
         fault.address == (MutatorWord)previous->sa_sigaction;
}

/* The stack and the arguments are still as the jump left them: the hook begins
 * again with the fault that it was about, and now the default action is next. */
static void restartHook(PosixHook hook, const MutatorNativeStruct *native) {
  MachineStruct machine;
  atomicStore(&hook->gone, 1);
  mutatorOSMachine(native, &machine);
  *machineRegister(&machine, MutatorRegisterPC) = (MutatorWord)mutatorPosixHandler;
}

/* Nobody can ignore a fault: the kernel forces the default action. */
PosixNext mutatorPosixForward(PosixHook hook, int signal, siginfo_t *info, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  struct sigaction previous;
  previousAction(hook, &previous);
  if (isHandler(&previous) && isJumpTo(&previous, &native))
    restartHook(hook, &native);
  else if (previous.sa_handler == SIG_DFL)
    byDefault(signal, info, ucontext);
  else if (previous.sa_handler != SIG_IGN)
    return toPrevious(&previous, signal);
  else if (!mutatorPosixQueued(info))
    byDefault(signal, info, ucontext);
  return NULL;
}

/* earlier handler first ------------------------------------------------------ */

/* Did the earlier handler give up by restoring what it had found, as those do
 * that know no way to decline?  Then what it left is in *left, and the hook is
 * in place again, before anybody is asked: the library's own faults, and a
 * callback's, may come at once. */
static MutatorBool reinstall(int signal, const struct sigaction *previous, struct sigaction *left) {
  struct sigaction action;
  if (sigaction(signal, NULL, left) != 0 || mutatorPosixIsOurs(left))
    return 0;
  mutatorPosixMakeAction(previous, &action);
  return sigaction(signal, &action, NULL) == 0;
}

/* The earlier handler's answer is what it has done to the thread.  If that is
 * nothing we are asked, under the mask that it was not to change, and if we
 * know nothing either the thread goes on as if it had been alone.  It may never
 * return, so that its time is no part of the hook's. */
static void earlierFirst(const struct sigaction *previous, int signal, const MutatorNativeStruct *native) {
  const MutatorWord before = registerHash(native, 1);
  struct sigaction left;
  MutatorBool gaveUp;
  sigset_t mask;
  (void)pthread_sigmask(SIG_BLOCK, NULL, &mask);
  mutatorOSInsideEnd();
  toPrevious(previous, signal)(signal, native->info, native->ucontext);
  mutatorOSInsideBegin();
  if (registerHash(native, 1) != before)
    return;
  (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
  gaveUp = reinstall(signal, previous, &left);
  if (!mutatorFaultNative(native, mutatorOSLocal()) && gaveUp)
    (void)sigaction(signal, &left, NULL);
}

/* The library's own faults are nobody else's business. */
static MutatorBool tryEarlier(int signal, const MutatorNativeStruct *native) {
  struct sigaction previous;
  int error;
  if (mutatorCoreRecover(native))
    return 1;
  previousAction(hookOf(signal), &previous);
  if (!isHandler(&previous))
    return 0;
  error = errno;
  earlierFirst(&previous, signal, native);
  errno = error;
  return 1;
}

static PosixNext forward(int signal, const MutatorNativeStruct *native) {
  return mutatorPosixForward(hookOf(signal), signal, native->info, native->ucontext);
}

PosixNext mutatorPosixBody(int signal, siginfo_t *info, void *ucontext, void *returnsTo, OSLocal local,
                           OSAnswer answer) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  const int error = errno;
  MutatorBool handled;
  if (answer == OSAnswerDECLINED)
    return forward(signal, &native);
  if (atomicLoadRelaxed(&mutatorPosixReturn) == 0)
    mutatorPosixReturnsTo(returnsTo);
  if (atomicLoadRelaxed(&mutatorPosixEarlierFirst) != 0 && tryEarlier(signal, &native))
    return NULL;
  handled = mutatorFaultNative(&native, local);
  errno = error;
  return handled ? NULL : forward(signal, &native);
}
