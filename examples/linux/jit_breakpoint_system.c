/* SPDX-License-Identifier: BSD-2-Clause
 *
 * examples/linux/jit_breakpoint_system.c -- memory for code in one mapping or two, and a call that writes to it
 */

#include "../jit_breakpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { All = PROT_READ | PROT_WRITE | PROT_EXEC };

static int mapTwice(Jit jit) {
  const int file = memfd_create("code", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, (off_t)jit->size) != 0)
    return 0;
  jit->code = mmap(NULL, jit->size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  jit->write = mmap(NULL, jit->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  (void)close(file);
  return jit->code != MAP_FAILED && jit->write != MAP_FAILED;
}

int jitMap(Jit jit, Route route) {
  jit->route = route;
  jit->size = (size_t)sysconf(_SC_PAGESIZE);
  if (route == RouteDUAL)
    return mapTwice(jit);
  jit->code = mmap(NULL, jit->size, All, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  jit->write = route == RouteOPEN ? jit->code : NULL;
  return jit->code != MAP_FAILED;
}

/* The program is linked with --wrap: this is not the C library's. */
void jitWriteByCall(unsigned char *to, const unsigned char *bytes, size_t size) {
  const struct iovec local = {(void *)(uintptr_t)bytes, size}, remote = {to, size};
  if (process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size)
    return;
  perror("process_vm_writev");
  exit(1);
}
