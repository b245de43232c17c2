/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/setup_domain.c -- make a domain
 */

#include "postmortem/domain.h"

/* Nothing in a program calls it, and its debugger wants it: so a program that has
 * domains has it, also when it is linked with the static library. */
MutatorRes (*const mutatorDomainForDebuggers)(MutatorPostMortemReport report) = MutatorDomainPostMortemAll;

static void copyName(char *to, const char *from) {
  size_t i;
  if (from == NULL)
    return;
  for (i = 0; i + 1 < MutatorDomainNameSIZE && from[i] != 0; ++i)
    to[i] = from[i];
}

/* The forking thread has another number in the child, and still owns what it owned.
 * (Locks of threads that the child does not have stay locked.) */
static void forked(MutatorWord before) {
  const MutatorWord now = mutatorOSThread();
  size_t i;
  for (i = 0; i < MutatorDomainLIMIT; ++i) {
    const AtomicWord domain = atomicLoad(&mutatorDomains[i].domain);
    if (domain != 0)
      mutatorDomainForked((MutatorDomain)domain, before, now);
  }
}

static const CoreForkStruct aroundFork = {.child = forked};

/* The entry is empty until the bounds are; whoever takes it puts them right again. */
static MutatorRes enlist(MutatorDomain domain) {
  size_t i;
  for (i = 0; i < MutatorDomainLIMIT; ++i) {
    AtomicWord none = 0;
    if (atomicCompareAndSwap(&mutatorDomains[i].domain, &none, (AtomicWord)domain))
      return MutatorResOK;
  }
  return MutatorResLIMIT;
}

MutatorRes MutatorDomainInit(MutatorDomain domain, const char *name, MutatorDomainCallback callback, void *closure) {
  MutatorDomainStruct fresh = {.signature = CORE_SIGNATURE_DOMAIN,
                               .size = sizeof fresh,
                               .state = DomainLIVE,
                               .callback = callback,
                               .closure = closure};
  MutatorDomainStruct before;
  MutatorRes res;
  if (!coreAligned(domain) || callback == NULL)
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL || mutatorDomainEntry(domain) != NULL)
    return MutatorResSTATE;
  mutatorOSSetupLock();
  mutatorCoreForkAdd(CoreForkDOMAIN, &aroundFork);
  mutatorOSSetupUnlock();
  copyName(fresh.name, name);
  before = *domain;
  *domain = fresh;
  res = enlist(domain);
  if (res != MutatorResOK)
    *domain = before;
  return res;
}
