/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/range.h -- ranges, as the handler and the step use them
 */

#ifndef mutator_fault_range_h
#define mutator_fault_range_h

#include <mutator/fault.h>

#include "core/core.h"

/* mutatorRangeHolding -- the range that holds address, or NULL
 *
 * pre:  to use the range, the caller is inside mutatorPinCallbacks
 */
MutatorFaultRange mutatorRangeHolding(MutatorWord address);

/* mutatorRangeNext -- the range that holds address, or else the nearest above it, or NULL
 *
 * pre:  the caller is inside mutatorPinCallbacks, so that the range stays usable
 */
MutatorFaultRange mutatorRangeNext(MutatorWord address);

/* mutatorRangeAsk -- ask the range's callback; true for HANDLED and nothing else
 *
 * pre:  the caller is inside mutatorPinCallbacks
 */
static inline MutatorBool mutatorRangeAsk(MutatorFaultRange range, MutatorContext context, MutatorWord address,
                                          MutatorAccess access) {
  return range->callback(range, context, (void *)address, access, range->closure) == MutatorFaultHANDLED;
}

/* mutatorRangeRecall -- mutatorRangeHolding, if it is the range that this thread found the last time; or NULL
 *
 * mutatorRangeRemember -- mutatorRangeHolding, for mutatorRangeRecall
 *
 * pre:  the caller is inside mutatorPinCallbacks, and no other stay of the thread's is
 */
static inline MutatorFaultRange mutatorRangeRecall(const OSLocalStruct *local, MutatorWord address) {
  return address - local->rangeBase < local->rangeSize && mutatorIndexUnchanged(local->rangeChanges) ? local->range
                                                                                                     : NULL;
}
MutatorFaultRange mutatorRangeRemember(OSLocal local, MutatorWord address);

#endif
