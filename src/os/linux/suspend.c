/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/suspend.c -- the signal that suspends a thread: sending it, and knowing it again
 *
 * Each keeps errno.
 */

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/linux.h"
#include "os/posix/posix.h"

/* The address tells our signals from others'. */
static char ours;

/* Where a sandbox forbids to queue one, or too many are queued, it comes without our mark. */
MutatorBool mutatorPosixThreadSend(MutatorWord thread, int signal) {
  const int error = errno;
  siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE};
  long result;
  info.si_pid = (pid_t)syscall(SYS_getpid);
  info.si_value.sival_ptr = &ours;
  result = syscall(SYS_rt_tgsigqueueinfo, (long)info.si_pid, (long)thread, (long)signal, &info);
  if (result != 0 && errno != ESRCH)
    result = syscall(SYS_tgkill, (long)info.si_pid, (long)thread, (long)signal);
  errno = error;
  return result == 0;
}

MutatorBool mutatorPosixThreadExists(MutatorWord thread) {
  const int error = errno;
  const MutatorBool exists = syscall(SYS_tgkill, syscall(SYS_getpid), (long)thread, 0L) == 0;
  errno = error;
  return exists;
}

MutatorBool mutatorPosixThreadSent(const siginfo_t *info) {
  return info->si_code == SI_QUEUE && info->si_value.sival_ptr == &ours && info->si_pid == (pid_t)syscall(SYS_getpid);
}

/* A mark may be lost; what another process sends has its number. */
MutatorBool mutatorPosixThreadMayHaveSent(const siginfo_t *info) {
  return info->si_code <= 0 && (info->si_pid == 0 || info->si_pid == (pid_t)syscall(SYS_getpid));
}
