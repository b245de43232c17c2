/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/peek.c -- memory reached by a system call, so that nothing faults
 *
 * The process is asked for each time: a child that shares no memory with its
 * parent must not read there.
 */

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"

typedef ssize_t (*Transfer)(pid_t process, const struct iovec *local, unsigned long localCount,
                            const struct iovec *remote, unsigned long remoteCount, unsigned long flags);

static MutatorBool transfer(Transfer call, void *buffer, MutatorWord address, size_t size) {
  const struct iovec local = {.iov_base = buffer, .iov_len = size};
  const struct iovec remote = {.iov_base = (void *)address, .iov_len = size};
  const int error = errno;
  const ssize_t count = call(getpid(), &local, 1, &remote, 1, 0);
  errno = error;
  return count == (ssize_t)size;
}

MutatorBool mutatorOSPeek(void *buffer, MutatorWord address, size_t size) {
  return transfer(process_vm_readv, buffer, address, size);
}

MutatorBool mutatorOSPoke(MutatorWord address, const void *buffer, size_t size) {
  return transfer(process_vm_writev, (void *)(uintptr_t)buffer, address, size);
}

/* A transfer ends before the first stretch that cannot be read whole
 * (process_vm_readv(2): partial transfers are of whole elements). */
size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  const struct iovec local = {.iov_base = buffer, .iov_len = count * size};
  struct iovec remote[OS_PEEKS];
  const int error = errno;
  ssize_t copied;
  size_t i;
  for (i = 0; i < count; ++i) {
    remote[i].iov_base = (void *)addresses[i];
    remote[i].iov_len = size;
  }
  copied = process_vm_readv(getpid(), &local, 1, remote, count, 0);
  errno = error;
  return copied < 0 ? 0 : (size_t)copied / size;
}
