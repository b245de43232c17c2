/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/setup_index.c -- room for the range index
 */

#include "core/index.h"
#include "core/index_nodes.h"
#include "core/pin.h"
#include "os/os.h"

_Static_assert(sizeof(IndexNodeStruct) == INDEX_NODE_BYTES, "INDEX_NODE_BYTES is the size of a node");

/* The nodes that a tree of so many ranges can need.  All but the root are at
 * least half full, so there are at most ranges / LEAF_MIN leaves, or the one
 * that is the root; at most one inner node for each INNER_MIN of those, or the
 * root; and so on.  About 0.105 nodes, or 54 bytes, a range on 64-bit CPUs. */
static size_t treeNodes(size_t ranges) {
  size_t level = ranges / INDEX_LEAF_MIN + 1;
  size_t nodes = level;
  while (level > 1) {
    level = level / INDEX_INNER_MIN + 1;
    nodes += level;
  }
  return nodes;
}

/* The nodes that changes may use up while a reader is in the way.  A change
 * retires one or two nodes a level.  16,384 nodes (8 MiB of address space,
 * touched only when it comes to that) last for 1,300 changes at least, in a
 * small tree for 8,000; 8 bytes a range on top keep large trees in proportion. */
static size_t slackNodes(size_t ranges) { return 16384 + ranges / (INDEX_NODE_BYTES / 8); }

/* Before MutatorSetup has succeeded nothing is ever added, so the mapping of an
 * attempt that failed elsewhere can be replaced. */
MutatorRes mutatorIndexSetup(size_t ranges) {
  size_t limit = 1 + treeNodes(ranges) + slackNodes(ranges);
  IndexNode nodes;
  if (mutatorIndex.nodes != NULL && (mutatorIndex.ranges == ranges || mutatorIndex.fresh != 1))
    return MutatorResOK;
  nodes = mutatorOSReserve(limit * sizeof(IndexNodeStruct));
  if (nodes == NULL)
    return MutatorResMEMORY;
  if (mutatorIndex.nodes != NULL)
    mutatorOSRelease(mutatorIndex.nodes, mutatorIndex.limit * sizeof(IndexNodeStruct));
  mutatorIndex.nodes = nodes;
  mutatorIndex.limit = limit;
  mutatorIndex.ranges = ranges;
  mutatorIndex.fresh = 1;
  return MutatorResOK;
}

void mutatorIndexForked(void) {
  mutatorPinForked(&mutatorPinIndex);
  mutatorPinForked(&mutatorPinCallbacks);
  mutatorPinSlotsForked();
}
