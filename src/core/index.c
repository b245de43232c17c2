/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/index.c -- the range index: a copy-on-write B+ tree
 *
 * Who changes the tree copies the nodes on the way from the leaf to the root,
 * with the change made, and swaps the root.  If another change came first the
 * copies are made anew: some change has succeeded, so the whole is lock-free.
 * A change is nothing but slots of a node replaced by others, which becomes
 * one such replacement in the node above; a node that gets too full is cut in two,
 * one that gets too empty is joined with its neighbour (and perhaps cut again).
 *
 * See Comer, The Ubiquitous B-Tree, Computing Surveys 11 (1979), for the tree,
 * pin.c and index_nodes.c for why nodes can be read and reused.
 */

#include "core/index.h"

#include "cc/compiler.h"
#include "core/index_nodes.h"
#include "core/pin.h"

/* IndexSlotStruct -- one range, or one child */
typedef struct IndexSlotStruct *IndexSlot;
typedef struct IndexSlotStruct {
  MutatorWord key;
  MutatorWord limit; /* of a range */
  void *value;       /* of a range */
  IndexRef child;    /* of a child */
} IndexSlotStruct;

/* IndexRowStruct -- the slots of a node that is being made, before it is cut
 *
 * At most a full node and one slot more, or a full node and one too empty.
 */
#define INDEX_ROW_MAX (INDEX_INNER_MAX + INDEX_INNER_MIN)
typedef struct IndexRowStruct *IndexRow;
typedef struct IndexRowStruct {
  unsigned level;
  unsigned count;
  IndexSlotStruct slot[INDEX_ROW_MAX];
} IndexRowStruct;

/* IndexChangeStruct -- slots [at, at + removed) of a node become `added` others */
typedef struct IndexChangeStruct *IndexChange;
typedef struct IndexChangeStruct {
  unsigned at;
  unsigned removed;
  unsigned added;
  IndexSlotStruct slot[2];
} IndexChangeStruct;

/* IndexStepStruct -- one node on the way to the leaf, and the slot taken */
typedef struct IndexStepStruct {
  IndexRef ref;
  unsigned slot;
} IndexStepStruct;

/* IndexEditStruct -- one thread's change of the tree */
typedef struct IndexEditStruct *IndexEdit;
typedef struct IndexEditStruct {
  uintptr_t root; /* the tree as it was */
  uint32_t total; /* ranges in the tree as it will be */
  unsigned depth; /* steps; the last is the leaf */
  IndexStepStruct step[INDEX_DEPTH];
  unsigned taken; /* nodes to build with... */
  unsigned used;  /* ...and how many are in the new tree */
  IndexRef node[2 * INDEX_DEPTH + 1];
  unsigned replaced; /* nodes that the new tree does without */
  IndexRef old[2 * INDEX_DEPTH + 1];
} IndexEditStruct;

/* finding ------------------------------------------------------------------- */

static IndexNode indexNode(uintptr_t ref) { return &mutatorIndex.nodes[ref]; }

/* The last of `most` slots whose key is at or below the address; the first if none is.
 * No branch depends on a key: those would be mispredicted half the time.  The keys of
 * either loop are loaded at once, where halving would wait for each. */
static inline unsigned slotOf(const MutatorWord *key, unsigned most, MutatorWord address) {
  unsigned stride = 0, slot, i;
  COMPILER_UNROLL
  for (i = INDEX_STRIDE; i < most; i += INDEX_STRIDE)
    stride += key[i] <= address;
  slot = stride * INDEX_STRIDE;
  key += slot;
  COMPILER_UNROLL
  for (i = 1; i < INDEX_STRIDE; ++i)
    slot += key[i] <= address;
  return slot;
}

static inline unsigned leafSlot(const IndexNodeStruct *leaf, MutatorWord address) {
  return slotOf(leaf->as.leaf.base, INDEX_LEAF_MAX, address);
}

static inline unsigned innerSlot(const IndexNodeStruct *node, MutatorWord address) {
  return slotOf(node->as.inner.key, INDEX_INNER_MAX, address);
}

static unsigned indexSlot(const IndexNodeStruct *node, MutatorWord address) {
  return node->level == 0 ? leafSlot(node, address) : innerSlot(node, address);
}

static MutatorBool leafHolds(const IndexNodeStruct *leaf, unsigned slot, MutatorWord address) {
  return leaf->as.leaf.base[slot] <= address && address < leaf->as.leaf.limit[slot];
}

/* The leaf and the slot that hold the address; NULL when none does. */
static inline IndexNode indexLeaf(uintptr_t root, MutatorWord address, unsigned *slotReturn) {
  IndexNode node;
  unsigned slot;
  if (root == 0 || address == INDEX_NO_KEY)
    return NULL;
  for (node = indexNode(root); node->level != 0; node = indexNode(node->as.inner.child[slot]))
    slot = innerSlot(node, address);
  *slotReturn = slot = leafSlot(node, address);
  return leafHolds(node, slot, address) ? node : NULL;
}

static void *indexFind(uintptr_t root, MutatorWord address) {
  unsigned slot;
  const IndexNodeStruct *leaf = indexLeaf(root, address, &slot);
  return leaf == NULL ? NULL : leaf->as.leaf.value[slot];
}

/* The key after the slot is a better answer the further down the tree it is found. */
static void indexAbove(const IndexNodeStruct *node, unsigned slot, MutatorWord address, MutatorWord *aboveReturn) {
  if (node->as.inner.key[slot] > address) {
    *aboveReturn = node->as.inner.key[slot];
  } else if (slot + 1 < node->count) {
    *aboveReturn = node->as.inner.key[slot + 1];
  }
}

/* No range above an address has the base 0, so 0 stands for none. */
static void *indexNext(uintptr_t root, MutatorWord address, MutatorWord *baseReturn) {
  MutatorWord base = 0;
  IndexNode node;
  unsigned slot;
  if (root == 0 || address == INDEX_NO_KEY)
    return NULL;
  for (node = indexNode(root);; node = indexNode(node->as.inner.child[slot])) {
    slot = indexSlot(node, address);
    indexAbove(node, slot, address, &base);
    if (node->level == 0)
      break;
  }
  if (leafHolds(node, slot, address)) {
    base = node->as.leaf.base[slot];
  } else if (base == 0) {
    return NULL;
  }
  *baseReturn = base;
  return indexFind(root, base);
}

void *mutatorIndexFind(MutatorWord address) { return indexFind(atomicLoad(&mutatorIndexHead.root), address); }

/* Without a pin a node may be recycled, and written to, while it is read.  So
 * nothing read from it is trusted to stay in bounds, and the answer counts only
 * if no root has been replaced since before the root was loaded: `changes` moves
 * before the first node of the old tree is retired.  (For it to be the same after
 * wrapping, 2^32 changes would have to be made within one look, on 32-bit CPUs.) */
/* What the key will be found to stand for, while it is looked for. */
static inline void prefetchRest(const IndexNodeStruct *node) {
  size_t at;
  COMPILER_UNROLL
  for (at = offsetof(IndexNodeStruct, as.leaf.limit); at < sizeof *node; at += STRIPE_BYTES)
    compilerPrefetch((const unsigned char *)node + at);
}

static const IndexNodeStruct *lookOnce(uintptr_t root, MutatorWord address, unsigned *slotReturn) {
  uintptr_t ref = root;
  unsigned depth;
  for (depth = 0; depth < INDEX_DEPTH && ref != 0 && ref < mutatorIndex.limit; ++depth) {
    const IndexNodeStruct *node = indexNode(ref);
    prefetchRest(node);
    if (node->level == 0) {
      *slotReturn = leafSlot(node, address);
      return leafHolds(node, *slotReturn, address) ? node : NULL;
    }
    ref = node->as.inner.child[innerSlot(node, address)];
  }
  return NULL;
}

enum { LookATTEMPTS = 4 };

void *mutatorIndexLook(MutatorWord address, IndexRange foundReturn, MutatorWord *changesReturn) {
  unsigned i, slot = 0;
  for (i = 0; i < LookATTEMPTS; ++i) {
    const uintptr_t before = atomicLoadAcquire(&mutatorIndexHead.changes);
    const IndexNodeStruct *leaf = lookOnce(atomicLoadAcquire(&mutatorIndexHead.root), address, &slot);
    void *value = NULL;
    if (leaf != NULL) {
      value = leaf->as.leaf.value[slot];
      foundReturn->base = leaf->as.leaf.base[slot];
      foundReturn->limit = leaf->as.leaf.limit[slot];
      foundReturn->value = value;
    }
    atomicFenceAcquire();
    *changesReturn = before;
    if (atomicLoadRelaxed(&mutatorIndexHead.changes) == before)
      return value;
  }
  return INDEX_UNSURE;
}

void *mutatorIndexNext(MutatorWord address, MutatorWord *baseReturn) {
  return indexNext(atomicLoad(&mutatorIndexHead.root), address, baseReturn);
}

/* As far as one leaf goes. */
static size_t indexList(uintptr_t root, MutatorWord address, IndexRange ranges, size_t most) {
  const IndexNodeStruct *leaf;
  unsigned slot = 0;
  size_t count = 0;
  if (indexNext(root, address, &address) == NULL)
    return 0;
  for (leaf = indexLeaf(root, address, &slot); count < most && slot < leaf->count; ++count, ++slot) {
    ranges[count].base = leaf->as.leaf.base[slot];
    ranges[count].limit = leaf->as.leaf.limit[slot];
    ranges[count].value = leaf->as.leaf.value[slot];
  }
  return count;
}

size_t mutatorIndexList(MutatorWord address, IndexRange ranges, size_t most) {
  return indexList(atomicLoad(&mutatorIndexHead.root), address, ranges, most);
}

/* rows ---------------------------------------------------------------------- */

static unsigned levelMax(unsigned level) { return level == 0 ? INDEX_LEAF_MAX : INDEX_INNER_MAX; }

static unsigned levelMin(unsigned level) { return level == 0 ? INDEX_LEAF_MIN : INDEX_INNER_MIN; }

static void slotRead(const IndexNodeStruct *node, unsigned i, IndexSlot slot) {
  slot->key = node->as.inner.key[i];
  if (node->level == 0) {
    slot->limit = node->as.leaf.limit[i];
    slot->value = node->as.leaf.value[i];
  } else {
    slot->child = node->as.inner.child[i];
  }
}

static void slotWrite(IndexNode node, unsigned i, const IndexSlotStruct *slot) {
  node->as.inner.key[i] = slot->key;
  if (node->level == 0) {
    node->as.leaf.limit[i] = slot->limit;
    node->as.leaf.value[i] = slot->value;
  } else {
    node->as.inner.child[i] = slot->child;
  }
}

static void rowAppend(IndexRow row, const IndexNodeStruct *node, unsigned from, unsigned to) {
  unsigned i;
  for (i = from; i < to; ++i)
    slotRead(node, i, &row->slot[row->count++]);
}

static void rowAppendChanged(IndexRow row, const IndexNodeStruct *node, const IndexChangeStruct *change) {
  unsigned i;
  rowAppend(row, node, 0, change->at);
  for (i = 0; i < change->added; ++i)
    row->slot[row->count++] = change->slot[i];
  rowAppend(row, node, change->at + change->removed, node->count);
}

/* editing ------------------------------------------------------------------- */

static MutatorBool editReserve(IndexEdit edit, unsigned count) {
  while (edit->taken < edit->used + count) {
    IndexRef ref = mutatorIndexNodeTake();
    if (ref == 0)
      return 0;
    edit->node[edit->taken++] = ref;
  }
  return 1;
}

static void editReplace(IndexEdit edit, IndexRef ref) { edit->old[edit->replaced++] = ref; }

/* Slots [from, to) of the row become a node; *slot is its place in the level above. */
static void editMake(IndexEdit edit, const IndexRowStruct *row, unsigned from, unsigned to, IndexSlot slot) {
  IndexRef ref = edit->node[edit->used++];
  IndexNode node = indexNode(ref);
  unsigned i;
  node->level = (uint16_t)row->level;
  node->count = (uint16_t)(to - from);
  for (i = from; i < to; ++i)
    slotWrite(node, i - from, &row->slot[i]);
  for (i = to - from; i < levelMax(row->level); ++i)
    node->as.inner.key[i] = INDEX_NO_KEY;
  slot->key = row->slot[from].key;
  slot->child = ref;
}

/* The row becomes one node, or two, or none; *change says so to the level above. */
static MutatorRes editCut(IndexEdit edit, const IndexRowStruct *row, IndexChange change) {
  unsigned nodes = row->count > levelMax(row->level) ? 2 : row->count > 0;
  unsigned i;
  if (!editReserve(edit, nodes))
    return MutatorResMEMORY;
  for (i = 0; i < nodes; ++i)
    editMake(edit, row, row->count * i / nodes, row->count * (i + 1) / nodes, &change->slot[i]);
  change->added = nodes;
  return MutatorResOK;
}

/* The neighbour with which a node that gets too empty is joined; true for one to the left. */
static MutatorBool editNeighbour(IndexEdit edit, unsigned depth, IndexNode *neighbourReturn) {
  IndexStepStruct above = edit->step[depth - 1];
  MutatorBool left = above.slot > 0;
  IndexRef ref = indexNode(above.ref)->as.inner.child[left ? above.slot - 1 : above.slot + 1];
  *neighbourReturn = indexNode(ref);
  editReplace(edit, ref);
  return left;
}

/* Make the change in the node at that depth; *change becomes the level above's. */
static MutatorRes editLevel(IndexEdit edit, unsigned depth, IndexChange change) {
  IndexNode node = indexNode(edit->step[depth].ref);
  unsigned count = node->count - change->removed + change->added;
  MutatorBool join = depth > 0 && count < levelMin(node->level);
  MutatorBool left = 0;
  IndexNode neighbour = NULL;
  IndexRowStruct row;

  row.level = node->level;
  row.count = 0;
  editReplace(edit, edit->step[depth].ref);
  if (join)
    left = editNeighbour(edit, depth, &neighbour);
  if (join && left)
    rowAppend(&row, neighbour, 0, neighbour->count);
  rowAppendChanged(&row, node, change);
  if (join && !left)
    rowAppend(&row, neighbour, 0, neighbour->count);
  change->at = depth > 0 ? edit->step[depth - 1].slot - (unsigned)left : 0;
  change->removed = join ? 2 : 1;
  return editCut(edit, &row, change);
}

/* The old root has become one node, two, or none. */
static MutatorRes editRoot(IndexEdit edit, IndexChange change) {
  IndexRowStruct row;
  if (change->added < 2)
    return MutatorResOK;
  row.level = indexNode(change->slot[0].child)->level + 1U;
  row.count = 2;
  row.slot[0] = change->slot[0];
  row.slot[1] = change->slot[1];
  return editCut(edit, &row, change);
}

/* An inner root with one child is not needed; that child is the joint node
 * made just now, so its total can be set. */
static IndexRef editFinish(IndexEdit edit, const IndexChangeStruct *change) {
  IndexRef root;
  if (change->added == 0)
    return 0;
  root = change->slot[0].child;
  if (indexNode(root)->level > 0 && indexNode(root)->count == 1) {
    editReplace(edit, root);
    root = indexNode(root)->as.inner.child[0];
  }
  indexNode(root)->total = edit->total;
  return root;
}

/* Build the new tree and swap it in; FAIL when another thread was first. */
static MutatorRes editPerform(IndexEdit edit, IndexChange change) {
  unsigned depth = edit->depth;
  MutatorRes res = MutatorResOK;
  IndexRef root;
  while (res == MutatorResOK && depth > 0)
    res = editLevel(edit, --depth, change);
  if (res == MutatorResOK)
    res = editRoot(edit, change);
  if (res != MutatorResOK)
    return res;
  root = editFinish(edit, change);
  if (!atomicCompareAndSwap(&mutatorIndexHead.root, &edit->root, root))
    return MutatorResFAIL;
  (void)atomicAdd(&mutatorIndexHead.changes, 1);
  return MutatorResOK;
}

/* The way to the leaf where `base` is or belongs. */
static void editBegin(IndexEdit edit, MutatorWord base) {
  IndexStepStruct step = {0, 0};
  edit->root = atomicLoad(&mutatorIndexHead.root);
  edit->total = edit->root == 0 ? 0 : indexNode(edit->root)->total;
  edit->depth = edit->used = edit->replaced = 0;
  for (step.ref = (IndexRef)edit->root; step.ref != 0;) {
    IndexNode node = indexNode(step.ref);
    step.slot = indexSlot(node, base);
    edit->step[edit->depth++] = step;
    step.ref = node->level != 0 ? node->as.inner.child[step.slot] : 0;
  }
}

static IndexNode editLeaf(IndexEdit edit, unsigned *slotReturn) {
  *slotReturn = edit->step[edit->depth - 1].slot;
  return indexNode(edit->step[edit->depth - 1].ref);
}

/* In a tree without a node the first change is the whole first leaf. */
static MutatorRes editFirst(IndexEdit edit, const IndexSlotStruct *slot, IndexChange change) {
  IndexRowStruct row;
  row.level = 0;
  row.count = 1;
  row.slot[0] = *slot;
  return editCut(edit, &row, change);
}

static MutatorRes editAdd(IndexEdit edit, const IndexSlotStruct *slot) {
  IndexChangeStruct change = {0, 0, 1, {*slot}};
  MutatorWord next;
  unsigned at;
  if (indexNext(edit->root, slot->key, &next) != NULL && next < slot->limit)
    return MutatorResPARAM;
  if (edit->total >= mutatorIndex.ranges)
    return MutatorResLIMIT;
  ++edit->total;
  if (edit->depth > 0) {
    IndexNode leaf = editLeaf(edit, &at);
    change.at = leaf->as.leaf.base[at] <= slot->key ? at + 1 : at;
  } else if (editFirst(edit, slot, &change) != MutatorResOK) {
    return MutatorResMEMORY;
  }
  return editPerform(edit, &change);
}

static MutatorRes editRemove(IndexEdit edit, const IndexSlotStruct *slot) {
  IndexChangeStruct change = {0, 1, 0, {{0, 0, NULL, 0}}};
  IndexNode leaf;
  if (edit->depth == 0)
    return MutatorResSTATE;
  leaf = editLeaf(edit, &change.at);
  if (leaf->as.leaf.base[change.at] != slot->key || leaf->as.leaf.value[change.at] != slot->value)
    return MutatorResSTATE;
  --edit->total;
  return editPerform(edit, &change);
}

/* changes ------------------------------------------------------------------- */

typedef MutatorRes (*IndexVerb)(IndexEdit edit, const IndexSlotStruct *slot);

static void editRetire(IndexEdit edit, MutatorRes res) {
  unsigned used = res == MutatorResOK ? edit->used : 0;
  if (res == MutatorResOK)
    mutatorIndexNodesRetire(edit->old, edit->replaced);
  mutatorIndexNodesRetire(edit->node + used, edit->taken - used);
  mutatorIndexNodesRecycle();
}

/* One change; the nodes taken for an attempt that failed serve the next. */
static MutatorRes indexChangeOnce(IndexVerb verb, const IndexSlotStruct *slot) {
  IndexEditStruct edit;
  PinStruct pin;
  MutatorRes res;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  edit.taken = 0;
  do {
    editBegin(&edit, slot->key);
    res = verb(&edit, slot);
  } while (res == MutatorResFAIL);
  editRetire(&edit, res);
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return res;
}

/* Each attempt advances the epoch by one, unless a reader is in the way, and
 * recycles one of the four lists of retired nodes: after six all that can be is free. */
#define INDEX_ATTEMPTS 8

static MutatorRes indexChange(IndexVerb verb, const IndexSlotStruct *slot) {
  MutatorRes res = MutatorResMEMORY;
  unsigned i;
  if (mutatorIndex.nodes == NULL)
    return MutatorResSTATE;
  for (i = 0; i < INDEX_ATTEMPTS && res == MutatorResMEMORY; ++i)
    res = indexChangeOnce(verb, slot);
  return res == MutatorResMEMORY ? MutatorResLIMIT : res;
}

MutatorRes mutatorIndexAdd(MutatorWord base, MutatorWord limit, void *value) {
  IndexSlotStruct slot = {base, limit, value, 0};
  if (base >= limit || value == NULL)
    return MutatorResPARAM;
  return indexChange(editAdd, &slot);
}

MutatorRes mutatorIndexRemove(MutatorWord base, void *value) {
  IndexSlotStruct slot = {base, 0, value, 0};
  return base == INDEX_NO_KEY ? MutatorResSTATE : indexChange(editRemove, &slot);
}
