/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/absent/absent.c -- what only Linux has
 */

#include "os/os.h"

/* No restartable sequences. */
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

/* What stands for a process's memory: whether there is such a thing, and why not, says the port. */
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

/* Elsewhere both mappings are inherited as one memory of two processes, or nobody forks. */
MutatorBool mutatorOSCodeForked(MutatorWord executable, MutatorWord writable, size_t size) {
  (void)executable;
  (void)writable;
  (void)size;
  return 0;
}
