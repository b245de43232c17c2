/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/maps.c -- /proc/self/maps
 */

#include "os/linux/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

MutatorBool mutatorLinuxMapsOpen(Maps maps) {
  maps->count = 0;
  maps->at = 0;
  maps->file = syscall(SYS_openat, (long)AT_FDCWD, "/proc/self/maps", (long)(O_RDONLY | O_CLOEXEC), 0L);
  return maps->file >= 0;
}

void mutatorLinuxMapsClose(Maps maps) { (void)syscall(SYS_close, maps->file); }

char mutatorLinuxMapsNext(Maps maps) {
  if (maps->at == maps->count) {
    do
      maps->count = syscall(SYS_read, maps->file, maps->buffer, sizeof maps->buffer);
    while (maps->count < 0 && errno == EINTR);
    maps->at = 0;
    if (maps->count <= 0) {
      maps->count = 0;
      return 0;
    }
  }
  return maps->buffer[maps->at++];
}

static unsigned digit(char character) {
  return character <= '9' ? (unsigned)(character - '0') : (unsigned)(character - 'a') + 10;
}

MutatorBool mutatorLinuxMapsNumber(Maps maps, char end, MutatorWord *valueReturn) {
  MutatorWord value = 0;
  char character = mutatorLinuxMapsNext(maps);
  for (; character != end; character = mutatorLinuxMapsNext(maps)) {
    if (character < '0' || character > 'f' || digit(character) > 15)
      return 0;
    value = value * 16 + digit(character);
  }
  *valueReturn = value;
  return 1;
}
