/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/setup.c -- make the port ready
 */

#include <pthread.h>
#include <pthread_np.h>
#include <unistd.h>

#include "cc/cpuid.h"
#include "os/freebsd/freebsd.h"
#include "os/posix/posix.h"

MutatorRes mutatorOSSetup(const OSForkStruct *fork) {
  const long page = sysconf(_SC_PAGESIZE);
  MutatorRes res;
  if (page > 0)
    atomicStore(&mutatorPosixPageSize, (AtomicWord)page);
  res = mutatorPosixExitSetup();
  return res == MutatorResOK ? mutatorFreebsdForkSetup(fork) : res;
}

const int mutatorPosixNoReserve = 0;

/* The frame is a struct sigframe and the extended state, aligned to 64 bytes,
 * below a red zone (FreeBSD sys/amd64/amd64/exec_machdep.c, sendsig); CPUID leaf 0xD
 * has the size of the state. */
size_t mutatorPosixFrameSize(void) {
  const size_t around = 512, state = cpuidRead(0xd, 0).ecx;
  return sizeof(ucontext_t) + sizeof(siginfo_t) + state + around;
}

MutatorBool mutatorPosixThreadStack(MutatorThread thread) {
  pthread_attr_t attributes;
  void *base = NULL;
  size_t size = 0, guard = 0;
  MutatorBool found;
  if (pthread_attr_init(&attributes) != 0)
    return 0;
  found = pthread_attr_get_np(pthread_self(), &attributes) == 0 &&
          pthread_attr_getstack(&attributes, &base, &size) == 0 && pthread_attr_getguardsize(&attributes, &guard) == 0;
  (void)pthread_attr_destroy(&attributes);
  thread->stackBase = (MutatorWord)base;
  thread->stackLimit = (MutatorWord)base + size;
  thread->guard = guard;
  return found;
}
