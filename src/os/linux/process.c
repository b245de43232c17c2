/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/process.c -- memory reached through /proc/self/mem
 *
 * Private pages are read and written whatever their protection.  The file
 * stands for the memory of the process that opened it: a forked child that has
 * not opened it again would write into its parent.
 */

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/linux.h"

LinuxProcessStruct mutatorLinuxProcess = {.descriptor = ~(AtomicWord)0};

static int descriptor(void) { return (int)atomicLoad(&mutatorLinuxProcess.descriptor); }

MutatorBool mutatorOSProcessOffered(void) { return descriptor() >= 0; }

/* To read or write some file at the offset of an address would be a disaster, and
 * daemons do close all descriptors.  This is the cheapest system call that tells. */
MutatorBool mutatorLinuxProcessIs(int file) {
  return file >= 0 && lseek64(file, 0, SEEK_CUR) == mutatorLinuxProcess.place;
}

/* pread64 and pwrite64 without the C library's cancellation point.  The offset
 * is one argument on 64-bit systems and two, of which the second is the upper
 * half, on 32-bit ones; where it is one the next is ignored. */
static ssize_t transfer(long call, int file, const void *buffer, MutatorWord address, size_t size) {
  long count;
  do
    count = syscall(call, (long)file, buffer, size, address, 0L);
  while (count < 0 && errno == EINTR);
  return (ssize_t)count;
}

/* A short read ends at a page that cannot be read: going on there fails. */
static MutatorBool readAll(int file, unsigned char *buffer, MutatorWord address, size_t size) {
  while (size > 0) {
    const ssize_t count = transfer(SYS_pread64, file, buffer, address, size);
    if (count <= 0)
      return 0;
    buffer += count;
    address += (size_t)count;
    size -= (size_t)count;
  }
  return 1;
}

/* Within one page the kernel writes all or nothing (Linux mm/memory.c,
 * __access_remote_vm). */
static MutatorBool writeOnce(int file, MutatorWord address, const void *buffer, size_t size) {
  return transfer(SYS_pwrite64, file, buffer, address, size) == (ssize_t)size;
}

static MutatorBool crossesPage(MutatorWord address, size_t size) {
  const size_t page = mutatorOSPageSize();
  return size > page - (address & (page - 1));
}

MutatorRes mutatorOSProcessRead(void *buffer, MutatorWord address, size_t size) {
  const int file = descriptor(), error = errno;
  MutatorBool done;
  if (mutatorOSForked())
    return MutatorResUNIMPL;
  done = mutatorLinuxProcessIs(file) && readAll(file, buffer, address, size);
  errno = error;
  return done ? MutatorResOK : MutatorResACCESS;
}

MutatorRes mutatorOSProcessWrite(MutatorWord address, const void *buffer, size_t size) {
  const int file = descriptor(), error = errno;
  MutatorBool done;
  if (mutatorOSForked() || crossesPage(address, size))
    return MutatorResUNIMPL;
  done = mutatorLinuxProcessIs(file) && writeOnce(file, address, buffer, size);
  errno = error;
  return done ? MutatorResOK : MutatorResACCESS;
}
