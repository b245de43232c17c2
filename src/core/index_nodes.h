/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/index_nodes.h -- the index's nodes, and where they come from
 *
 * Private to the index and its tests.
 */

#ifndef mutator_core_index_nodes_h
#define mutator_core_index_nodes_h

#include <mutator/types.h>

#include "cc/atomic.h"
#include "core/stripe.h"

/* IndexRef -- a node, by its number in the reserved mapping; 0 is none */
typedef uint32_t IndexRef;

/* A node is eight cache lines: 20 ranges or 40 children on 64-bit CPUs, 40 or
 * 60 on 32-bit ones.  A key is looked for among every fifth first. */
#define INDEX_STRIDE 5
#define INDEX_NODE_BYTES 512
#define INDEX_HEADER_BYTES (sizeof(AtomicWord) + 2 * sizeof(uint32_t))
#define INDEX_MAX(slot) ((INDEX_NODE_BYTES - INDEX_HEADER_BYTES) / (slot) / INDEX_STRIDE * INDEX_STRIDE)
#define INDEX_LEAF_MAX INDEX_MAX(2 * sizeof(MutatorWord) + sizeof(void *))
#define INDEX_INNER_MAX INDEX_MAX(sizeof(MutatorWord) + sizeof(IndexRef))

/* The keys beyond the last.  No range holds this address, since its limit would have to be above. */
#define INDEX_NO_KEY (~(MutatorWord)0)

/* Every node but the root is at least half full. */
#define INDEX_LEAF_MIN (INDEX_LEAF_MAX / 2)
#define INDEX_INNER_MIN (INDEX_INNER_MAX / 2)

/* 16,777,216 ranges (MutatorOptions) are at most 1,677,721 leaves of 10.  A
 * tree with k inner levels has at least 2 * 20^(k-1) leaves: 6,400,000 for k = 6,
 * so there are at most 5 and the leaves.  One to spare, for the new root of a
 * change that is then not made. */
#define INDEX_DEPTH 7

/* IndexNodeStruct -- a leaf (level 0) or an inner node
 *
 * Nothing but `link` is ever changed once the node can be reached from the root.
 * inner.key[i] is the smallest base below child i: exactly that, not a lower
 * bound, so that whenever it is at or below an address the range that may hold
 * the address is in child i.  leaf.base lies in the same place.
 */
typedef struct IndexNodeStruct *IndexNode;
typedef struct IndexNodeStruct {
  AtomicWord link; /* the next node in a list; not part of the tree */
  uint16_t count;  /* keys, at least one */
  uint16_t level;  /* of each of its children, one less */
  uint32_t total;  /* ranges in the tree; only in the root */
  union {
    struct {
      MutatorWord base[INDEX_LEAF_MAX];
      MutatorWord limit[INDEX_LEAF_MAX];
      void *value[INDEX_LEAF_MAX];
    } leaf;
    struct {
      MutatorWord key[INDEX_INNER_MAX];
      IndexRef child[INDEX_INNER_MAX];
    } inner;
    unsigned char fill[INDEX_NODE_BYTES - INDEX_HEADER_BYTES];
  } as;
} IndexNodeStruct;

/* IndexStruct -- the one index
 *
 * The first line is constant after set-up, and the writers' lists are apart, so
 * that they do not disturb readers.  The root is in mutatorIndexHead.
 */
typedef struct IndexStruct {
  _Alignas(STRIPE_BYTES) IndexNode nodes;  /* NULL before set-up; element 0 is not used */
  size_t limit;                            /* elements of nodes */
  size_t ranges;                           /* at most */
  _Alignas(STRIPE_BYTES) AtomicWord fresh; /* nodes never used start here */
  AtomicWord free;                         /* a list of nodes for reuse */
  AtomicWord limbo[4];                     /* lists of nodes unlinked in epoch mod 4 */
} IndexStruct;

extern IndexStruct mutatorIndex;

/* mutatorIndexNodeTake -- a node to build with; 0 when there is none now
 *
 * pre:  the caller is inside mutatorPinIndex, and stays until it has linked the
 *       node into the tree or retired it
 */
IndexRef mutatorIndexNodeTake(void);

/* mutatorIndexNodesRetire -- give back nodes, linked before or never linked
 *
 * pre:  the caller is inside mutatorPinIndex; no new reader can reach the nodes
 */
void mutatorIndexNodesRetire(const IndexRef *refs, unsigned count);

/* mutatorIndexNodesRecycle -- make nodes that nobody uses any more available
 *
 * pre:  the caller is inside mutatorPinIndex
 */
void mutatorIndexNodesRecycle(void);

#endif
