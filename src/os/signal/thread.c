/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/thread.c -- a thread suspended by a signal whose handler waits
 *
 * The suspender makes the thread's state WANTED and sends the signal.  Only the
 * thread itself makes that STOPPED, in the handler, or, when the signal has
 * found it inside the hook, at the hook's end.  A suspender that has waited long enough
 * takes WANTED back; a signal that comes after that means nothing.
 */

#include <errno.h>
#include <signal.h>

#include "arch/registers.h"
#include "os/posix/posix.h"

AtomicWord mutatorPosixSuspensionSignal;
PosixHookStruct mutatorPosixSuspension;

/* stopping ----------------------------------------------------------------------- */

static MutatorBool isWanted(MutatorThread self) { return self != NULL && atomicLoad(&self->state) == OSThreadWANTED; }

/* A futex is half a word; all our CPUs are little-endian. */
static const uint32_t *half(const AtomicWord *word) { return (const uint32_t *)(const void *)word; }

/* Nobody but the suspender's side makes STOPPED anything else. */
static void stop(MutatorThread self, const ucontext_t *program) {
  AtomicWord wanted = OSThreadWANTED;
  self->record = (void *)(uintptr_t)program;
  if (!atomicCompareAndSwap(&self->state, &wanted, OSThreadSTOPPED))
    return;
  mutatorOSWake(half(&self->state), 1);
  while (atomicLoad(&self->state) == OSThreadSTOPPED)
    mutatorOSWait(half(&self->state), OSThreadSTOPPED, 1000);
}

/* Where the program was: a hook that is over, and the return from a signal, are
 * looked through to the frame that is about to be restored.  NULL when a hook has begun. */
static const ucontext_t *findProgram(const ucontext_t *ucontext) {
  const ucontext_t *inner = ucontext;
  while (inner != NULL) {
    if (mutatorPosixAtEntry(inner))
      return NULL;
    ucontext = inner;
    inner = mutatorPosixTail(ucontext);
  }
  return ucontext;
}

static MutatorBool onAlternateStack(const ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.ucontext = (ucontext_t *)(uintptr_t)ucontext};
  const stack_t *stack = &ucontext->uc_stack;
  MachineStruct machine;
  mutatorOSMachine(&native, &machine);
  return (stack->ss_flags & SS_DISABLE) == 0 &&
         *machineRegister(&machine, MutatorRegisterSP) - (MutatorWord)stack->ss_sp < stack->ss_size;
}

/* In a handler of the program's that has interrupted who knows what, a hook that
 * is just beginning among others: the system likes to deliver two signals at
 * once.  Where the program itself was cannot be told, so the suspender tries again. */
static MutatorBool isElsewhere(MutatorThread self, const ucontext_t *program) {
  if (!onAlternateStack(program))
    return 0;
  atomicStore(&self->again, 1);
  mutatorOSWake(half(&self->state), 1);
  return 1;
}

static void stopOrPutOff(MutatorThread self, const ucontext_t *ucontext) {
  OSLocal local = mutatorOSLocal();
  const ucontext_t *program = local->inside > 0 ? NULL : findProgram(ucontext);
  if (program == NULL)
    local->putOff = 1;
  else if (!isElsewhere(self, program))
    stop(self, program);
}

/* Called by the hook's last instructions with `inside` at 1.  When the signal
 * that called the hook had found another hook just beginning, that one sees to it. */
int mutatorPosixPutOff(ucontext_t *ucontext) {
  OSLocal local = mutatorOSLocal();
  const ucontext_t *program = findProgram(ucontext);
  OSSignalsStruct signals;
  if (program == NULL)
    return 0;
  local->putOff = 0;
  if (!isWanted(local->thread) || isElsewhere(local->thread, program))
    return 1;
  mutatorOSSignalsHold(&signals);
  stop(local->thread, program);
  mutatorOSSignalsRelease(&signals);
  return 1;
}

void mutatorPosixInsideEnded(OSLocal local) {
  local->putOff = 0;
  if (isWanted(local->thread))
    (void)mutatorPosixThreadSend(local->thread->id, (int)atomicLoad(&mutatorPosixSuspensionSignal));
}

/* the handler ---------------------------------------------------------------------- */

/* With the mask that the previous action would have been called with. */
static void toPrevious(int signal, siginfo_t *info, ucontext_t *ucontext) {
  PosixNext next;
  (void)pthread_sigmask(SIG_SETMASK, &ucontext->uc_sigmask, NULL);
  next = mutatorPosixForward(&mutatorPosixSuspension, signal, info, ucontext);
  if (next != NULL)
    next(signal, info, ucontext);
}

void mutatorPosixSuspend(int signal, siginfo_t *info, void *ucontext) {
  MutatorThread self = mutatorOSLocal()->thread;
  const MutatorBool wanted = isWanted(self);
  const int error = errno;
  if (!mutatorPosixThreadSent(info) && !(wanted && mutatorPosixThreadMayHaveSent(info)))
    toPrevious(signal, info, ucontext);
  else if (wanted)
    stopOrPutOff(self, ucontext);
  errno = error;
}

/* for the suspender ------------------------------------------------------------------ */

static MutatorRes giveUp(MutatorThread thread, MutatorRes res) {
  AtomicWord wanted = OSThreadWANTED;
  return atomicCompareAndSwap(&thread->state, &wanted, OSThreadRUNNING) ? res : MutatorResOK;
}

/* A millisecond after it could not stop, if it still has not. */
static void tellAgain(MutatorThread thread) {
  if (atomicExchange(&thread->again, 0) == 0)
    return;
  mutatorOSWait(half(&thread->state), OSThreadWANTED, 1);
  (void)mutatorPosixThreadSend(thread->id, (int)atomicLoad(&mutatorPosixSuspensionSignal));
}

MutatorRes mutatorOSThreadWant(MutatorThread thread) {
  atomicStore(&thread->again, 0);
  atomicStore(&thread->state, OSThreadWANTED);
  if (mutatorPosixThreadSend(thread->id, (int)atomicLoad(&mutatorPosixSuspensionSignal)))
    return MutatorResOK;
  return giveUp(thread, MutatorResSTATE);
}

MutatorRes mutatorOSThreadAwait(MutatorThread thread, uint64_t deadline) {
  while (atomicLoad(&thread->state) == OSThreadWANTED) {
    if (mutatorOSMilliseconds() >= deadline)
      return giveUp(thread, MutatorResLIMIT);
    tellAgain(thread);
    mutatorOSWait(half(&thread->state), OSThreadWANTED, 10);
    if (!mutatorPosixThreadExists(thread->id))
      return giveUp(thread, MutatorResSTATE);
  }
  return MutatorResOK;
}

MutatorRes mutatorOSThreadGo(MutatorThread thread) {
  AtomicWord stopped = OSThreadSTOPPED;
  if (!atomicCompareAndSwap(&thread->state, &stopped, OSThreadRUNNING))
    return MutatorResSTATE;
  mutatorOSWake(half(&thread->state), 1);
  return MutatorResOK;
}

MutatorRes mutatorOSThreadContext(MutatorThread thread, MutatorContext context) {
  return MutatorContextInitThread(context, thread->record);
}
