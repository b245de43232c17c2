/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postmortem/open.c -- open a stretch of memory, whatever is in the way
 *
 * One call does it.  If not: the stretch has a hole, or memory that may not be
 * written, or the kernel has no room for one more stretch of different
 * protection.  Then pieces are opened, halved until they succeed.  Opening
 * joins pieces, which makes room: what failed is worth a second pass.
 */

#include "postmortem/domain.h"

#define PASSES 3

/* Code stays executable, unless the system forbids that it be writable as well. */
static MutatorRes openPiece(MutatorWord base, size_t size, MutatorAccess full, MutatorPostMortemReport report) {
  MutatorRes res;
  report->calls++;
  res = mutatorOSProtect(base, size, full | DOMAIN_OPEN);
  if (res != MutatorResACCESS || full == DOMAIN_OPEN)
    return res;
  report->calls++;
  return mutatorOSProtect(base, size, DOMAIN_OPEN);
}

/* One page cannot be opened: what is the matter?  Gives where to go on. */
static MutatorWord overcome(MutatorWord page, MutatorWord limit, MutatorAccess full, MutatorPostMortemReport report) {
  const MutatorWord mapped = mutatorOSMapped(page), size = mutatorOSPageSize();
  const MutatorWord next = mapped == page ? page + size : mapped < limit ? mapped : limit;
  if (mapped != page) {
    report->holes += next - page;
    return next;
  }
  report->refused += size;
  (void)mutatorOSProtect(page, size, full & ~(MutatorAccess)MutatorAccessWRITE); /* to be read, at least */
  return next;
}

static void openPieces(MutatorWord base, MutatorWord limit, MutatorAccess full, MutatorPostMortemReport report) {
  const size_t page = mutatorOSPageSize();
  size_t piece = limit - base;
  while (base < limit) {
    const size_t size = piece < limit - base ? piece : limit - base;
    if (openPiece(base, size, full, report) == MutatorResOK) {
      base += size;
      piece = 2 * size;
    } else if (size > page) {
      piece = (size / 2 + page - 1) & ~(page - 1);
    } else {
      base = overcome(base, limit, full, report);
    }
  }
}

void mutatorDomainOpen(MutatorWord base, MutatorWord limit, MutatorAccess full, MutatorPostMortemReport report) {
  const MutatorWord holes = report->holes, refused = report->refused;
  unsigned passes;
  for (passes = 0; passes < PASSES; ++passes) {
    report->holes = holes;
    report->refused = refused;
    openPieces(base, limit, full, report);
    if (report->refused == refused)
      break;
  }
  report->bytes += limit - base - (report->holes - holes) - (report->refused - refused);
}
