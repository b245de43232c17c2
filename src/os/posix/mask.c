/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/mask.c -- signals that are held back for a moment
 */

#include <signal.h>

#include "os/os.h"

/* SIG_SETMASK of all: the C library keeps those that it needs itself. */
void mutatorOSSignalsHold(OSSignals before) {
  sigset_t all;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, (sigset_t *)(void *)before->word);
}

void mutatorOSSignalsDefer(OSSignals before) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  sigset_t others;
  size_t i;
  (void)sigfillset(&others);
  for (i = 0; i < sizeof faults / sizeof faults[0]; ++i)
    (void)sigdelset(&others, faults[i]);
  (void)pthread_sigmask(SIG_BLOCK, &others, (sigset_t *)(void *)before->word);
}

void mutatorOSSignalsRelease(const OSSignalsStruct *before) {
  (void)pthread_sigmask(SIG_SETMASK, (const sigset_t *)(const void *)before->word, NULL);
}

_Static_assert(sizeof(sigset_t) <= sizeof(OSSignalsStruct), "room for a mask");
