/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/setup.c -- memory, a lock and a pause for set-up code
 */

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "os/posix/posix.h"

static pthread_mutex_t setupLock = PTHREAD_MUTEX_INITIALIZER;

void *mutatorOSReserve(size_t size) {
  void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | mutatorPosixNoReserve, -1, 0);
  return base == MAP_FAILED ? NULL : base;
}

void mutatorOSRelease(void *base, size_t size) {
  if (base != NULL)
    (void)munmap(base, size);
}

/* Who is stopped holds no lock that the suspender may want. */
void mutatorOSSetupLock(void) {
  mutatorOSInsideBegin();
  (void)pthread_mutex_lock(&setupLock);
}

void mutatorOSSetupUnlock(void) {
  (void)pthread_mutex_unlock(&setupLock);
  mutatorOSInsideEnd();
}

void mutatorOSPause(void) {
  const struct timespec millisecond = {.tv_sec = 0, .tv_nsec = 1000000};
  (void)nanosleep(&millisecond, NULL);
}
