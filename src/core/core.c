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
AtomicWord mutatorCorePostMortem;

#define FORKED 8
static void (*forkedCalls[FORKED])(void);

const MutatorOptionsStruct *mutatorCoreOptions(void) { return atomicLoadAcquire(&ready) ? &inForce : NULL; }

void mutatorCoreOptionsSet(const MutatorOptionsStruct *options) {
  inForce = *options;
  atomicStoreRelease(&ready, 1);
}

void mutatorCoreForkedAdd(void (*forked)(void)) {
  size_t i = 0;
  while (i < FORKED - 1 && forkedCalls[i] != NULL && forkedCalls[i] != forked)
    ++i;
  forkedCalls[i] = forked;
}

void mutatorCoreForked(void) {
  size_t i;
  mutatorArchForked();
  mutatorIndexForked();
  for (i = 0; i < FORKED && forkedCalls[i] != NULL; ++i)
    forkedCalls[i]();
}
