/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/fault.c -- a fault in a domain
 */

#include "postmortem/domain.h"

static MutatorAccess wantedOf(MutatorDomainRange range, MutatorWord page) {
  return range->pages[(page - range->base) / mutatorOSPageSize()];
}

/* The page was closed to make room in the kernel, and the client has it open?
 * The lock keeps the client from closing it at the same moment. */
static MutatorBool reopen(MutatorDomain domain, MutatorDomainRange range, MutatorWord address, MutatorAccess access) {
  const MutatorWord size = mutatorOSPageSize(), page = address & ~(size - 1);
  const MutatorAccess full = (MutatorAccess)range->access;
  MutatorBool opened = 0;
  if (range->pages == NULL || mutatorDomainDead(domain) || MutatorDomainEnter(domain) != MutatorResOK)
    return 0;
  if (access != MutatorAccessNONE && (access & ~wantedOf(range, page)) == 0)
    opened = mutatorDomainAllow(domain, page, page + size, wantedOf(range, page), full) == MutatorResOK;
  (void)MutatorDomainLeave(domain);
  return opened;
}

/* A dead domain's memory is open for an instruction that is stepped for another.
 * Its faults come here only if they began before it died: if it dies under a
 * callback, which declines then, the access is made again.  Either it succeeds
 * now, or the fault is the previous handler's. */
MutatorFaultResult mutatorDomainFault(MutatorFaultRange fault, MutatorContext context, void *address,
                                      MutatorAccess access, void *closure) {
  MutatorDomainRange range = closure;
  MutatorDomain domain = range->domain;
  const MutatorBool alive = !mutatorDomainDead(domain);
  (void)fault;
  if (!alive && context == NULL)
    return MutatorFaultHANDLED;
  if (atomicLoad(&domain->coarse) != 0 && reopen(domain, range, (MutatorWord)address, access))
    return MutatorFaultHANDLED;
  if (domain->callback(domain, range, context, address, access, domain->closure) == MutatorFaultHANDLED)
    return MutatorFaultHANDLED;
  return alive && mutatorDomainDead(domain) ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}
