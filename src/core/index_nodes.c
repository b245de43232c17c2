/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/index_nodes.c -- taking, retiring and recycling the index's nodes
 *
 * A node is fresh, then taken, then perhaps linked into the tree, then retired
 * into the limbo of an epoch, then free, then taken again.  Everybody in this file
 * is inside mutatorPinIndex, so (lemma 1 of pin.c) from any epoch it reads on
 * the epoch advances at most once until it leaves.
 *
 * Recycling.  A node retired in epoch u goes on list u mod 4, and its owner is
 * still inside, so it gets there while the epoch is u or u + 1.  Who recycles
 * in epoch e takes all of list (e - 2) mod 4 while the epoch is e or e + 1: it
 * holds nodes of epochs e - 2, e - 6 and so on, and none of e + 2.  Those are
 * not in use (lemma 2).  With three lists it could hold nodes of e + 1.
 *
 * Popping.  The swap in mutatorIndexNodeTake would go wrong if the first node
 * left the free list and came back between the load and the swap.  To come back
 * it has to be retired, in the epoch of the load or a later one, and the
 * epoch has to advance twice: not while this thread is inside.  This is why a node
 * that was taken and not used is retired too, and needs no tag.  The same
 * holds for the root: while a thread is inside, the number of a node that it has
 * read from there is not given to another tree.
 */

#include "core/index_nodes.h"

#include "core/index.h"
#include "core/pin.h"

IndexStruct mutatorIndex;
IndexHeadStruct mutatorIndexHead;

static AtomicWord *nodeLink(uintptr_t ref) { return &mutatorIndex.nodes[ref].link; }

/* Put a chain of nodes in front of a list. */
static void listPush(AtomicWord *list, uintptr_t first, uintptr_t last) {
  uintptr_t head = atomicLoad(list);
  do {
    atomicStore(nodeLink(last), head);
  } while (!atomicCompareAndSwap(list, &head, first));
}

static uintptr_t listLast(uintptr_t first) {
  uintptr_t next;
  while ((next = atomicLoad(nodeLink(first))) != 0)
    first = next;
  return first;
}

static IndexRef nodeTakeFree(void) {
  uintptr_t head = atomicLoad(&mutatorIndex.free);
  while (head != 0 && !atomicCompareAndSwap(&mutatorIndex.free, &head, atomicLoad(nodeLink(head))))
    continue;
  return (IndexRef)head;
}

static IndexRef nodeTakeFresh(void) {
  uintptr_t ref = atomicLoad(&mutatorIndex.fresh);
  do {
    if (ref >= mutatorIndex.limit)
      return 0;
  } while (!atomicCompareAndSwap(&mutatorIndex.fresh, &ref, ref + 1));
  return (IndexRef)ref;
}

IndexRef mutatorIndexNodeTake(void) {
  IndexRef ref = nodeTakeFree();
  return ref != 0 ? ref : nodeTakeFresh();
}

void mutatorIndexNodesRetire(const IndexRef *refs, unsigned count) {
  MutatorWord epoch = mutatorPinEpoch(&mutatorPinIndex);
  unsigned i;
  if (count == 0)
    return;
  for (i = 1; i < count; ++i)
    atomicStore(nodeLink(refs[i - 1]), refs[i]);
  listPush(&mutatorIndex.limbo[epoch & 3], refs[0], refs[count - 1]);
}

void mutatorIndexNodesRecycle(void) {
  MutatorWord epoch;
  uintptr_t first;
  mutatorPinAdvance(&mutatorPinIndex);
  epoch = mutatorPinEpoch(&mutatorPinIndex);
  first = atomicExchange(&mutatorIndex.limbo[(epoch - 2) & 3], 0);
  if (first != 0)
    listPush(&mutatorIndex.free, first, listLast(first));
}
