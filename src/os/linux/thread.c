/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/thread.c -- the calling thread's number, and sleeping until a word changes
 */

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cc/compiler.h"
#include "os/linux/inline/os_thread.h"
#include "os/os.h"

_Thread_local MutatorWord mutatorLinuxThread;

static COMPILER_APART MutatorWord ask(void) {
  mutatorLinuxThread = (MutatorWord)syscall(SYS_gettid);
  return mutatorLinuxThread;
}

MutatorWord mutatorOSThread(void) { return mutatorLinuxThread != 0 ? mutatorLinuxThread : ask(); }

void mutatorOSThreadForked(void) { mutatorLinuxThread = 0; }

/* The C library's timespec is as wide as this system call's on all systems
 * where time_t is a long (futex(2)). */
_Static_assert(sizeof(time_t) == sizeof(long), "SYS_futex wants the kernel's own timespec");

void mutatorOSWait(const uint32_t *word, uint32_t value, unsigned milliseconds) {
  const struct timespec timeout = {.tv_sec = (time_t)(milliseconds / 1000),
                                   .tv_nsec = (long)(milliseconds % 1000) * 1000000};
  const int error = errno;
  (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, (long)value, &timeout, NULL, 0L);
  errno = error;
}

void mutatorOSWake(const uint32_t *word, unsigned count) {
  const int error = errno;
  (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, (long)(count < INT_MAX ? count : INT_MAX), NULL, NULL, 0L);
  errno = error;
}
