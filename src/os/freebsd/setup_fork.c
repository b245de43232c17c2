/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/setup_fork.c -- what is done around fork(2), and how a child knows that it is one
 */

#include <sys/mman.h>

#include "os/freebsd/freebsd.h"
#include "os/posix/posix.h"

void mutatorPosixForkPrepare(void) {}

void mutatorPosixForkParent(void) {}

/* The fork word is set last: it says that all the rest is right again. */
void mutatorPosixForkChild(void) {
  mutatorPosixForkRefuse();
  atomicStore(mutatorFreebsdForkWord, 1);
}

static MutatorRes makeForkWord(void) {
  const size_t size = mutatorOSPageSize();
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return MutatorResMEMORY;
  if (minherit(page, size, INHERIT_ZERO) != 0) {
    (void)munmap(page, size);
    return MutatorResMEMORY;
  }
  atomicStore(page, 1);
  mutatorFreebsdForkWord = page;
  return MutatorResOK;
}

MutatorRes mutatorFreebsdForkSetup(const OSForkStruct *fork) {
  const MutatorRes res = mutatorFreebsdForkWord != NULL ? MutatorResOK : makeForkWord();
  return res == MutatorResOK ? mutatorPosixForkSetup(fork) : res;
}
