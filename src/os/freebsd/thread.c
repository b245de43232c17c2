/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/thread.c -- the calling thread's number, and sleeping until a word changes
 */

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <sys/thr.h>
#include <sys/umtx.h>
#include <time.h>

#include "cc/compiler.h"
#include "os/os.h"

/* 0 until it has been asked for. */
static _Thread_local MutatorWord number;

static COMPILER_APART MutatorWord ask(void) {
  long id = 0;
  (void)thr_self(&id);
  number = (MutatorWord)id;
  return number;
}

MutatorWord mutatorOSThread(void) { return number != 0 ? number : ask(); }

void mutatorOSThreadForked(void) { number = 0; }

/* _umtx_op(2): the fourth argument is the timeout's size, the fifth the timeout. */
void mutatorOSWait(const uint32_t *word, uint32_t value, unsigned milliseconds) {
  struct timespec timeout = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000};
  const int error = errno;
  (void)_umtx_op((void *)(uintptr_t)word, UMTX_OP_WAIT_UINT_PRIVATE, value, (void *)sizeof timeout, &timeout);
  errno = error;
}

void mutatorOSWake(const uint32_t *word, unsigned count) {
  const int error = errno;
  (void)_umtx_op((void *)(uintptr_t)word, UMTX_OP_WAKE_PRIVATE, count < INT_MAX ? count : INT_MAX, NULL, NULL);
  errno = error;
}
