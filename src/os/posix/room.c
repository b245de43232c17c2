/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/room.c -- stacks whose pages any thread may touch
 */

#include "os/os.h"

MutatorBool mutatorOSStackRoom(MutatorWord base, MutatorWord limit, MutatorBool *roomReturn) {
  (void)base, (void)limit, (void)roomReturn;
  return 0;
}
