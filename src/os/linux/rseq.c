/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/rseq.c -- restartable sequences
 */

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"

/* What precedes every abort handler on x86: the C library registers it, so it is
 * the same in the whole process (Linux tools/testing/selftests/rseq/rseq-x86.h). */
#define RSEQ_SIGNATURE 0x53053053u

/* A system call reads what may not be mapped; this is asked only before declining. */
static MutatorBool readWord(uint32_t *value, MutatorWord address) {
  struct iovec local = {.iov_base = value, .iov_len = sizeof *value};
  struct iovec remote = {.iov_base = (void *)address, .iov_len = sizeof *value};
  const int error = errno;
  const ssize_t count = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  errno = error;
  return count == (ssize_t)sizeof *value;
}

MutatorBool mutatorOSRestarted(MutatorWord pc) {
  uint32_t signature;
  return readWord(&signature, pc - sizeof signature) && signature == RSEQ_SIGNATURE;
}
