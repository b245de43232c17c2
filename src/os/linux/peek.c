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

/* Finding a page costs the kernel more than copying from it.  So places that follow each other
 * closely are read as one stretch, and what lies between goes where nobody looks. */
enum { GapMOST = 256 };

typedef struct StretchesStruct *Stretches;
typedef struct StretchesStruct {
  struct iovec local[2 * OS_PEEKS];
  struct iovec remote[OS_PEEKS];
  unsigned long locals, remotes;
  size_t bytes;
} StretchesStruct;

static void addLocal(Stretches stretches, void *base, size_t size) {
  stretches->local[stretches->locals].iov_base = base;
  stretches->local[stretches->locals++].iov_len = size;
  stretches->bytes += size;
}

/* Whatever lies before the stretch's end, or more than a gap behind it, begins another. */
static void addPlace(Stretches stretches, MutatorWord address, size_t size, void *gap) {
  struct iovec *last = &stretches->remote[stretches->remotes];
  if (stretches->remotes > 0) {
    const MutatorWord between = address - (MutatorWord)last[-1].iov_base - last[-1].iov_len;
    if (between <= GapMOST) {
      addLocal(stretches, gap, between);
      last[-1].iov_len += between + size;
      return;
    }
  }
  last->iov_base = (void *)address;
  last->iov_len = size;
  stretches->remotes++;
}

static MutatorBool peekStretches(unsigned char *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  unsigned char gap[GapMOST];
  StretchesStruct stretches;
  size_t i;
  stretches.locals = stretches.remotes = 0;
  stretches.bytes = 0;
  for (i = 0; i < count; ++i) {
    addPlace(&stretches, addresses[i], size, gap);
    addLocal(&stretches, buffer + i * size, size);
  }
  return process_vm_readv(getpid(), stretches.local, stretches.locals, stretches.remote, stretches.remotes, 0) ==
         (ssize_t)stretches.bytes;
}

/* What lies between may be closed, or a place lie before the one before it: then one by one. */
size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  const int error = errno;
  size_t i = 0;
  if (peekStretches(buffer, size, addresses, count))
    i = count;
  while (i < count && mutatorOSPeek((unsigned char *)buffer + i * size, addresses[i], size))
    ++i;
  errno = error;
  return i;
}
