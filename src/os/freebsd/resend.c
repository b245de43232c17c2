/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/resend.c -- send a signal to the calling thread again
 */

#include <sys/types.h>

#include <sys/thr.h>

#include "os/posix/posix.h"

/* No call queues a siginfo_t to one thread: the signal comes without what it brought. */
void mutatorPosixResend(int signal, siginfo_t *info) {
  (void)info;
  (void)thr_kill((long)mutatorOSThread(), signal);
}
