/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/posix.h -- what the files for POSIX systems share, and what they ask of each system
 */

#ifndef mutator_os_posix_posix_h
#define mutator_os_posix_posix_h

#include <signal.h>

#include "cc/atomic.h"
#include "os/os.h"

/* PosixHookStruct -- one signal that the hook catches
 *
 * The handler reads the previous action while another thread may be installing
 * the hook.  So an action is never changed in place: the other one is filled
 * in, and then `current` says that it counts.
 */
typedef struct PosixHookStruct {
  int signal;
  MutatorFaultHook hook;      /* the option that asks for it; MEMORY is always caught */
  MutatorBool installed;      /* guarded by the set-up lock */
  AtomicWord current;         /* which element of `action` is the previous action */
  AtomicWord spent;           /* the previous action had SA_RESETHAND and its handler has been called */
  AtomicWord gone;            /* the previous action's handler is no code any more */
  struct sigaction action[2]; /* what was installed before the hook */
} PosixHookStruct, *PosixHook;

#define POSIX_HOOKS 5
extern PosixHookStruct mutatorPosixHooks[POSIX_HOOKS];

/* mutatorPosixEarlierFirst -- is the previous handler asked before the library? */
extern AtomicWord mutatorPosixEarlierFirst;

/* mutatorPosixIsOurs -- is that the hook's handler? */
MutatorBool mutatorPosixIsOurs(const struct sigaction *action);

/* mutatorPosixMakeAction -- what the hook installs in front of a previous action */
void mutatorPosixMakeAction(const struct sigaction *previous, struct sigaction *action);

/* mutatorPosixHandler -- the handler that the hook installs (os/<os>/<cpu>.S)
 *
 * Counts itself in mutatorPosixLocal.inside, calls mutatorFaultQuick and unless that has handled the
 * fault mutatorPosixBody, takes itself out, calls mutatorPosixPutOff if it must, and jumps to what Body has returned,
 * with its own arguments and stack, or returns.
 */
void mutatorPosixHandler(int signal, siginfo_t *info, void *ucontext);

/* PosixNext -- who gets a fault that is not ours; NULL: it is settled */
typedef void (*PosixNext)(int signal, siginfo_t *info, void *ucontext);

/* mutatorPosixBody -- the hook itself, where the quick way does not go or has led to nobody
 *
 * returnsTo  the handler's return address
 * local      mutatorPosixLocal
 * answer     mutatorFaultQuick's
 */
PosixNext mutatorPosixBody(int signal, siginfo_t *info, void *ucontext, void *returnsTo, OSLocal local,
                           OSAnswer answer);

/* posixAccessOf -- what the CPU's error code says of a page fault: bit 1 write, bit 4 instruction fetch (Intel SDM
 * volume 3, figure 4-12) */
static inline MutatorAccess posixAccessOf(MutatorWord code) {
  if ((code & 0x10) != 0)
    return MutatorAccessEXECUTE;
  return (code & 0x02) != 0 ? MutatorAccessWRITE : MutatorAccessREAD;
}

/* mutatorPosixForward -- who gets a signal that is not ours
 *
 * For a handler: NULL is not returned, the mask has been made as if the kernel
 * called it, and the caller must call it.  Otherwise what the kernel would do has been done.
 */
PosixNext mutatorPosixForward(PosixHook hook, int signal, siginfo_t *info, ucontext_t *ucontext);

/* mutatorPosixPutOff -- stop here, if that was put off to the hook's end
 *
 * Returns   1 to look again whether it was; 0 when it is an outer hook's business
 */
int mutatorPosixPutOff(ucontext_t *ucontext);

/* mutatorPosixLocal -- the calling thread's OSLocal */
extern _Thread_local OSLocalStruct mutatorPosixLocal;

/* mutatorPosixError -- where the calling thread's errno is */
int *mutatorPosixError(void);

/* mutatorPosixInsideEnded -- the thread is outside again, and something was put off */
void mutatorPosixInsideEnded(OSLocal local);

/* mutatorPosixSuspend -- the suspending signal's handler; the signal, 0 before set-up; what was there before */
void mutatorPosixSuspend(int signal, siginfo_t *info, void *ucontext);
extern AtomicWord mutatorPosixSuspensionSignal;
extern PosixHookStruct mutatorPosixSuspension;

/* mutatorPosixPageSize -- bytes; set by set-up, and right for our CPUs before it */
extern AtomicWord mutatorPosixPageSize;

/* from each system (os/<os>) -------------------------------------------------- */

/* mutatorPosixQueued -- was the signal sent or queued, so that a process may ignore it? */
MutatorBool mutatorPosixQueued(const siginfo_t *info);

/* mutatorPosixRepeats -- does going back to the interrupted instruction raise the signal again? */
MutatorBool mutatorPosixRepeats(const siginfo_t *info);

/* mutatorPosixResend -- send the signal to the calling thread again, as it came */
void mutatorPosixResend(int signal, siginfo_t *info);

/* mutatorPosixThreadSend -- send a thread of this process our signal; false when there is no such thread */
MutatorBool mutatorPosixThreadSend(MutatorWord thread, int signal);
MutatorBool mutatorPosixThreadExists(MutatorWord thread);

/* mutatorPosixThreadSent -- did this come from Send?  MayHaveSent -- if it had lost its mark? */
MutatorBool mutatorPosixThreadSent(const siginfo_t *info);
MutatorBool mutatorPosixThreadMayHaveSent(const siginfo_t *info);

/* mutatorPosixAtEntry -- is the PC at the hook's beginning?  pre: `inside` is 0, or what is asked about was interrupted
 * before */
MutatorBool mutatorPosixAtEntry(const ucontext_t *ucontext);

/* mutatorPosixTail -- the ucontext that a thread is about to be restored from
 *
 * For a thread whose PC is behind the end of the hook, or in the code that
 * returns from a signal; NULL anywhere else.
 */
const ucontext_t *mutatorPosixTail(const ucontext_t *ucontext);

/* mutatorPosixReturn -- where handlers return to; 0 while it is not known.  ReturnsTo -- learn it, if that is it */
extern AtomicWord mutatorPosixReturn;
void mutatorPosixReturnsTo(const void *code);

/* mutatorPosixExitSetup -- have exits of threads noticed (set-up); Watch: the calling thread's */
MutatorRes mutatorPosixExitSetup(void);
MutatorBool mutatorPosixExitWatch(void);

/* mutatorPosixForkSetup -- handlers around fork(2), once: the library's own are inside of the port's
 *
 * Returns  OK or MEMORY (set-up)
 */
MutatorRes mutatorPosixForkSetup(const OSForkStruct *fork);

/* mutatorPosixForkPrepare, Parent, Child -- what a port does in them, with the set-up lock held */
void mutatorPosixForkPrepare(void);
void mutatorPosixForkParent(void);
void mutatorPosixForkChild(void);

/* mutatorPosixForkRefuse -- for Child where no port copies windows: only those that are shared are left
 *
 * The memory of one that was to be copied is then not in the child at all (setup_window.c). */
void mutatorPosixForkRefuse(void);

/* mutatorPosixFrameSize -- bytes of stack that the kernel needs to deliver one signal (set-up) */
size_t mutatorPosixFrameSize(void);

/* mutatorPosixNoReserve -- what mmap(2) is told so that memory counts only as it is touched; 0 where it does so anyway */
extern const int mutatorPosixNoReserve;

/* mutatorPosixThreadStack -- the calling thread's stack and guard: stackBase, stackLimit and guard are set (set-up) */
MutatorBool mutatorPosixThreadStack(MutatorThread thread);

#endif
