/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/machine.c -- what the kernel's record says, on every CPU of the family
 */

#include "os/linux/linux.h"

/* The bases of segments are the calling thread's, so they are known of a fault only. */
void mutatorOSMachine(const MutatorNativeStruct *native, Machine machine) {
  machine->base = (unsigned char *)native->ucontext;
  machine->offset = mutatorLinuxOffsets;
  machine->segmentBase = native->info != NULL ? mutatorLinuxSegmentBase : mutatorLinuxThreadSegmentBase;
  machine->foreign = !mutatorLinuxCode(native->ucontext);
  machine->vectors = NULL;
  machine->native = native;
}
