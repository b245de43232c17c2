/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/prepare.c -- open memory ahead of a system call, which raises no signal
 */

#include "arch/arch.h"
#include "fault/range.h"
#include "fault/stay.h"
#include "os/os.h"

/* A compare-and-swap of a byte with itself is a store that changes nothing, for
 * this thread or any other. */
static MutatorBool isOpen(MutatorWord address, MutatorAccess access) {
  unsigned char byte;
  if (!mutatorArchNofaultLoad(&byte, (const void *)address, 1))
    return 0;
  return (access & MutatorAccessWRITE) == 0 ||
         mutatorArchNofaultCompareAndSwap((void *)address, &byte, &byte, 1) != MutatorResACCESS;
}

/* As the access would: ask the range of the first byte that is closed. */
static MutatorBool open(MutatorWord address, MutatorAccess access) {
  MutatorFaultRange range;
  if (isOpen(address, access))
    return 1;
  range = mutatorRangeHolding(address);
  return range != NULL && mutatorRangeAsk(range, NULL, address, access | MutatorAccessOPEN) && isOpen(address, access);
}

static MutatorBool openAll(MutatorWord base, MutatorWord last, MutatorAccess access) {
  const MutatorWord page = mutatorOSPageSize();
  MutatorWord address = base;
  for (;;) {
    if (!open(address, access))
      return 0;
    if (last - address < page && ((last ^ address) & ~(page - 1)) == 0)
      return 1;
    address = (address | (page - 1)) + 1;
  }
}

MutatorRes MutatorFaultPrepare(void *base, void *limit, MutatorAccess access) {
  FaultStayStruct stay;
  MutatorBool opened;
  if (limit < base || access == MutatorAccessNONE ||
      (access & ~(MutatorAccess)(MutatorAccessREAD | MutatorAccessWRITE)) != 0)
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  if (base == limit)
    return MutatorResOK;
  mutatorFaultStayBegin(&stay);
  opened = openAll((MutatorWord)base, (MutatorWord)limit - 1, access);
  mutatorFaultStayEnd(&stay);
  return opened ? MutatorResOK : MutatorResACCESS;
}
