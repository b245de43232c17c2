/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/absent.c -- what other systems have
 */

#include "os/windows/windows.h"

/* There is no fork. */
MutatorBool mutatorOSForked(void) { return 0; }

/* There are no restartable sequences. */
MutatorBool mutatorOSRestarted(MutatorWord pc) {
  (void)pc;
  return 0;
}

/* Where the program's own bytes are is not known here. */
MutatorBool mutatorOSUntraced(unsigned char *bytes, size_t count, MutatorWord pc) {
  (void)bytes;
  (void)count;
  (void)pc;
  return 0;
}

/* WriteProcessMemory opens a page that is closed, for every thread, and closes
 * it again: that is what a memory must not do. */
MutatorBool mutatorOSProcessOffered(void) { return 0; }

MutatorRes mutatorOSProcessRead(void *buffer, MutatorWord address, size_t size) {
  (void)buffer;
  (void)address;
  (void)size;
  return MutatorResUNIMPL;
}

MutatorRes mutatorOSProcessWrite(MutatorWord address, const void *buffer, size_t size) {
  (void)address;
  (void)buffer;
  (void)size;
  return MutatorResUNIMPL;
}
