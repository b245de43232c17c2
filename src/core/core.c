/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/core.c -- the state that set-up leaves behind
 */

#include "core/core.h"

#include "arch/arch.h"
#include "cc/atomic.h"
#include "core/index.h"

static MutatorOptionsStruct inForce;
static AtomicWord ready;

const MutatorOptionsStruct *mutatorCoreOptions(void) { return atomicLoadAcquire(&ready) ? &inForce : NULL; }

void mutatorCoreOptionsSet(const MutatorOptionsStruct *options) {
  inForce = *options;
  atomicStoreRelease(&ready, 1);
}

void mutatorCoreForked(void) {
  mutatorArchForked();
  mutatorIndexForked();
}
