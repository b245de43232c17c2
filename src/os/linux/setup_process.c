/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_process.c -- open /proc/self/mem
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/linux/linux.h"

#define NO_DESCRIPTOR (~(AtomicWord)0)

/* Only a descriptor that is still ours may be closed. */
static void closeOld(void) {
  const AtomicWord old = atomicExchange(&mutatorLinuxProcess.descriptor, NO_DESCRIPTOR);
  struct stat status;
  if (old == NO_DESCRIPTOR || fstat((int)old, &status) != 0)
    return;
  if (status.st_dev == mutatorLinuxProcess.device && status.st_ino == mutatorLinuxProcess.inode)
    (void)close((int)old);
}

void mutatorLinuxProcessOpen(void) {
  const int file = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  struct stat status;
  closeOld();
  if (file < 0)
    return;
  if (fstat(file, &status) != 0) {
    (void)close(file);
    return;
  }
  mutatorLinuxProcess.device = status.st_dev;
  mutatorLinuxProcess.inode = status.st_ino;
  atomicStore(&mutatorLinuxProcess.descriptor, (AtomicWord)file);
}
