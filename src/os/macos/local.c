/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/local.c -- what the library knows about the calling thread
 *
 * The loader allocates thread-local variables when they are first looked at.  So this
 * is a page of its own, made by a system call, behind a key that was made at set-up.
 */

#include <pthread.h>

#include "os/macos/macos.h"

AtomicWord mutatorMacosLocalKey;

/* Of all threads, before set-up and where there is no memory. */
static OSLocalStruct shared;

static OSLocal make(pthread_key_t key) {
  vm_address_t page = 0;
  if (vm_allocate(mach_task_self(), &page, sizeof(MacosLocalStruct), VM_FLAGS_ANYWHERE) != KERN_SUCCESS)
    return &shared;
  if (pthread_setspecific(key, (void *)page) == 0)
    return (OSLocal)page;
  (void)vm_deallocate(mach_task_self(), page, sizeof(MacosLocalStruct));
  return &shared;
}

OSLocal mutatorOSLocal(void) {
  const AtomicWord key = atomicLoadAcquire(&mutatorMacosLocalKey);
  OSLocal local;
  if (key == 0)
    return &shared;
  local = pthread_getspecific((pthread_key_t)(key - 1));
  return local != NULL ? local : make((pthread_key_t)(key - 1));
}

/* The server counts itself there too. */
void mutatorOSInsideBegin(void) { (void)atomicAdd(&mutatorOSLocal()->inside, 1); }

void mutatorOSInsideEnd(void) { (void)atomicSubtract(&mutatorOSLocal()->inside, 1); }

/* A frame's ucontext_t does not name the alternate stack (XNU bsd/dev/i386/unix_signal.c): nobody knows. */
MutatorBool mutatorOSAbandoned(const MutatorNativeStruct *native, MutatorWord frame, MutatorWord here) {
  (void)native;
  (void)frame;
  (void)here;
  return 0;
}
