/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/protect.c -- protection in few calls, also when the kernel has no more room for it
 *
 * When a process has as many stretches of different protection as the kernel
 * lets it have (vm.max_map_count), a change that would make one more fails.
 * Then whole ranges are closed: each becomes a single stretch.  That is safe
 * because the pages' bytes remember what the client wants, and a fault on a
 * page that the client has open opens it again (postmortem/fault.c).
 * Ranges without such bytes, and code, are left alone.
 */

#include "postmortem/domain.h"

/* A change that was under way when the domain died must not close what the
 * post-mortem has opened: whichever of the two comes last, this opens it. */
static MutatorRes change(MutatorDomain domain, MutatorWord base, MutatorWord limit, MutatorAccess access,
                         MutatorAccess full) {
  const MutatorRes res = mutatorOSProtect(base, limit - base, access);
  if (!mutatorDomainDead(domain))
    return res;
  (void)mutatorOSProtect(base, limit - base, full);
  return MutatorResSTATE;
}

static MutatorBool mayCollapse(MutatorDomainRange range) {
  return range->pages != NULL && (range->access & MutatorAccessEXECUTE) == 0;
}

static MutatorBool overlaps(MutatorDomainRange range, MutatorWord base, MutatorWord limit) {
  return range->base < limit && base < range->limit;
}

/* One stretch out of many.  Where the range begins in the middle of one even this
 * needs room; then it is left as it is up to the first place where one ends. */
static void collapse(MutatorDomain domain, MutatorDomainRange range) {
  const size_t page = mutatorOSPageSize();
  MutatorWord at;
  atomicStore(&domain->coarse, 1);
  for (at = range->base; at < range->limit; at += page)
    if (change(domain, at, range->limit, MutatorAccessNONE, (MutatorAccess)range->access) != MutatorResMEMORY)
      return;
}

/* The ranges around the stretch come first: they are the likely cause. */
static MutatorRes makeRoom(MutatorDomain domain, MutatorWord base, MutatorWord limit, MutatorAccess access,
                           MutatorAccess full) {
  MutatorRes res = MutatorResMEMORY;
  MutatorDomainRange range;
  unsigned nearby;
  for (nearby = 2; nearby-- > 0;)
    for (range = domain->first; range != NULL && res == MutatorResMEMORY; range = range->next) {
      if (!mayCollapse(range) || overlaps(range, base, limit) != (nearby != 0))
        continue;
      collapse(domain, range);
      res = change(domain, base, limit, access, full);
    }
  return res;
}

MutatorRes mutatorDomainAllow(MutatorDomain domain, MutatorWord base, MutatorWord limit, MutatorAccess access,
                              MutatorAccess full) {
  const MutatorRes res = change(domain, base, limit, access, full);
  return res == MutatorResMEMORY ? makeRoom(domain, base, limit, access, full) : res;
}

/* what the client wants of each page ------------------------------------------- */

static size_t pageAt(MutatorDomainRange range, MutatorWord address) {
  return (address - range->base) / mutatorOSPageSize();
}

static void note(MutatorDomainRange range, MutatorWord base, MutatorWord limit, MutatorAccess access) {
  MutatorWord from = base > range->base ? base : range->base;
  MutatorWord to = limit < range->limit ? limit : range->limit;
  size_t i;
  for (i = pageAt(range, from); range->pages != NULL && i < pageAt(range, to); ++i)
    range->pages[i] = (unsigned char)access;
}

/* Making room here closes what was refined already: the last failure counts. */
MutatorRes mutatorDomainRefine(MutatorDomainRange range) {
  const size_t page = mutatorOSPageSize(), pages = (range->limit - range->base) / page;
  size_t from, to;
  if (range->pages == NULL || !atomicLoad(&range->domain->coarse) || mutatorDomainDead(range->domain))
    return MutatorResOK;
  for (from = 0; from < pages; from = to) {
    MutatorRes res;
    for (to = from; to < pages && range->pages[to] == range->pages[from]; ++to)
      ;
    res = change(range->domain, range->base + from * page, range->base + to * page, range->pages[from],
                 (MutatorAccess)range->access);
    if (res == MutatorResMEMORY || res == MutatorResACCESS)
      return res;
  }
  return MutatorResOK;
}

/* stretches -------------------------------------------------------------------- */

/* From the first range of a stretch to the last that it goes on in, within
 * [base, limit); notes what is wanted of each. */
static MutatorDomainRange stretch(MutatorDomainRange range, MutatorWord base, MutatorWord limit, MutatorAccess access) {
  const MutatorAccess full = (MutatorAccess)range->access;
  for (;; range = range->next) {
    note(range, base, limit, access & full);
    if (range->next == NULL || range->next->base != range->limit || range->limit >= limit ||
        range->next->access != full)
      return range;
  }
}

static MutatorRes protect(MutatorDomain domain, MutatorWord base, MutatorWord limit, MutatorAccess access) {
  MutatorDomainRange range = mutatorDomainRangeAbove(domain, base);
  MutatorRes res = MutatorResPARAM;
  if (mutatorDomainDead(domain))
    return MutatorResSTATE;
  while (range != NULL && range->base < limit) {
    const MutatorWord from = range->base > base ? range->base : base;
    MutatorDomainRange last = stretch(range, base, limit, access);
    res = mutatorDomainAllow(domain, from, last->limit < limit ? last->limit : limit,
                             access & (MutatorAccess)range->access, (MutatorAccess)range->access);
    if (res != MutatorResOK)
      break;
    range = last->next;
  }
  return res;
}

static MutatorBool aligned(MutatorWord address) { return (address & (mutatorOSPageSize() - 1)) == 0; }

MutatorRes MutatorDomainProtect(MutatorDomain domain, void *base, void *limit, MutatorAccess access) {
  const MutatorWord from = (MutatorWord)base, to = limit == NULL ? ~(MutatorWord)0 : (MutatorWord)limit;
  const MutatorAccess all = DOMAIN_OPEN | MutatorAccessEXECUTE;
  MutatorRes res;
  if (!mutatorDomainUsable(domain) || !aligned(from) || (limit != NULL && !aligned(to)) || from >= to ||
      (access & ~all) != 0)
    return MutatorResPARAM;
  res = MutatorDomainEnter(domain);
  if (res != MutatorResOK)
    return res;
  res = protect(domain, from, to, access);
  (void)MutatorDomainLeave(domain);
  return res;
}
