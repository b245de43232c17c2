/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/setup.c -- make everything that a handler cannot
 */

#include "arch/arch.h"
#include "cc/atomic.h"
#include "core/core.h"
#include "core/index.h"
#include "core/plan_cache.h"
#include "os/os.h"

#include <string.h>

static void initOptions(MutatorOptions options) {
  memset(options, 0, sizeof *options);
  options->signature = CORE_SIGNATURE_OPTIONS;
  options->size = sizeof *options;
  options->decoders = 16;
  options->plans = 4096;
  options->ranges = (size_t)1 << 20;
  options->depth = 4;
}

MutatorRes MutatorOptionsInit(MutatorOptions options) {
  if (!coreAligned(options))
    return MutatorResPARAM;
  initOptions(options);
  return MutatorResOK;
}

static MutatorBool between(size_t value, size_t least, size_t most) { return value >= least && value <= most; }

static MutatorBool optionsCheck(const MutatorOptionsStruct *options) {
  return coreAligned(options) && options->signature == CORE_SIGNATURE_OPTIONS && options->size == sizeof *options &&
         between(options->decoders, 1, 64) && between(options->plans, 16, (size_t)1 << 24) &&
         between(options->ranges, 1, (size_t)1 << 24) && between(options->depth, 1, 16);
}

static MutatorBool sameOptions(const MutatorOptionsStruct *one, const MutatorOptionsStruct *other) {
  return one->decoders == other->decoders && one->plans == other->plans && one->ranges == other->ranges &&
         one->depth == other->depth;
}

static MutatorRes setUp(const MutatorOptionsStruct *options) {
  MutatorRes res = mutatorOSSetup(&mutatorCoreFork);
  if (res == MutatorResOK)
    res = mutatorPlanCacheSetup(options->plans);
  if (res != MutatorResOK)
    return res;
  res = mutatorArchSetup(options->decoders);
  if (res == MutatorResOK) {
    res = mutatorIndexSetup(options->ranges);
    if (res != MutatorResOK)
      mutatorArchUndo();
  }
  if (res != MutatorResOK)
    mutatorPlanCacheUndo();
  return res;
}

static MutatorRes setUpOnce(const MutatorOptionsStruct *options) {
  const MutatorOptionsStruct *now = mutatorCoreOptions();
  MutatorOptionsStruct wanted;
  MutatorRes res;
  if (now != NULL)
    return options == NULL || sameOptions(now, options) ? MutatorResOK : MutatorResSTATE;
  initOptions(&wanted);
  if (options != NULL)
    wanted = *options;
  res = setUp(&wanted);
  if (res == MutatorResOK)
    mutatorCoreOptionsSet(&wanted);
  return res;
}

MutatorRes MutatorSetup(const MutatorOptionsStruct *options) {
  MutatorRes res;
  if (options != NULL && !optionsCheck(options))
    return MutatorResPARAM;
  mutatorOSSetupLock();
  res = setUpOnce(options);
  mutatorOSSetupUnlock();
  return res;
}
