/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/setup.c -- make the port ready, and what is done around fork(2)
 */

#include <unistd.h>

#include "os/macos/macos.h"
#include "os/posix/posix.h"

void mutatorPosixForkPrepare(void) {}

void mutatorPosixForkParent(void) {}

/* The process's number comes last: it says that all the rest is right again. */
void mutatorPosixForkChild(void) {
  mutatorPosixForkRefuse();
  mutatorMacosServerForked();
  atomicStore(&mutatorMacosProcess, (AtomicWord)getpid());
}

MutatorRes mutatorOSSetup(const OSForkStruct *fork) {
  const long page = sysconf(_SC_PAGESIZE);
  if (page > 0)
    atomicStore(&mutatorPosixPageSize, (AtomicWord)page);
  if (mutatorPosixExitSetup() != MutatorResOK || mutatorPosixForkSetup(fork) != MutatorResOK)
    return MutatorResMEMORY;
  atomicStore(&mutatorMacosProcess, (AtomicWord)getpid());
  return MutatorResOK;
}

const int mutatorPosixNoReserve = 0;

/* A red zone, the machine context with AVX-512, a ucontext_t, a siginfo_t and the
 * arguments of the trampoline (XNU bsd/dev/i386/unix_signal.c, sendsig). */
size_t mutatorPosixFrameSize(void) { return 4096; }
