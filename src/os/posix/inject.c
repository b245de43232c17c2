/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/inject.c -- the calling thread's area for injections
 */

#include "os/os.h"

void *mutatorOSInjectArea(void) { return mutatorOSLocal()->injectArea; }

MutatorRes mutatorOSInjectAreaSet(void *area) {
  mutatorOSLocal()->injectArea = area;
  return MutatorResOK;
}

/* System calls return to the instruction behind them, which the caller looks at. */
MutatorBool mutatorOSInSystem(const MutatorThreadStruct *thread, const MutatorNativeStruct *native) {
  (void)thread;
  (void)native;
  return 0;
}
