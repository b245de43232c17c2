/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/wrap/setup_writes.c -- calls that write to code without a fault, with breakpoints left in place
 *
 * Not in the library: an object for programs that are linked with
 * -Wl,--wrap=process_vm_writev,--wrap=pwrite,--wrap=pwritev (and their names for 64-bit
 * offsets).  What such a call writes to a region of code goes through MutatorCodeWrite;
 * everything else is the system's.
 */

#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <mutator/breakpoint.h>

ssize_t __real_process_vm_writev(pid_t process, const struct iovec *local, unsigned long localCount,
                                 const struct iovec *remote, unsigned long remoteCount, unsigned long flags);
ssize_t __real_pwrite(int file, const void *buffer, size_t size, off_t offset);
ssize_t __real_pwrite64(int file, const void *buffer, size_t size, off64_t offset);
ssize_t __real_pwritev(int file, const struct iovec *pieces, int count, off_t offset);
ssize_t __real_pwritev64(int file, const struct iovec *pieces, int count, off64_t offset);

ssize_t __wrap_process_vm_writev(pid_t process, const struct iovec *local, unsigned long localCount,
                                 const struct iovec *remote, unsigned long remoteCount, unsigned long flags);
ssize_t __wrap_pwrite(int file, const void *buffer, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int file, const void *buffer, size_t size, off64_t offset);
ssize_t __wrap_pwritev(int file, const struct iovec *pieces, int count, off_t offset);
ssize_t __wrap_pwritev64(int file, const struct iovec *pieces, int count, off64_t offset);

/* CursorStruct -- how far a list of pieces has been used */
typedef struct CursorStruct {
  const struct iovec *piece;
  unsigned long left; /* pieces */
  size_t used;        /* of the first */
} CursorStruct;

static size_t ahead(CursorStruct *cursor) {
  while (cursor->left > 0 && cursor->used == cursor->piece->iov_len) {
    ++cursor->piece;
    --cursor->left;
    cursor->used = 0;
  }
  return cursor->left == 0 ? 0 : cursor->piece->iov_len - cursor->used;
}

static unsigned char *at(const CursorStruct *cursor) { return (unsigned char *)cursor->piece->iov_base + cursor->used; }

/* One piece of each. */
static ssize_t writePiece(pid_t process, unsigned char *to, unsigned char *from, size_t size, unsigned long flags) {
  const struct iovec local = {from, size}, remote = {to, size};
  switch (MutatorCodeWrite(to, from, size)) {
  case MutatorResOK: return (ssize_t)size;
  case MutatorResPARAM: return __real_process_vm_writev(process, &local, 1, &remote, 1, flags);
  default: errno = EFAULT; return -1;
  }
}

ssize_t __wrap_process_vm_writev(pid_t process, const struct iovec *local, unsigned long localCount,
                                 const struct iovec *remote, unsigned long remoteCount, unsigned long flags) {
  CursorStruct from = {local, localCount, 0}, to = {remote, remoteCount, 0};
  ssize_t total = 0;
  size_t size;
  if (process != getpid() || flags != 0)
    return __real_process_vm_writev(process, local, localCount, remote, remoteCount, flags);
  while ((size = ahead(&from) < ahead(&to) ? ahead(&from) : ahead(&to)) > 0) {
    const ssize_t count = writePiece(process, at(&to), at(&from), size, flags);
    if (count < 0)
      return total > 0 ? total : -1;
    total += count;
    if ((size_t)count < size)
      break;
    from.used += size;
    to.used += size;
  }
  return total;
}

/* Is it /proc/self/mem, by whatever name it was opened? */
static int isMemory(int file) {
  struct stat one, other;
  return fstat(file, &one) == 0 && stat("/proc/self/mem", &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

/* True when it was written, or cannot be; then *resultReturn is the call's. */
static int writtenToCode(int file, const void *buffer, size_t size, off64_t offset, ssize_t *resultReturn) {
  MutatorRes res;
  if (size == 0 || !isMemory(file))
    return 0;
  res = MutatorCodeWrite((void *)(uintptr_t)offset, buffer, size);
  *resultReturn = res == MutatorResOK ? (ssize_t)size : -1;
  if (res != MutatorResOK)
    errno = EIO;
  return res != MutatorResPARAM;
}

ssize_t __wrap_pwrite(int file, const void *buffer, size_t size, off_t offset) {
  ssize_t result;
  return writtenToCode(file, buffer, size, offset, &result) ? result : __real_pwrite(file, buffer, size, offset);
}

ssize_t __wrap_pwrite64(int file, const void *buffer, size_t size, off64_t offset) {
  ssize_t result;
  return writtenToCode(file, buffer, size, offset, &result) ? result : __real_pwrite64(file, buffer, size, offset);
}

static ssize_t writeEach(int file, const struct iovec *pieces, int count, off64_t offset) {
  ssize_t total = 0;
  int i;
  for (i = 0; i < count; ++i) {
    const ssize_t written = __wrap_pwrite64(file, pieces[i].iov_base, pieces[i].iov_len, offset + total);
    if (written < 0)
      return total > 0 ? total : -1;
    total += written;
    if ((size_t)written < pieces[i].iov_len)
      break;
  }
  return total;
}

ssize_t __wrap_pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
  return isMemory(file) ? writeEach(file, pieces, count, offset) : __real_pwritev(file, pieces, count, offset);
}

ssize_t __wrap_pwritev64(int file, const struct iovec *pieces, int count, off64_t offset) {
  return isMemory(file) ? writeEach(file, pieces, count, offset) : __real_pwritev64(file, pieces, count, offset);
}
