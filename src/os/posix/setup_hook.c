/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/setup_hook.c -- put the handler in front of the handlers that are there, and take it away
 *
 * Both functions are called with the set-up lock held.
 */

#include <signal.h>

#include "os/posix/posix.h"

/* Somebody may have saved our handler and put it back by now: to remember it
 * as the previous one would be to forward to ourselves for ever. */
static void remember(PosixHook hook, const struct sigaction *previous) {
  const uintptr_t other = 1 - atomicLoad(&hook->current);
  if (mutatorPosixIsOurs(previous))
    return;
  hook->action[other] = *previous;
  atomicStoreRelease(&hook->current, other);
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
  atomicStore(&hook->gone, 0);
  mutatorPosixMakeAction(&previous, &action);
  if (sigaction(hook->signal, &action, &previous) != 0)
    return 0;
  remember(hook, &previous);
  hook->installed = 1;
  return 1;
}

static void removeOne(PosixHook hook) {
  struct sigaction action = hook->action[atomicLoad(&hook->current)];
  if (atomicLoad(&hook->spent) != 0)
    action.sa_handler = SIG_DFL;
  (void)sigaction(hook->signal, &action, NULL);
  hook->installed = 0;
}

static MutatorBool onTop(PosixHook hook) {
  struct sigaction action;
  return sigaction(hook->signal, NULL, &action) == 0 && mutatorPosixIsOurs(&action);
}

static MutatorBool isWanted(const PosixHookStruct *hook, MutatorFaultHook wanted) {
  return hook->hook == MutatorFaultHookMEMORY || (hook->hook & wanted) != 0;
}

/* What a call has installed before it fails is taken away again, and nothing else. */
MutatorRes mutatorOSHookInstall(MutatorFaultHook wanted, MutatorBool earlierFirst) {
  MutatorBool fresh[POSIX_HOOKS] = {0};
  size_t i;
  if ((AtomicWord)earlierFirst != atomicLoad(&mutatorPosixEarlierFirst))
    mutatorCoreDetour(earlierFirst);
  atomicStore(&mutatorPosixEarlierFirst, (AtomicWord)earlierFirst);
  for (i = 0; i < POSIX_HOOKS; ++i) {
    PosixHook hook = &mutatorPosixHooks[i];
    if (hook->installed || !isWanted(hook, wanted))
      continue;
    fresh[i] = installOne(hook);
    if (fresh[i])
      continue;
    while (i-- > 0)
      if (fresh[i])
        removeOne(&mutatorPosixHooks[i]);
    return MutatorResFAIL;
  }
  return MutatorResOK;
}

MutatorRes mutatorOSHookRemove(void) {
  MutatorBool any = 0;
  size_t i;
  for (i = 0; i < POSIX_HOOKS; ++i) {
    any |= mutatorPosixHooks[i].installed;
    if (mutatorPosixHooks[i].installed && !onTop(&mutatorPosixHooks[i]))
      return MutatorResBUSY;
  }
  for (i = 0; i < POSIX_HOOKS; ++i)
    if (mutatorPosixHooks[i].installed)
      removeOne(&mutatorPosixHooks[i]);
  return any ? MutatorResOK : MutatorResSTATE;
}
