/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/setup_thread.c -- what a thread is; its exit
 */

#include <pthread.h>

#include "os/macos/macos.h"
#include "os/posix/posix.h"

static AtomicWord ready;

MutatorBool mutatorOSThreadReady(void) { return (MutatorBool)atomicLoadAcquire(&ready); }

MutatorRes mutatorOSThreadSetup(int signal) {
  (void)signal;
  if (mutatorPosixExitSetup() != MutatorResOK)
    return MutatorResMEMORY;
  atomicStore(&ready, 1);
  return MutatorResOK;
}

MutatorRes mutatorOSThreadFinish(void) { return atomicExchange(&ready, 0) != 0 ? MutatorResOK : MutatorResSTATE; }

/* Other destructors may still take faults and run on the alternate stack: ours
 * puts itself off to the last round (POSIX, PTHREAD_DESTRUCTOR_ITERATIONS).  The
 * value is the thread's MacosLocal, which is of no use afterwards. */
static void threadExits(void *value) {
  MacosLocal own = value;
  const pthread_key_t key = (pthread_key_t)(atomicLoad(&mutatorMacosLocalKey) - 1);
  if (++own->rounds < 4 && pthread_setspecific(key, value) == 0)
    return;
  if (pthread_setspecific(key, value) != 0)
    return;
  if (own->local.thread != NULL)
    mutatorThreadExit(own->local.thread);
  mutatorCoreThreadExit();
  (void)MutatorMachRelease();
  (void)mutatorOSStackRemove();
  (void)pthread_setspecific(key, NULL);
  (void)vm_deallocate(mach_task_self(), (vm_address_t)own, sizeof *own);
}

MutatorRes mutatorPosixExitSetup(void) {
  pthread_key_t key;
  if (atomicLoad(&mutatorMacosLocalKey) != 0)
    return MutatorResOK;
  if (pthread_key_create(&key, threadExits) != 0)
    return MutatorResMEMORY;
  atomicStore(&mutatorMacosLocalKey, (AtomicWord)key + 1);
  return MutatorResOK;
}

/* Whoever looks at the thread's own words has its exit watched. */
MutatorBool mutatorPosixExitWatch(void) { return atomicLoad(&mutatorMacosLocalKey) != 0 && mutatorOSLocal() != NULL; }

MutatorRes mutatorOSThreadIdentify(MutatorThread thread) {
  const pthread_t self = pthread_self();
  const size_t size = pthread_get_stacksize_np(self);
  thread->id = pthread_mach_thread_np(self);
  thread->record = mutatorOSLocal();
  thread->stackLimit = (MutatorWord)pthread_get_stackaddr_np(self);
  thread->stackBase = thread->stackLimit - size;
  thread->guard = mutatorOSPageSize();
  return MutatorResOK;
}

void mutatorOSThreadForget(MutatorThread thread) { (void)thread; }
