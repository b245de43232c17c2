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

/* writing in stretches ---------------------------------------------------------- */

/* RouteStruct -- the call that is taken over */
typedef struct RouteStruct {
  ssize_t (*write)(int to, unsigned char *address, const unsigned char *from, size_t size);
  int to; /* a file or a process */
  int error;
} RouteStruct;

static int isCode(const unsigned char *address) {
  unsigned char byte;
  return MutatorCodeRead(address, &byte, 1) != MutatorResPARAM;
}

/* Up to the end of the page in code, whose regions consist of whole pages; elsewhere up to the next code. */
static size_t stretch(const unsigned char *address, size_t size, int code) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t part = page - (uintptr_t)address % page;
  while (!code && part < size && !isCode(address + part))
    part += page;
  return part < size ? part : size;
}

static ssize_t writeCode(const RouteStruct *route, unsigned char *address, const unsigned char *from, size_t size) {
  if (MutatorCodeWrite(address, from, size) == MutatorResOK)
    return (ssize_t)size;
  errno = route->error;
  return -1;
}

static ssize_t writeAll(const RouteStruct *route, unsigned char *address, const unsigned char *from, size_t size) {
  size_t done = 0;
  while (done < size) {
    const int code = isCode(address + done);
    const size_t part = stretch(address + done, size - done, code);
    const ssize_t count = code ? writeCode(route, address + done, from + done, part)
                               : route->write(route->to, address + done, from + done, part);
    if (count < 0)
      return done > 0 ? (ssize_t)done : -1;
    done += (size_t)count;
    if ((size_t)count < part)
      break;
  }
  return (ssize_t)done;
}

/* process_vm_writev -------------------------------------------------------------- */

static ssize_t toProcess(int to, unsigned char *address, const unsigned char *from, size_t size) {
  const struct iovec local = {(void *)(uintptr_t)from, size}, remote = {address, size};
  return __real_process_vm_writev(to, &local, 1, &remote, 1, 0);
}

ssize_t __wrap_process_vm_writev(pid_t process, const struct iovec *local, unsigned long localCount,
                                 const struct iovec *remote, unsigned long remoteCount, unsigned long flags) {
  CursorStruct from = {local, localCount, 0}, to = {remote, remoteCount, 0};
  const RouteStruct route = {toProcess, process, EFAULT};
  ssize_t total = 0;
  size_t size;
  if (process != getpid() || flags != 0)
    return __real_process_vm_writev(process, local, localCount, remote, remoteCount, flags);
  while ((size = ahead(&from) < ahead(&to) ? ahead(&from) : ahead(&to)) > 0) {
    const ssize_t count = writeAll(&route, at(&to), at(&from), size);
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

/* /proc/self/mem ---------------------------------------------------------------- */

/* Is it /proc/self/mem, by whatever name it was opened? */
static int isMemory(int file) {
  struct stat one, other;
  return fstat(file, &one) == 0 && stat("/proc/self/mem", &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

static ssize_t toFile(int to, unsigned char *address, const unsigned char *from, size_t size) {
  return __real_pwrite64(to, from, size, (off64_t)(uintptr_t)address);
}

static ssize_t toMemory(int file, const void *buffer, size_t size, off64_t offset) {
  const RouteStruct route = {toFile, file, EIO};
  return writeAll(&route, (unsigned char *)(uintptr_t)offset, buffer, size);
}

ssize_t __wrap_pwrite(int file, const void *buffer, size_t size, off_t offset) {
  return isMemory(file) ? toMemory(file, buffer, size, offset) : __real_pwrite(file, buffer, size, offset);
}

ssize_t __wrap_pwrite64(int file, const void *buffer, size_t size, off64_t offset) {
  return isMemory(file) ? toMemory(file, buffer, size, offset) : __real_pwrite64(file, buffer, size, offset);
}

static ssize_t writeEach(int file, const struct iovec *pieces, int count, off64_t offset) {
  ssize_t total = 0;
  int i;
  for (i = 0; i < count; ++i) {
    const ssize_t written = toMemory(file, pieces[i].iov_base, pieces[i].iov_len, offset + total);
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
