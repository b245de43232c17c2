/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/time.c -- the time, for functions that wait
 */

#include <time.h>

#include "os/os.h"

uint64_t mutatorOSMilliseconds(void) {
  struct timespec now = {0, 0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
