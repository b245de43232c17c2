/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/inject.c -- the calling thread's area for injections, and its errno
 */

#include <errno.h>

#include "os/os.h"

/* The build gives thread-local variables the initial-exec model: no allocation in a handler. */
static _Thread_local void *injectArea;

void *mutatorOSInjectArea(void) { return injectArea; }

MutatorRes mutatorOSInjectAreaSet(void *area) {
  injectArea = area;
  return MutatorResOK;
}

MutatorWord mutatorOSErrorGet(void) { return (MutatorWord)errno; }

void mutatorOSErrorSet(MutatorWord error) { errno = (int)error; }

/* System calls return to the instruction behind them, which the caller looks at. */
MutatorBool mutatorOSSystemCode(MutatorWord pc) {
  (void)pc;
  return 0;
}
