/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/mapping.c -- what is mapped at an address
 */

#include <errno.h>
#include <stddef.h>

#include "os/linux/maps.h"

/* "rwxp": a dash for what is not allowed; the last is s for shared. */
static void readPermissions(Maps maps, OSMapping mapping) {
  mapping->access = MutatorAccessNONE;
  if (mutatorLinuxMapsNext(maps) == 'r')
    mapping->access |= MutatorAccessREAD;
  if (mutatorLinuxMapsNext(maps) == 'w')
    mapping->access |= MutatorAccessWRITE;
  if (mutatorLinuxMapsNext(maps) == 'x')
    mapping->access |= MutatorAccessEXECUTE;
  mapping->shared = mutatorLinuxMapsNext(maps) == 's';
  (void)mutatorLinuxMapsNext(maps);
}

/* The inode is decimal: read as hexadecimal it is another number, and yet its own.  Devices have small numbers. */
static MutatorBool readObject(Maps maps, OSMapping mapping) {
  MutatorWord major, minor, inode;
  if (!mutatorLinuxMapsNumber(maps, ' ', &mapping->offset) || !mutatorLinuxMapsNumber(maps, ':', &major) ||
      !mutatorLinuxMapsNumber(maps, ' ', &minor) || !mutatorLinuxMapsNumber(maps, ' ', &inode))
    return 0;
  mapping->object = inode == 0 ? 0 : inode ^ (major << 20 | minor) << (4 * sizeof inode);
  return 1;
}

/* Whether a path follows, the kernel tells by blanks or the line's end. */
static void skipLine(Maps maps) {
  char character;
  do
    character = mutatorLinuxMapsNext(maps);
  while (character != '\n' && character != 0);
}

static MutatorBool readLine(Maps maps, OSMapping mapping) {
  if (!mutatorLinuxMapsNumber(maps, '-', &mapping->base) || !mutatorLinuxMapsNumber(maps, ' ', &mapping->limit))
    return 0;
  readPermissions(maps, mapping);
  if (!readObject(maps, mapping))
    return 0;
  skipLine(maps);
  return 1;
}

MutatorBool mutatorOSMapping(MutatorWord address, OSMapping mapping) {
  const int error = errno;
  MutatorBool found = 0;
  MapsStruct maps;
  if (mutatorLinuxMapsOpen(&maps)) {
    while (!found && readLine(&maps, mapping))
      found = mapping->limit > address;
    mutatorLinuxMapsClose(&maps);
  }
  errno = error;
  return found;
}
