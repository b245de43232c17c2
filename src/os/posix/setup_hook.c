/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/setup_hook.c -- put the handler in front of the handlers that are there, and take it away
 *
 * Both functions are called with the set-up lock held.
 */

#include <signal.h>

#include "os/posix/posix.h"

static MutatorBool installed; /* guarded by the set-up lock */

static MutatorBool isOurs(const struct sigaction *action) {
  return (action->sa_flags & SA_SIGINFO) != 0 && action->sa_sigaction == mutatorPosixHandler;
}

/* Somebody may have saved our handler and put it back by now: to remember it
 * as the previous one would be to forward to ourselves for ever. */
static void remember(PosixHook hook, const struct sigaction *previous) {
  const uintptr_t other = 1 - atomicLoad(&hook->current);
  if (isOurs(previous))
    return;
  hook->action[other] = *previous;
  atomicStoreRelease(&hook->current, other);
}

/* A system call interrupted by a signal that is forwarded goes on or fails as it
 * would have.  Only those that are never restarted (signal(7): sigsuspend, poll)
 * end where a signal that is ignored would have let them wait. */
static void makeAction(const struct sigaction *previous, struct sigaction *action) {
  action->sa_sigaction = mutatorPosixHandler;
  action->sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | (previous->sa_flags & SA_RESTART);
  if (previous->sa_handler == SIG_IGN)
    action->sa_flags |= SA_RESTART;
  (void)sigemptyset(&action->sa_mask);
}

/* The previous action is remembered before the handler is installed: another
 * thread may need it in between.  Somebody may have changed it in between, so
 * what was really replaced is remembered after it. */
static MutatorBool installOne(PosixHook hook) {
  struct sigaction previous, action;
  if (sigaction(hook->signal, NULL, &previous) != 0)
    return 0;
  remember(hook, &previous);
  atomicStore(&hook->spent, 0);
  makeAction(&previous, &action);
  if (sigaction(hook->signal, &action, &previous) != 0)
    return 0;
  remember(hook, &previous);
  return 1;
}

static void removeOne(PosixHook hook) {
  struct sigaction action = hook->action[atomicLoad(&hook->current)];
  if (atomicLoad(&hook->spent) != 0)
    action.sa_handler = SIG_DFL;
  (void)sigaction(hook->signal, &action, NULL);
}

static MutatorBool onTop(PosixHook hook) {
  struct sigaction action;
  return sigaction(hook->signal, NULL, &action) == 0 && isOurs(&action);
}

MutatorRes mutatorOSHookInstall(void) {
  size_t i;
  if (installed)
    return MutatorResOK;
  for (i = 0; i < POSIX_HOOKS; ++i) {
    if (installOne(&mutatorPosixHooks[i]))
      continue;
    while (i > 0)
      removeOne(&mutatorPosixHooks[--i]);
    return MutatorResFAIL;
  }
  installed = 1;
  return MutatorResOK;
}

MutatorRes mutatorOSHookRemove(void) {
  size_t i;
  if (!installed)
    return MutatorResSTATE;
  for (i = 0; i < POSIX_HOOKS; ++i)
    if (!onTop(&mutatorPosixHooks[i]))
      return MutatorResBUSY;
  for (i = 0; i < POSIX_HOOKS; ++i)
    removeOne(&mutatorPosixHooks[i]);
  installed = 0;
  return MutatorResOK;
}
