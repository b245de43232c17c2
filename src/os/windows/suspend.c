/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/suspend.c -- threads that the system suspends
 *
 * It does so wherever they are.  One that is found inside the library, or whose
 * registers the system does not know, is let go again for a moment, until it is
 * found elsewhere.
 */

#include "os/windows/windows.h"

/* The thread's own (mutatorOSThreadIdentify). */
static const OSLocalStruct *localOf(MutatorThread thread) { return thread->record; }

/* The system refuses to stop a thread that has ended; one that has not, be it about to end
 * or its handle without the right, may be running. */
static MutatorRes refused(MutatorThread thread) {
  return WaitForSingleObject(thread->handle, 0) == WAIT_OBJECT_0 ? MutatorResSTATE : MutatorResBUSY;
}

/* Is there any memory at all at the thread's PC?  Wine has code of its own that the system it
 * plays does not show, at the edges of system calls: there some registers are its. */
static MutatorBool isSomewhere(const CONTEXT *context) {
  const MutatorNativeStruct native = {.native = (CONTEXT *)context};
  MEMORY_BASIC_INFORMATION page;
  MachineStruct machine;
  mutatorOSMachine(&native, &machine);
  return VirtualQuery((const void *)*machineRegister(&machine, MutatorRegisterPC), &page, sizeof page) == sizeof page &&
         page.State == MEM_COMMIT;
}

/* SuspendThread only asks; who has been given the registers knows that it has
 * stopped (Microsoft, SuspendThread and GetThreadContext).  They must be the
 * thread's own, and new. */
static MutatorRes look(MutatorThread thread) {
  CONTEXT context;
  context.ContextFlags = mutatorWindowsContextProbe;
  if (!GetThreadContext(thread->handle, &context))
    return refused(thread);
  if (atomicLoad(&localOf(thread)->inside) != 0 || mutatorWindowsStale(&context) || !isSomewhere(&context))
    return MutatorResBUSY;
  return MutatorResOK;
}

/* Returns  OK; STATE when there is no such thread any more; BUSY: it runs, try again */
static MutatorRes tryStop(MutatorThread thread) {
  MutatorRes res;
  if (SuspendThread(thread->handle) == (DWORD)-1)
    return refused(thread);
  res = look(thread);
  if (res != MutatorResOK)
    (void)ResumeThread(thread->handle);
  return res;
}

static void set(MutatorThread thread, MutatorRes res) {
  const MutatorWord states[2] = {OSThreadRUNNING, OSThreadSTOPPED};
  atomicStore(&thread->state, res == MutatorResBUSY ? OSThreadWANTED : states[res == MutatorResOK]);
}

MutatorRes mutatorOSThreadWant(MutatorThread thread) {
  const MutatorRes res = tryStop(thread);
  set(thread, res);
  return res == MutatorResSTATE ? res : MutatorResOK;
}

MutatorRes mutatorOSThreadAwait(MutatorThread thread, uint64_t deadline) {
  MutatorRes res = MutatorResOK;
  while (atomicLoad(&thread->state) == OSThreadWANTED) {
    res = mutatorOSMilliseconds() >= deadline ? MutatorResLIMIT : tryStop(thread);
    set(thread, res);
    if (res == MutatorResBUSY && !SwitchToThread())
      Sleep(1);
  }
  return res;
}

MutatorRes mutatorOSThreadGo(MutatorThread thread) {
  AtomicWord stopped = OSThreadSTOPPED;
  if (!atomicCompareAndSwap(&thread->state, &stopped, OSThreadRUNNING))
    return MutatorResSTATE;
  return ResumeThread(thread->handle) == (DWORD)-1 ? MutatorResSTATE : MutatorResOK;
}

MutatorRes mutatorOSThreadContext(MutatorThread thread, MutatorContext context) {
  return MutatorContextInitThread(context, thread->handle);
}

/* There are no signals. */
void mutatorOSSignalsHold(OSSignals before) { (void)before; }
void mutatorOSSignalsDefer(OSSignals before) { (void)before; }

void mutatorOSSignalsRelease(const OSSignalsStruct *before) { (void)before; }
void mutatorOSSignalsReturn(const OSSignalsStruct *before) { (void)before; }

uint64_t mutatorOSMilliseconds(void) { return GetTickCount64(); }
