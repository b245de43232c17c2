/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_fork.c -- what is done around fork(2), and how a child knows that it is one
 */

#include <sys/mman.h>

#include "os/linux/linux.h"
#include "os/posix/posix.h"

void mutatorPosixForkPrepare(void) { mutatorLinuxWindowsPrepare(); }

void mutatorPosixForkParent(void) { mutatorLinuxWindowsParent(); }

/* The fork word is set last: it says that all the rest is right again. */
void mutatorPosixForkChild(void) {
  mutatorLinuxWindowsChild();
  if (mutatorLinuxForkWord != NULL) {
    mutatorLinuxProcessOpen();
    atomicStore(mutatorLinuxForkWord, 1);
  }
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

MutatorRes mutatorLinuxForkSetup(const OSForkStruct *fork) {
  const MutatorRes res = mutatorPosixForkSetup(fork);
  if (res != MutatorResOK || mutatorLinuxForkWord != NULL)
    return res;
  return makeForkWord();
}
