/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup.c -- make the port ready
 */

#include <sys/auxv.h>
#include <unistd.h>

#include "os/linux/linux.h"
#include "os/posix/posix.h"

/* Without the fork word a child that ran no atfork handler could not tell that
 * the open file stands for its parent's memory: then it is not opened. */
MutatorRes mutatorOSSetup(void (*forked)(void)) {
  const long page = sysconf(_SC_PAGESIZE);
  MutatorRes res;
  if (page > 0)
    atomicStore(&mutatorPosixPageSize, (AtomicWord)page);
  res = mutatorPosixExitSetup();
  if (res != MutatorResOK)
    return res;
  res = mutatorLinuxForkSetup(forked);
  if (res == MutatorResOK && !mutatorOSProcessOffered())
    mutatorLinuxProcessOpen();
  return res == MutatorResUNIMPL ? MutatorResOK : res;
}

/* Newer than some C libraries' headers: elf.h.  The kernel tells it since Linux
 * 5.14 on x86; before that a frame fitted the constant (sigaltstack(2)). */
#define AUXILIARY_MINSIGSTKSZ 51

size_t mutatorPosixFrameSize(void) {
  const unsigned long size = getauxval(AUXILIARY_MINSIGSTKSZ);
  const size_t least = 4096;
  return size > least ? size : least;
}
