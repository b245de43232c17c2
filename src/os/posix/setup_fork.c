/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/setup_fork.c -- what is done around fork(2)
 *
 * The set-up lock is held across fork, so that no other thread has it, or is
 * changing the list of windows, at the moment the child comes to be.
 */

#include <pthread.h>

#include "os/posix/posix.h"

static const OSForkStruct *library;
static MutatorBool registered;

static void prepare(void) {
  mutatorOSSetupLock();
  mutatorPosixForkPrepare();
  library->prepare();
}

static void parent(void) {
  library->parent();
  mutatorPosixForkParent();
  mutatorOSSetupUnlock();
}

static void child(void) {
  mutatorPosixForkChild();
  library->child();
  mutatorOSSetupUnlock();
}

void mutatorPosixForkRefuse(void) {
  MutatorWindow window;
  for (window = mutatorCoreWindows(); window != NULL; window = window->next)
    if (window->policy != MutatorWindowForkSHARE)
      window->state |= OSWindowREFUSED;
}

MutatorRes mutatorPosixForkSetup(const OSForkStruct *fork) {
  library = fork;
  if (!registered && pthread_atfork(prepare, parent, child) != 0)
    return MutatorResMEMORY;
  registered = 1;
  return MutatorResOK;
}
