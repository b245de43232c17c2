/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_fork.c -- what is done around fork(2)
 *
 * The set-up lock is held across fork, so that no other thread has it, or is
 * changing the list of windows, at the moment the child comes to be.
 */

#include <pthread.h>
#include <sys/mman.h>

#include "os/linux/linux.h"

static void (*childCallback)(void);
static MutatorBool registered;

static void prepare(void) {
  mutatorOSSetupLock();
  mutatorLinuxWindowsPrepare();
}

static void parent(void) {
  mutatorLinuxWindowsParent();
  mutatorOSSetupUnlock();
}

/* The fork word is set last but for the callback: it says that all the rest is right again. */
static void child(void) {
  mutatorLinuxWindowsChild();
  if (mutatorLinuxForkWord != NULL) {
    mutatorLinuxProcessOpen();
    atomicStore(mutatorLinuxForkWord, 1);
  }
  childCallback();
  mutatorOSSetupUnlock();
}

static MutatorRes makeForkWord(void) {
  const size_t size = mutatorOSPageSize();
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return MutatorResMEMORY;
  if (madvise(page, size, MADV_WIPEONFORK) != 0) {
    (void)munmap(page, size);
    return MutatorResUNIMPL;
  }
  atomicStore(page, 1);
  mutatorLinuxForkWord = page;
  return MutatorResOK;
}

MutatorRes mutatorLinuxForkSetup(void (*forked)(void)) {
  childCallback = forked;
  if (!registered && pthread_atfork(prepare, parent, child) != 0)
    return MutatorResMEMORY;
  registered = 1;
  return mutatorLinuxForkWord != NULL ? MutatorResOK : makeForkWord();
}
