/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup_thread.c -- what a thread is; its exit
 */

#include "os/windows/windows.h"

static DWORD exitSlot = FLS_OUT_OF_INDEXES; /* guarded by the set-up lock; never undone */
static AtomicWord ready;

MutatorBool mutatorOSThreadReady(void) { return (MutatorBool)atomicLoadAcquire(&ready); }

/* Called when a thread exits whose value is not NULL (Microsoft, FlsAlloc); and when a
 * fiber is deleted, whose value is the OSLocal of the thread that registered on it. */
static void WINAPI threadExits(void *value) {
  OSLocal local = mutatorOSLocal();
  if (value == local && local->thread != NULL)
    mutatorThreadExit(local->thread);
}

MutatorRes mutatorOSThreadSetup(int signal) {
  (void)signal;
  if (exitSlot == FLS_OUT_OF_INDEXES)
    exitSlot = FlsAlloc(threadExits);
  if (exitSlot == FLS_OUT_OF_INDEXES)
    return MutatorResMEMORY;
  atomicStore(&ready, 1);
  return MutatorResOK;
}

MutatorRes mutatorOSThreadFinish(void) { return atomicExchange(&ready, 0) != 0 ? MutatorResOK : MutatorResSTATE; }

static MutatorBool findStack(MutatorThread thread) {
  const NT_TIB *block = (const NT_TIB *)NtCurrentTeb();
  MEMORY_BASIC_INFORMATION information;
  if (VirtualQuery(&information, &information, sizeof information) == 0)
    return 0;
  thread->stackBase = (MutatorWord)information.AllocationBase;
  thread->stackLimit = (MutatorWord)block->StackBase;
  thread->guard = 0;
  return 1;
}

MutatorRes mutatorOSThreadIdentify(MutatorThread thread) {
  HANDLE handle;
  thread->id = GetCurrentThreadId();
  thread->record = mutatorOSLocal();
  if (!findStack(thread) || !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &handle, 0,
                                             FALSE, DUPLICATE_SAME_ACCESS))
    return MutatorResFAIL;
  thread->handle = handle;
  if (FlsSetValue(exitSlot, thread->record))
    return MutatorResOK;
  (void)CloseHandle(handle);
  return MutatorResFAIL;
}

void mutatorOSThreadForget(MutatorThread thread) {
  (void)FlsSetValue(exitSlot, NULL);
  (void)CloseHandle(thread->handle);
}
