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
  const int signal;
  const MutatorFaultHook hook; /* the option that asks for it; MEMORY is always caught */
  MutatorBool installed;       /* guarded by the set-up lock */
  AtomicWord current;          /* which element of `action` is the previous action */
  AtomicWord spent;            /* the previous action had SA_RESETHAND and its handler has been called */
  struct sigaction action[2];  /* what was installed before the hook */
} PosixHookStruct, *PosixHook;

#define POSIX_HOOKS 5
extern PosixHookStruct mutatorPosixHooks[POSIX_HOOKS];

/* mutatorPosixEarlierFirst -- is the previous handler asked before the library? */
extern AtomicWord mutatorPosixEarlierFirst;

/* mutatorPosixIsOurs -- is that the hook's handler? */
MutatorBool mutatorPosixIsOurs(const struct sigaction *action);

/* mutatorPosixMakeAction -- what the hook installs in front of a previous action */
void mutatorPosixMakeAction(const struct sigaction *previous, struct sigaction *action);

/* mutatorPosixHandler -- the handler that the hook installs */
void mutatorPosixHandler(int signal, siginfo_t *info, void *ucontext);

/* mutatorPosixPageSize -- bytes; set by set-up, and right for our CPUs before it */
extern AtomicWord mutatorPosixPageSize;

/* from each system (os/<os>) -------------------------------------------------- */

/* mutatorPosixQueued -- was the signal sent or queued, so that a process may ignore it? */
MutatorBool mutatorPosixQueued(const siginfo_t *info);

/* mutatorPosixRepeats -- does going back to the interrupted instruction raise the signal again? */
MutatorBool mutatorPosixRepeats(const siginfo_t *info);

/* mutatorPosixResend -- send the signal to the calling thread again, as it came */
void mutatorPosixResend(int signal, siginfo_t *info);

/* mutatorPosixFrameSize -- bytes of stack that the kernel needs to deliver one signal (set-up) */
size_t mutatorPosixFrameSize(void);

#endif
