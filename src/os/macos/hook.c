/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/hook.c -- the signal handler that the hook installs
 *
 * A thread that is suspended in front of the first instruction here, or behind the last, is on its
 * alternate stack: there it is let go again (os/macos/suspend.c).
 */

#include <pthread.h>

#include "os/macos/macos.h"
#include "os/posix/posix.h"

void mutatorPosixHandler(int signal, siginfo_t *info, void *ucontext) {
  PosixNext next;
  mutatorCoreHandlerEnter();
  mutatorOSInsideBegin();
  next = mutatorPosixBody(signal, info, ucontext, NULL, mutatorOSLocal(), OSAnswerNONE);
  mutatorOSInsideEnd();
  if (next != NULL)
    next(signal, info, ucontext);
}

AtomicWord mutatorPosixReturn = 1; /* nobody asks for it */

void mutatorPosixReturnsTo(const void *code) { (void)code; }

/* To this thread; what it brought is lost (XNU has no call that queues a siginfo_t). */
void mutatorPosixResend(int signal, siginfo_t *info) {
  (void)info;
  (void)pthread_kill(pthread_self(), signal);
}
