/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_process.c -- open /proc/self/mem
 */

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "os/linux/linux.h"

#define NO_DESCRIPTOR (~(AtomicWord)0)

/* Only a descriptor that is still ours may be closed. */
static void closeOld(void) {
  const AtomicWord old = atomicExchange(&mutatorLinuxProcess.descriptor, NO_DESCRIPTOR);
  if (old != NO_DESCRIPTOR && mutatorLinuxProcessIs((int)old))
    (void)close((int)old);
}

/* Beyond what any file system has room for, up to the greatest offset; two processes hardly take the same. */
static off64_t choosePlace(void) {
  struct timespec now = {0};
  uint64_t mixed;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  mixed = ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec ^ ((uint64_t)getpid() << 38);
  return (off64_t)((mixed & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 62);
}

void mutatorLinuxProcessOpen(void) {
  const int file = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  const off64_t place = choosePlace();
  closeOld();
  if (file < 0)
    return;
  if (lseek64(file, place, SEEK_SET) != place) {
    (void)close(file);
    return;
  }
  mutatorLinuxProcess.place = place;
  atomicStore(&mutatorLinuxProcess.descriptor, (AtomicWord)file);
}
