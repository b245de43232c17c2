/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/absent.c -- what other systems have
 */

#include "os/os.h"

/* No shadow stacks for programs. */
MutatorBool mutatorOSShadowStack(void) { return 0; }

/* What is mapped is told only in lists that need memory to be put in. */
MutatorWord mutatorOSMapped(MutatorWord address) { return address; }

/* No file stands for a process's memory unless somebody mounts procfs(5). */
MutatorBool mutatorOSProcessOffered(void) { return 0; }

/* Threads' stays are counted in stripes: there is no slot without such a barrier. */
MutatorBool mutatorOSBarrier(void) { return 0; }

/* What it is for needs a slot. */
MutatorBool mutatorOSGlance(const MutatorNativeStruct *native, OSGlance glance) {
  (void)native;
  (void)glance;
  return 0;
}

/* Without a list of mappings that needs no memory, no region of code can be declared. */
MutatorBool mutatorOSMapping(MutatorWord address, OSMapping mapping) {
  (void)address;
  (void)mapping;
  return 0;
}

/* Debug registers are a tracing parent's. */
MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn) {
  (void)address;
  (void)slotReturn;
  return MutatorResUNIMPL;
}

void mutatorOSHardwareClear(unsigned slot) { (void)slot; }
