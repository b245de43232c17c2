/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/setup_fork.c -- what is done around fork(2)
 *
 * The set-up lock is held across fork, so that no other thread has it, or is
 * changing the list of windows, at the moment the child comes to be.
 */

#include <pthread.h>

#include "os/posix/posix.h"

static void (*childCallback)(void);
static MutatorBool registered;

static void prepare(void) {
  mutatorOSSetupLock();
  mutatorPosixForkPrepare();
}

static void parent(void) {
  mutatorPosixForkParent();
  mutatorOSSetupUnlock();
}

static void child(void) {
  mutatorPosixForkChild();
  childCallback();
  mutatorOSSetupUnlock();
}

MutatorRes mutatorPosixForkSetup(void (*forked)(void)) {
  childCallback = forked;
  if (!registered && pthread_atfork(prepare, parent, child) != 0)
    return MutatorResMEMORY;
  registered = 1;
  return MutatorResOK;
}
