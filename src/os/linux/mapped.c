/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/mapped.c -- where memory is
 */

#include <errno.h>

#include "os/linux/maps.h"

static MutatorBool mapsLine(Maps maps, MutatorWord *baseReturn, MutatorWord *limitReturn) {
  char character;
  if (!mutatorLinuxMapsNumber(maps, '-', baseReturn) || !mutatorLinuxMapsNumber(maps, ' ', limitReturn))
    return 0;
  do
    character = mutatorLinuxMapsNext(maps);
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
  MapsStruct maps;
  const int error = errno;
  if (mutatorLinuxMapsOpen(&maps)) {
    address = mapped(&maps, address);
    mutatorLinuxMapsClose(&maps);
  }
  errno = error;
  return address;
}
