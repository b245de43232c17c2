/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_barrier.c -- a memory barrier in every thread
 */

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

static MutatorBool command(int what) { return syscall(SYS_membarrier, (long)what, 0L, 0L) == 0; }

/* A process says first that it is going to (membarrier(2), EPERM). */
MutatorBool mutatorOSBarrier(void) {
  const int error = errno;
  const MutatorBool done =
      command(MEMBARRIER_CMD_PRIVATE_EXPEDITED) ||
      (command(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && command(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
  errno = error;
  return done;
}
