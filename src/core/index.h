/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/index.h -- disjoint ranges of addresses, found by any address they hold
 *
 * A copy-on-write B+ tree.  Finding takes O(log n) and waits for nobody; so
 * do adding and removing, which may run in handlers, any number at once.
 */

#ifndef mutator_core_index_h
#define mutator_core_index_h

#include <mutator/types.h>

#include "cc/atomic.h"
#include "cc/compiler.h"
#include "core/stripe.h"

/* IndexHeadStruct -- where looking begins; a line that writers of other things do not disturb */
typedef struct IndexHeadStruct {
  _Alignas(STRIPE_BYTES) AtomicWord root; /* an IndexRef (core/index_nodes.h); 0 when empty */
  AtomicWord
      changes; /* so many roots have been replaced: moves before their nodes are retired, and before the change is over */
} IndexHeadStruct;

extern COMPILER_WITHIN IndexHeadStruct mutatorIndexHead;

/* mutatorIndexAdd -- put [base, limit) into the index
 *
 * value    what mutatorIndexFind gives; not NULL
 * Returns  OK; PARAM: limit not above base, or it overlaps a range in the index;
 *          STATE: no set-up; LIMIT: as many ranges as asked for at set-up, or
 *          no node could be recycled because of a reader that does not leave.
 *          Nothing changed unless OK
 */
MutatorRes mutatorIndexAdd(MutatorWord base, MutatorWord limit, void *value);

/* mutatorIndexRemove -- take out the range that starts at base and has this value
 *
 * Readers that have found it may go on using it: see core/pin.h.
 *
 * Returns  OK; STATE: there is none; LIMIT: as above.  Nothing changed unless OK
 */
MutatorRes mutatorIndexRemove(MutatorWord base, void *value);

/* mutatorIndexFind -- the value of the range that holds address, or NULL
 *
 * pre:  the caller is inside mutatorPinIndex, and stays while it reads the value's memory
 *       (or has entered another set that whoever removes the range waits for)
 */
void *mutatorIndexFind(MutatorWord address);

/* IndexRangeStruct -- a range that is in the index */
typedef struct IndexRangeStruct *IndexRange;
typedef struct IndexRangeStruct {
  MutatorWord base;
  MutatorWord limit;
  void *value;
} IndexRangeStruct;

/* mutatorIndexLook -- as mutatorIndexFind, without being inside mutatorPinIndex
 *
 * pre:      to use the value, the caller entered another set before, which whoever removes the range waits for
 * foundReturn    its bounds and its value, if there is one
 * changesReturn  what mutatorIndexUnchanged wants
 * Returns   its value, or NULL; INDEX_UNSURE: changes came in the way, use mutatorIndexFind
 */
#define INDEX_UNSURE ((void *)&mutatorIndexHead)
void *mutatorIndexLook(MutatorWord address, IndexRange foundReturn, MutatorWord *changesReturn);

/* mutatorIndexUnchanged -- is what mutatorIndexLook found then still what it would find?
 *
 * To be asked after entering a set, as before mutatorIndexLook.  On 32-bit CPUs never: so many
 * changes may be made while a thread does something else that they come round.
 */
static inline MutatorBool mutatorIndexUnchanged(MutatorWord changes) {
  return sizeof changes >= sizeof(uint64_t) && atomicLoadAcquire(&mutatorIndexHead.changes) == changes;
}

/* mutatorIndexNext -- the range that holds address, or else the nearest above it
 *
 * pre:      as mutatorIndexFind
 * Returns   its value and its base, or NULL
 */
void *mutatorIndexNext(MutatorWord address, MutatorWord *baseReturn);

/* mutatorIndexList -- the ranges from the one that holds address, or the nearest above it, upwards
 *
 * pre:      as mutatorIndexFind; most > 0
 * Returns   how many there are in `ranges`: 0 only if there are none, and not always as many as there could be
 */
size_t mutatorIndexList(MutatorWord address, IndexRange ranges, size_t most);

/* mutatorIndexSetup -- reserve room for `ranges` ranges (setup_index.c)
 *
 * pre:      one caller at a time.  Later calls do nothing once a range has been
 *           added, or for the same number
 * Returns   OK; MEMORY: the system has none to give
 */
MutatorRes mutatorIndexSetup(size_t ranges);

/* mutatorIndexForked -- in a forked child: no reader is inside, in either pin set
 *
 * Nodes in the hands of threads that vanished are lost to the child.
 */
void mutatorIndexForked(void);

#endif
