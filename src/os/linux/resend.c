/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/resend.c -- send a signal to the calling thread again
 */

#include <sys/syscall.h>
#include <unistd.h>

#include "os/posix/posix.h"

/* A thread may queue any siginfo_t to itself (rt_tgsigqueueinfo(2)); where a
 * sandbox forbids that, the signal arrives all the same. */
void mutatorPosixResend(int signal, siginfo_t *info) {
  const long process = syscall(SYS_getpid), thread = syscall(SYS_gettid);
  if (syscall(SYS_rt_tgsigqueueinfo, process, thread, (long)signal, info) != 0)
    (void)syscall(SYS_tgkill, process, thread, (long)signal);
}
