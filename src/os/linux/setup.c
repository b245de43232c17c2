/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup.c -- make the port ready
 */

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/linux/linux.h"
#include "os/posix/posix.h"

/* Without the fork word a child that ran no atfork handler could not tell that
 * the open file stands for its parent's memory: then it is not opened. */
MutatorRes mutatorOSSetup(const OSForkStruct *fork) {
  const long page = sysconf(_SC_PAGESIZE);
  MutatorRes res;
  if (page > 0)
    atomicStore(&mutatorPosixPageSize, (AtomicWord)page);
  res = mutatorPosixExitSetup();
  if (res != MutatorResOK)
    return res;
  res = mutatorLinuxForkSetup(fork);
  if (res == MutatorResOK && !mutatorOSProcessOffered())
    mutatorLinuxProcessOpen();
  return res == MutatorResUNIMPL ? MutatorResOK : res;
}

const int mutatorPosixNoReserve = MAP_NORESERVE;

/* Newer than some C libraries' headers: elf.h.  The kernel tells it since Linux
 * 5.14 on x86; before that a frame fitted the constant (sigaltstack(2)). */
#define AUXILIARY_MINSIGSTKSZ 51

size_t mutatorPosixFrameSize(void) {
  const unsigned long size = getauxval(AUXILIARY_MINSIGSTKSZ);
  const size_t least = 4096;
  return size > least ? size : least;
}

MutatorBool mutatorPosixThreadStack(MutatorThread thread) {
  pthread_attr_t attributes;
  void *base = NULL;
  size_t size = 0, guard = 0;
  MutatorBool found;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0)
    return 0;
  found = pthread_attr_getstack(&attributes, &base, &size) == 0 && pthread_attr_getguardsize(&attributes, &guard) == 0;
  (void)pthread_attr_destroy(&attributes);
  thread->stackBase = (MutatorWord)base;
  thread->stackLimit = (MutatorWord)base + size;
  thread->guard = guard;
  return found;
}
