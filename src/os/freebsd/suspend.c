/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/suspend.c -- the signal that suspends a thread: sending it, and knowing it again
 *
 * thr_kill(2) puts no mark on it, so every such signal that this process sends
 * to one of its threads is taken for ours.  Each function keeps errno.
 */

#include <sys/types.h>

#include <errno.h>
#include <sys/thr.h>
#include <unistd.h>

#include "os/posix/posix.h"

static MutatorBool send(MutatorWord thread, int signal) {
  const int error = errno;
  const MutatorBool sent = thr_kill((long)thread, signal) == 0;
  errno = error;
  return sent;
}

MutatorBool mutatorPosixThreadSend(MutatorWord thread, int signal) { return send(thread, signal); }

MutatorBool mutatorPosixThreadExists(MutatorWord thread) { return send(thread, 0); }

MutatorBool mutatorPosixThreadSent(const siginfo_t *info) {
  return info->si_code == SI_LWP && info->si_pid == getpid();
}

/* A mark that is the code itself is not lost. */
MutatorBool mutatorPosixThreadMayHaveSent(const siginfo_t *info) {
  (void)info;
  return 0;
}
