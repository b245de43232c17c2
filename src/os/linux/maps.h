/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/maps.h -- /proc/self/maps, read as it is parsed, through a small buffer
 *
 * One line a mapping: "base-limit" in hexadecimal, a blank, and what proc_pid_maps(5) says.
 */

#ifndef mutator_os_linux_maps_h
#define mutator_os_linux_maps_h

#include "os/os.h"

typedef struct MapsStruct *Maps;
typedef struct MapsStruct {
  long file;
  long count; /* bytes in the buffer... */
  long at;    /* ...and how many of them have been taken */
  char buffer[256];
} MapsStruct;

/* mutatorLinuxMapsOpen, Close -- errno may change */
MutatorBool mutatorLinuxMapsOpen(Maps maps);
void mutatorLinuxMapsClose(Maps maps);

/* mutatorLinuxMapsNext -- the next character; 0 at the end */
char mutatorLinuxMapsNext(Maps maps);

/* mutatorLinuxMapsNumber -- a hexadecimal number and the character after it, which must be `end` */
MutatorBool mutatorLinuxMapsNumber(Maps maps, char end, MutatorWord *valueReturn);

#endif
