/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/mapped.c -- where memory is
 *
 * /proc/self/maps is read as it is parsed, through a small buffer: one line a
 * mapping, "base-limit" in hexadecimal and then what is of no interest here
 * (proc_pid_maps(5)).
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

typedef struct MapsStruct *Maps;
typedef struct MapsStruct {
  long file;
  long count; /* bytes in the buffer... */
  long at;    /* ...and how many of them have been taken */
  char buffer[256];
} MapsStruct;

/* The next character; 0 at the end. */
static char mapsNext(Maps maps) {
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

/* A number and the character after it. */
static MutatorBool mapsNumber(Maps maps, char end, MutatorWord *valueReturn) {
  MutatorWord value = 0;
  char character = mapsNext(maps);
  for (; character != end; character = mapsNext(maps)) {
    if (character < '0' || character > 'f' || digit(character) > 15)
      return 0;
    value = value * 16 + digit(character);
  }
  *valueReturn = value;
  return 1;
}

static MutatorBool mapsLine(Maps maps, MutatorWord *baseReturn, MutatorWord *limitReturn) {
  char character;
  if (!mapsNumber(maps, '-', baseReturn) || !mapsNumber(maps, ' ', limitReturn))
    return 0;
  do
    character = mapsNext(maps);
  while (character != '\n' && character != 0);
  return 1;
}

static MutatorWord mapped(Maps maps, MutatorWord address) {
  MutatorWord base, limit;
  while (mapsLine(maps, &base, &limit))
    if (limit > address)
      return base > address ? base : address;
  return ~(MutatorWord)0;
}

MutatorWord mutatorOSMapped(MutatorWord address) {
  MapsStruct maps = {.file = 0, .count = 0, .at = 0};
  const int error = errno;
  maps.file = syscall(SYS_openat, (long)AT_FDCWD, "/proc/self/maps", (long)(O_RDONLY | O_CLOEXEC), 0L);
  if (maps.file >= 0) {
    address = mapped(&maps, address);
    (void)syscall(SYS_close, maps.file);
  }
  errno = error;
  return address;
}
