/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/absent.c -- what other systems have
 */

#include <unistd.h>

#include "os/macos/macos.h"

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

/* No shadow stacks for programs (XNU). */
MutatorBool mutatorOSShadowStack(void) { return 0; }

/* vm_write respects protection: no memory that goes around it. */
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

AtomicWord mutatorMacosProcess;

/* No page can be wiped by fork(2); the process's number is another. */
MutatorBool mutatorOSForked(void) {
  const AtomicWord process = atomicLoadRelaxed(&mutatorMacosProcess);
  return process != 0 && process != (AtomicWord)getpid();
}

/* Threads' stays are counted in stripes: there is no slot without such a barrier. */
MutatorBool mutatorOSBarrier(void) { return 0; }

/* What it is for needs a slot. */
MutatorBool mutatorOSGlance(const MutatorNativeStruct *native, OSGlance glance) {
  (void)native;
  (void)glance;
  return 0;
}

/* A thread's debug registers are set one thread at a time, while it is stopped: not for all, and not at once. */
MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn) {
  (void)address;
  (void)slotReturn;
  return MutatorResUNIMPL;
}

void mutatorOSHardwareClear(unsigned slot) { (void)slot; }
