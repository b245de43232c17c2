/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/absent.c -- what other systems have
 */

#include "os/os.h"

/* No shadow stacks for programs. */
MutatorBool mutatorOSShadowStack(void) { return 0; }

/* To ask page by page would take longer than to try (os/freebsd/mapping.c). */
MutatorWord mutatorOSMapped(MutatorWord address) { return address; }

/* No file stands for a process's memory unless somebody mounts procfs(5). */
MutatorBool mutatorOSProcessOffered(void) { return 0; }

/* Threads' stays are counted in stripes: there is no slot without such a barrier. */
MutatorBool mutatorOSBarrier(void) { return 0; }

/* Debug registers are a tracing parent's. */
MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn) {
  (void)address;
  (void)slotReturn;
  return MutatorResUNIMPL;
}

void mutatorOSHardwareClear(unsigned slot) { (void)slot; }
