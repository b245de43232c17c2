/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/domain.c -- which domains there are
 *
 * A table in the library's memory, so that damage to one domain hides no other.
 */

#include "postmortem/domain.h"

DomainEntryStruct mutatorDomains[MutatorDomainLIMIT];

DomainEntry mutatorDomainEntry(MutatorDomain domain) {
  size_t i;
  if (domain == NULL)
    return NULL;
  for (i = 0; i < MutatorDomainLIMIT; ++i)
    if (atomicLoadAcquire(&mutatorDomains[i].domain) == (AtomicWord)domain)
      return &mutatorDomains[i];
  return NULL;
}

MutatorBool mutatorDomainPeek(MutatorDomain domain, MutatorDomain copy) {
  return mutatorDomainEntry(domain) != NULL && mutatorOSPeek(copy, (MutatorWord)domain, sizeof *copy) &&
         mutatorDomainUsable(copy);
}

MutatorRes MutatorDomainFinish(MutatorDomain domain) {
  DomainEntry entry = mutatorDomainEntry(domain);
  if (entry == NULL || !mutatorDomainUsable(domain))
    return MutatorResPARAM;
  if (mutatorDomainHasRanges(domain) || MutatorDomainBusy(domain, NULL) != 0)
    return MutatorResBUSY;
  atomicStore(&entry->low, 0);
  atomicStore(&entry->high, 0);
  atomicStore(&entry->domain, 0);
  domain->signature = 0;
  return MutatorResOK;
}

MutatorBool MutatorDomainCheck(MutatorDomain domain) {
  MutatorDomainStruct copy;
  return mutatorDomainPeek(domain, &copy);
}

MutatorBool MutatorDomainLive(MutatorDomain domain) {
  MutatorDomainStruct copy;
  return mutatorDomainPeek(domain, &copy) && copy.state == DomainLIVE;
}

MutatorDomain MutatorDomainAt(size_t index) {
  return index < MutatorDomainLIMIT ? (MutatorDomain)atomicLoad(&mutatorDomains[index].domain) : NULL;
}

MutatorWord MutatorDomainBusy(MutatorDomain domain, unsigned *depthReturn) {
  MutatorDomainStruct copy;
  uint64_t word = 0;
  unsigned depth;
  if (mutatorDomainPeek(domain, &copy))
    word = *mutatorDomainLockOf(&copy, domain);
  depth = mutatorDomainDepth(word);
  if (depthReturn != NULL)
    (void)mutatorOSPoke((MutatorWord)depthReturn, &depth, sizeof depth);
  return mutatorDomainOwner(word);
}
