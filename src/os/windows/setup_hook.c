/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup_hook.c -- put the vectored handlers on their lists, and take them away
 *
 * Both functions are called with the set-up lock held.
 */

#include "os/windows/windows.h"

enum { FIRST = 1, LAST = 0 };

typedef struct HandlersStruct {
  PVOID handler;
  PVOID recover; /* only when the handler is the last */
  PVOID continuation;
} HandlersStruct;

static HandlersStruct installed; /* guarded by the set-up lock; handler is NULL while nothing is */

static void removeAll(const HandlersStruct *handlers) {
  if (handlers->handler != NULL)
    (void)RemoveVectoredExceptionHandler(handlers->handler);
  if (handlers->recover != NULL)
    (void)RemoveVectoredExceptionHandler(handlers->recover);
  if (handlers->continuation != NULL)
    (void)RemoveVectoredContinueHandler(handlers->continuation);
}

/* Behind all others, ours is asked last; but the library's own faults are nobody else's business. */
static MutatorRes install(MutatorBool earlierFirst) {
  HandlersStruct fresh = {NULL, NULL, NULL};
  fresh.continuation = AddVectoredContinueHandler(FIRST, mutatorWindowsContinue);
  if (earlierFirst)
    fresh.recover = AddVectoredExceptionHandler(FIRST, mutatorWindowsRecover);
  fresh.handler = AddVectoredExceptionHandler(earlierFirst ? LAST : FIRST, mutatorWindowsHandler);
  if (fresh.continuation == NULL || fresh.handler == NULL || (earlierFirst && fresh.recover == NULL)) {
    removeAll(&fresh);
    return MutatorResFAIL;
  }
  installed = fresh;
  return MutatorResOK;
}

MutatorRes mutatorOSHookInstall(MutatorFaultHook hook, MutatorBool earlierFirst) {
  const MutatorRes res = installed.handler == NULL ? install(earlierFirst) : MutatorResOK;
  if (res == MutatorResOK)
    atomicStore(&mutatorWindowsHook, hook);
  return res;
}

/* Handlers are on a list: whoever came after us stays where he is. */
MutatorRes mutatorOSHookRemove(void) {
  const HandlersStruct none = {NULL, NULL, NULL};
  if (installed.handler == NULL)
    return MutatorResSTATE;
  removeAll(&installed);
  installed = none;
  return MutatorResOK;
}
