/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/absent.c -- what other systems have
 */

#include <unistd.h>

#include "os/macos/macos.h"

/* No shadow stacks for programs (XNU). */
MutatorBool mutatorOSShadowStack(void) { return 0; }

/* vm_write respects protection: no memory that goes around it. */
MutatorBool mutatorOSProcessOffered(void) { return 0; }

AtomicWord mutatorMacosProcess;

/* No page can be wiped by fork(2); the process's number is another. */
MutatorBool mutatorOSForked(void) {
  const AtomicWord process = atomicLoadRelaxed(&mutatorMacosProcess);
  return process != 0 && process != (AtomicWord)getpid();
}

/* Threads' stays are counted in stripes: there is no slot without such a barrier. */
MutatorBool mutatorOSBarrier(void) { return 0; }

/* A thread's debug registers are set one thread at a time, while it is stopped: not for all, and not at once. */
MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn) {
  (void)address;
  (void)slotReturn;
  return MutatorResUNIMPL;
}

void mutatorOSHardwareClear(unsigned slot) { (void)slot; }
