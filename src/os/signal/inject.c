/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/inject.c -- the calling thread's area for injections
 */

#include "os/os.h"

/* The build gives thread-local variables the initial-exec model: no allocation in a handler. */
static _Thread_local void *injectArea;

void *mutatorOSInjectArea(void) { return injectArea; }

MutatorRes mutatorOSInjectAreaSet(void *area) {
  injectArea = area;
  return MutatorResOK;
}

/* System calls return to the instruction behind them, which the caller looks at. */
MutatorBool mutatorOSInSystem(const MutatorThreadStruct *thread, const MutatorNativeStruct *native) {
  (void)thread;
  (void)native;
  return 0;
}
