/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index.c -- the range index (F3): found in O(log n), changed by anybody at any time
 *
 * The model is an array of cells of 256 bytes, each of which may hold one range
 * that starts in its first half.  The seed is printed; MUTATOR_SEED repeats a run.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/index.h"
#include "core/index_nodes.h"
#include "core/pin.h"
#include "support/unit.h"

/* As ck_assert, which writes to a file each time, for loops of millions. */
#define MUST(condition)               \
  do {                                \
    if (!(condition))                 \
      ck_abort_msg("%s", #condition); \
  } while (0)

#define CELL 256

static uint64_t seed;

static uint64_t randomWord(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void chooseSeed(void) {
  const char *given = getenv("MUTATOR_SEED");
  seed = given != NULL ? strtoull(given, NULL, 0) : 20240607;
  printf("seed %llu\n", (unsigned long long)seed);
}

static void setUp(size_t ranges) {
  setbuf(stdout, NULL);
  ck_assert_int_eq(mutatorIndexSetup(ranges), MutatorResOK);
}

/* looking at the tree -------------------------------------------------------- */

typedef struct Audit {
  size_t nodes;
  size_t ranges;
  MutatorWord end; /* of the range before */
} Audit;

static IndexNode nodeOf(IndexRef ref) { return &mutatorIndex.nodes[ref]; }

static void auditLeaf(const IndexNodeStruct *node, Audit *audit) {
  unsigned i;
  for (i = 0; i < node->count; ++i) {
    MUST(node->as.leaf.base[i] >= audit->end);
    MUST(node->as.leaf.limit[i] > node->as.leaf.base[i]);
    audit->end = node->as.leaf.limit[i];
  }
  audit->ranges += node->count;
}

static void auditNode(IndexRef ref, MutatorBool root, Audit *audit) {
  const IndexNodeStruct *node = nodeOf(ref);
  unsigned least = root ? (node->level == 0 ? 1 : 2) : node->level == 0 ? INDEX_LEAF_MIN : INDEX_INNER_MIN;
  unsigned i;
  MUST(ref > 0);
  MUST(ref < mutatorIndex.limit);
  MUST(node->count >= least);
  ++audit->nodes;
  if (node->level == 0) {
    auditLeaf(node, audit);
    return;
  }
  for (i = 0; i < node->count; ++i) {
    const IndexNodeStruct *child = nodeOf(node->as.inner.child[i]);
    MUST(child->level + 1U == node->level);
    MUST(child->as.inner.key[0] == node->as.inner.key[i]);
    auditNode(node->as.inner.child[i], 0, audit);
  }
}

/* Every rule of the tree, and that every node is in it, in a list, or fresh. */
static Audit auditTree(void) {
  Audit audit = {0, 0, 0};
  IndexRef root = (IndexRef)mutatorIndexHead.root;
  if (root != 0) {
    auditNode(root, 1, &audit);
    ck_assert_uint_eq(nodeOf(root)->total, audit.ranges);
  }
  return audit;
}

static size_t listLength(AtomicWord first) {
  size_t length = 0;
  for (; first != 0; first = nodeOf((IndexRef)first)->link)
    ++length;
  return length;
}

static void auditNodes(void) {
  Audit audit = auditTree();
  size_t listed = listLength(mutatorIndex.free);
  int i;
  for (i = 0; i < 4; ++i)
    listed += listLength(mutatorIndex.limbo[i]);
  ck_assert_uint_eq(audit.nodes + listed, mutatorIndex.fresh - 1);
}

/* one thread ----------------------------------------------------------------- */

static void *name(MutatorWord value) { return (void *)value; }

START_TEST(an_empty_index_finds_nothing) {
  MutatorWord base;
  ck_assert_ptr_null(mutatorIndexFind(5));
  setUp(10);
  ck_assert_ptr_null(mutatorIndexFind(0));
  ck_assert_ptr_null(mutatorIndexFind(~(MutatorWord)0));
  ck_assert_ptr_null(mutatorIndexNext(0, &base));
}
END_TEST

START_TEST(a_range_is_found_by_every_address_it_holds) {
  setUp(10);
  ck_assert_int_eq(mutatorIndexAdd(100, 200, name(1)), MutatorResOK);
  ck_assert_ptr_null(mutatorIndexFind(99));
  ck_assert_ptr_eq(mutatorIndexFind(100), name(1));
  ck_assert_ptr_eq(mutatorIndexFind(199), name(1));
  ck_assert_ptr_null(mutatorIndexFind(200));
}
END_TEST

START_TEST(both_ends_of_the_address_space) {
  MutatorWord top = ~(MutatorWord)0;
  setUp(10);
  ck_assert_int_eq(mutatorIndexAdd(0, 10, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexAdd(top - 10, top, name(2)), MutatorResOK);
  ck_assert_ptr_eq(mutatorIndexFind(0), name(1));
  ck_assert_ptr_eq(mutatorIndexFind(top - 1), name(2));
  ck_assert_ptr_null(mutatorIndexFind(top));
}
END_TEST

START_TEST(bad_arguments) {
  ck_assert_int_eq(mutatorIndexAdd(1, 2, name(1)), MutatorResSTATE);
  ck_assert_int_eq(mutatorIndexRemove(1, name(1)), MutatorResSTATE);
  setUp(10);
  ck_assert_int_eq(mutatorIndexAdd(5, 5, name(1)), MutatorResPARAM);
  ck_assert_int_eq(mutatorIndexAdd(6, 5, name(1)), MutatorResPARAM);
  ck_assert_int_eq(mutatorIndexAdd(5, 6, NULL), MutatorResPARAM);
  ck_assert_uint_eq(auditTree().ranges, 0);
}
END_TEST

START_TEST(ranges_must_not_overlap) {
  static const MutatorWord bad[][2] = {{100, 200}, {150, 160}, {50, 101}, {199, 250}, {50, 250}, {100, 101}, {90, 350}};
  size_t i;
  setUp(10);
  ck_assert_int_eq(mutatorIndexAdd(100, 200, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexAdd(300, 400, name(2)), MutatorResOK);
  for (i = 0; i < sizeof bad / sizeof bad[0]; ++i)
    ck_assert_int_eq(mutatorIndexAdd(bad[i][0], bad[i][1], name(3)), MutatorResPARAM);
  ck_assert_int_eq(mutatorIndexAdd(200, 300, name(3)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexAdd(99, 100, name(4)), MutatorResOK);
  ck_assert_uint_eq(auditTree().ranges, 4);
}
END_TEST

START_TEST(only_what_is_there_is_removed) {
  setUp(10);
  ck_assert_int_eq(mutatorIndexRemove(100, name(1)), MutatorResSTATE);
  ck_assert_int_eq(mutatorIndexAdd(100, 200, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexRemove(100, name(2)), MutatorResSTATE);
  ck_assert_int_eq(mutatorIndexRemove(150, name(1)), MutatorResSTATE);
  ck_assert_int_eq(mutatorIndexRemove(50, name(1)), MutatorResSTATE);
  ck_assert_int_eq(mutatorIndexRemove(100, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexRemove(100, name(1)), MutatorResSTATE);
  ck_assert_ptr_null(mutatorIndexFind(150));
  ck_assert_int_eq(mutatorIndexAdd(150, 160, name(2)), MutatorResOK);
}
END_TEST

START_TEST(next_is_the_one_that_holds_it_or_the_nearest_above) {
  MutatorWord base = 1, i;
  setUp(1000);
  for (i = 0; i < 1000; ++i)
    MUST(mutatorIndexAdd(i * 10, i * 10 + 5, name(i + 1)) == MutatorResOK);
  for (i = 0; i < 9995; ++i) {
    MutatorWord expected = (i + 5) / 10;
    MUST(mutatorIndexNext(i, &base) == name(expected + 1));
    MUST(base == expected * 10);
  }
  base = 77;
  MUST(mutatorIndexNext(9995, &base) == NULL);
  MUST(base == 77);
}
END_TEST

START_TEST(listing_from_anywhere_gives_all_in_order) {
  IndexRangeStruct range[7];
  MutatorWord i, from, at = 0;
  size_t count, listed = 0;
  setUp(1000);
  ck_assert_uint_eq(mutatorIndexList(0, range, 7), 0);
  for (i = 0; i < 1000; ++i)
    MUST(mutatorIndexAdd(i * 10, i * 10 + 5, name(i + 1)) == MutatorResOK);
  for (from = 0; (count = mutatorIndexList(from, range, 7)) > 0; from = range[count - 1].limit)
    for (i = 0; i < count; ++i, ++listed, at += 10)
      MUST(count <= 7 && range[i].base == at && range[i].limit == at + 5 && range[i].value == name(listed + 1));
  ck_assert_uint_eq(listed, 1000);
  MUST(mutatorIndexList(503, range, 1) == 1 && range[0].base == 500);
  MUST(mutatorIndexList(505, range, 1) == 1 && range[0].base == 510);
  MUST(mutatorIndexList(9995, range, 7) == 0);
}
END_TEST

START_TEST(as_many_ranges_as_asked_for_and_no_more) {
  MutatorWord i;
  setUp(1000);
  for (i = 0; i < 1000; ++i)
    ck_assert_int_eq(mutatorIndexAdd(i * 2, i * 2 + 1, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexAdd(i * 2, i * 2 + 1, name(1)), MutatorResLIMIT);
  ck_assert_int_eq(mutatorIndexRemove(0, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexAdd(i * 2, i * 2 + 1, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexAdd(0, 1, name(1)), MutatorResLIMIT);
  ck_assert_uint_eq(auditTree().ranges, 1000);
}
END_TEST

START_TEST(setup_again_keeps_the_index) {
  setUp(10);
  ck_assert_int_eq(mutatorIndexSetup(20), MutatorResOK);
  ck_assert_uint_eq(mutatorIndex.ranges, 20);
  ck_assert_int_eq(mutatorIndexAdd(100, 200, name(1)), MutatorResOK);
  ck_assert_int_eq(mutatorIndexSetup(30), MutatorResOK);
  ck_assert_uint_eq(mutatorIndex.ranges, 20);
  ck_assert_ptr_eq(mutatorIndexFind(150), name(1));
}
END_TEST

/* Filled and emptied from each end, which splits and joins at the edges only. */
static void fillAndEmpty(MutatorBool up, MutatorBool upAgain) {
  enum { RANGES = 50000 };
  MutatorWord i;
  for (i = 0; i < RANGES; ++i) {
    MutatorWord key = up ? i : RANGES - 1 - i;
    MUST(mutatorIndexAdd(key * 2, key * 2 + 1, name(key + 1)) == MutatorResOK);
  }
  MUST(auditTree().ranges == RANGES);
  MUST(nodeOf((IndexRef)mutatorIndexHead.root)->level <= 4);
  for (i = 0; i < RANGES; ++i) {
    MutatorWord key = upAgain ? i : RANGES - 1 - i;
    MUST(mutatorIndexRemove(key * 2, name(key + 1)) == MutatorResOK);
  }
  MUST(mutatorIndexHead.root == 0);
  auditNodes();
}

START_TEST(filled_and_emptied_in_order) {
  setUp(50000);
  fillAndEmpty(_i & 1, _i >> 1);
}
END_TEST

typedef struct Model {
  size_t cells;
  unsigned char *first; /* offset of the range in its cell, in 2 bytes; */
  unsigned char *size;  /* its size, in 2 bytes; 0 for none */
} Model;

static MutatorWord modelBase(const Model *model, size_t cell) { return cell * CELL + 2U * model->first[cell]; }

static void modelToggle(Model *model, size_t cell, uint64_t random) {
  if (model->size[cell] != 0) {
    MUST(mutatorIndexRemove(modelBase(model, cell), name(cell + 1)) == MutatorResOK);
    model->size[cell] = 0;
  } else {
    model->first[cell] = random % 64;
    model->size[cell] = 1 + (random >> 8) % 64;
    MUST(mutatorIndexAdd(modelBase(model, cell), modelBase(model, cell) + 2U * model->size[cell], name(cell + 1)) ==
         MutatorResOK);
  }
}

static void modelFind(const Model *model, MutatorWord address) {
  size_t cell = address / CELL;
  MutatorBool inside = address - modelBase(model, cell) < 2U * model->size[cell];
  MUST(mutatorIndexFind(address) == (inside ? name(cell + 1) : NULL));
}

/* The tree grows for a while and then shrinks, about `cells` changes each way. */
static void modelRun(size_t cells, size_t changes) {
  Model model = {cells, calloc(cells, 1), calloc(cells, 1)};
  uint64_t random = seed;
  size_t i;
  for (i = 0; i < changes; ++i) {
    size_t cell = randomWord(&random) % cells;
    MutatorBool grow = (i / cells) % 2 == 0;
    if ((model.size[cell] == 0) == grow || randomWord(&random) % 4 == 0)
      modelToggle(&model, cell, randomWord(&random));
    modelFind(&model, randomWord(&random) % (cells * CELL));
    if (i % (changes / 8) == 0)
      auditNodes();
  }
  auditNodes();
  for (i = 0; i < cells; ++i)
    if (model.size[i] != 0)
      modelToggle(&model, i, 0);
  ck_assert_uint_eq(mutatorIndexHead.root, 0);
  auditNodes();
  free(model.first);
  free(model.size);
}

/* Space is bounded whatever the changes: what half-full nodes need, and those of the last epochs. */
START_TEST(a_million_random_changes_agree_with_a_model) {
  static const size_t sizes[] = {1, 3, 25, 500, 20000};
  size_t cells = sizes[_i];
  setUp(cells);
  modelRun(cells, 1000000);
  ck_assert_uint_le(mutatorIndex.fresh, cells / INDEX_LEAF_MIN * INDEX_INNER_MIN / (INDEX_INNER_MIN - 1) + 100);
}
END_TEST

START_TEST(a_million_ranges) {
  enum { RANGES = 1000000 };
  MutatorWord i;
  setUp(RANGES);
  for (i = 0; i < RANGES; ++i) { /* 1,000,003 is prime, so every other key comes up once */
    MutatorWord key = (i + 1) * 387420489ULL % 1000003;
    MUST(mutatorIndexAdd(key * 4096, key * 4096 + 4096, name(key)) == MutatorResOK);
  }
  MUST(auditTree().ranges == RANGES);
  MUST(nodeOf((IndexRef)mutatorIndexHead.root)->level <= 4);
  for (i = 0; i < RANGES; ++i) {
    MutatorWord key = (i + 1) * 387420489ULL % 1000003;
    MUST(mutatorIndexFind(key * 4096 + i % 4096) == name(key));
  }
}
END_TEST

/* A reader that does not leave: its tree stays as it was, and when the nodes
 * are used up changes are refused, not waited for. */
START_TEST(a_reader_keeps_the_tree_it_has_seen) {
  enum { RANGES = 3000 };
  unsigned char *copy;
  MutatorWord i, changes;
  PinStruct pin;
  size_t bytes;
  setUp(RANGES + 1);
  for (i = 0; i < RANGES; ++i)
    MUST(mutatorIndexAdd(i * 2, i * 2 + 1, name(i + 1)) == MutatorResOK);

  mutatorPinEnter(&mutatorPinIndex, &pin);
  AtomicWord root = mutatorIndexHead.root;
  auditTree();
  bytes = mutatorIndex.fresh * sizeof(IndexNodeStruct);
  copy = malloc(bytes);
  memcpy(copy, mutatorIndex.nodes, bytes);
  for (changes = 0;; ++changes) {
    MutatorWord key = changes / 2 * 7 % RANGES;
    MutatorRes res = changes % 2 == 0 ? mutatorIndexRemove(key * 2, name(key + 1))
                                      : mutatorIndexAdd(key * 2, key * 2 + 1, name(key + 1));
    if (res == MutatorResLIMIT)
      break;
    MUST(res == MutatorResOK);
    MUST(changes < 1000000);
  }
  MUST(changes > 1300);
  auditTree();

  /* Nothing that the reader's root leads to has changed, but for the lists' links. */
  {
    AtomicWord now = mutatorIndexHead.root;
    Audit audit = {0, 0, 0};
    auditNode((IndexRef)root, 1, &audit);
    MUST(audit.ranges == RANGES);
    MUST(now != root);
    MUST(memcmp((unsigned char *)nodeOf((IndexRef)root) + sizeof(AtomicWord),
                copy + root * sizeof(IndexNodeStruct) + sizeof(AtomicWord),
                sizeof(IndexNodeStruct) - sizeof(AtomicWord)) == 0);
  }
  mutatorPinLeave(&mutatorPinIndex, &pin);
  MUST(mutatorIndexAdd(RANGES * 2, RANGES * 2 + 1, name(9)) == MutatorResOK);
  for (i = 0; i < 1000; ++i) {
    MUST(mutatorIndexRemove(RANGES * 2, name(9)) == MutatorResOK);
    MUST(mutatorIndexAdd(RANGES * 2, RANGES * 2 + 1, name(9)) == MutatorResOK);
  }
  auditNodes();
  free(copy);
}
END_TEST

/* A stay that began one epoch ago protects as well as one that began now. */
START_TEST(an_older_reader_is_protected_too) {
  PinStruct pin;
  MutatorWord i;
  setUp(10);
  ck_assert_int_eq(mutatorIndexAdd(100, 200, name(1)), MutatorResOK);
  mutatorPinEnter(&mutatorPinIndex, &pin);
  mutatorPinAdvance(&mutatorPinIndex);
  {
    IndexNode leaf = nodeOf((IndexRef)mutatorIndexHead.root);
    for (i = 0; i < 50; ++i) {
      ck_assert_int_eq(mutatorIndexAdd(300, 400, name(2)), MutatorResOK);
      ck_assert_uint_eq(leaf->count, 1);
      ck_assert_uint_eq(leaf->as.leaf.base[0], 100);
      ck_assert_int_eq(mutatorIndexRemove(300, name(2)), MutatorResOK);
      ck_assert_uint_eq(leaf->count, 1);
    }
  }
  mutatorPinLeave(&mutatorPinIndex, &pin);
}
END_TEST

/* many threads --------------------------------------------------------------- */

#define WRITERS 3
#define READERS 3
#define SHARED_CELLS 4000
#define THREAD_CHANGES 60000

static AtomicWord done;

/* Even cells hold a range for ever; odd ones come and go, each by the one writer it belongs to. */
static MutatorWord sharedBase(size_t cell) { return cell * CELL; }

static void addCell(size_t cell) {
  MutatorRes res;
  do {
    res = mutatorIndexAdd(sharedBase(cell), sharedBase(cell) + CELL, name(cell + 1));
  } while (res == MutatorResLIMIT);
  MUST(res == MutatorResOK);
}

static void removeCell(size_t cell) {
  MutatorRes res;
  do {
    res = mutatorIndexRemove(sharedBase(cell), name(cell + 1));
  } while (res == MutatorResLIMIT);
  MUST(res == MutatorResOK);
}

/* Another writer may recycle what an unpinned reader is looking at. */
static void *findPinned(MutatorWord address) {
  PinStruct pin;
  void *found;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  found = mutatorIndexFind(address);
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return found;
}

static void *writeCells(void *closure) {
  size_t writer = *(size_t *)closure;
  static _Thread_local unsigned char present[SHARED_CELLS];
  uint64_t random = seed + writer + 1;
  int i;
  for (i = 0; i < THREAD_CHANGES; ++i) {
    size_t cell = (randomWord(&random) % (SHARED_CELLS / 2 / WRITERS) * WRITERS + writer) * 2 + 1;
    MutatorWord address = sharedBase(cell) + randomWord(&random) % CELL;
    present[cell] ? removeCell(cell) : addCell(cell);
    present[cell] = !present[cell];
    MUST(findPinned(address) == (present[cell] ? name(cell + 1) : NULL));
  }
  for (i = 0; i < SHARED_CELLS; ++i)
    if (present[i])
      removeCell((size_t)i);
  return NULL;
}

static void *readCells(void *closure) {
  uint64_t random = seed + 1000 + *(size_t *)closure;
  while (!atomicLoad(&done)) {
    size_t cell = randomWord(&random) % SHARED_CELLS;
    MutatorWord base = 0;
    PinStruct pin;
    void *found, *next;
    mutatorPinEnter(&mutatorPinIndex, &pin);
    found = mutatorIndexFind(sharedBase(cell) + randomWord(&random) % CELL);
    next = mutatorIndexNext(sharedBase(cell) + 1, &base);
    mutatorPinLeave(&mutatorPinIndex, &pin);
    if (cell % 2 == 0 || found != NULL)
      MUST(found == name(cell + 1));
    if (cell % 2 == 0)
      MUST(base == sharedBase(cell));
    if (cell + 1 < SHARED_CELLS)
      MUST(next != NULL);
  }
  return NULL;
}

/* The sanitizer for threads watches this one as well. */
START_TEST(readers_and_writers_at_once) {
  pthread_t reader[READERS], writer[WRITERS];
  size_t number[WRITERS + READERS], i;
  setUp(SHARED_CELLS);
  for (i = 0; i < SHARED_CELLS; i += 2)
    addCell(i);
  for (i = 0; i < WRITERS + READERS; ++i)
    number[i] = i;
  for (i = 0; i < READERS; ++i)
    pthread_create(&reader[i], NULL, readCells, &number[i]);
  for (i = 0; i < WRITERS; ++i)
    pthread_create(&writer[i], NULL, writeCells, &number[i]);
  for (i = 0; i < WRITERS; ++i)
    pthread_join(writer[i], NULL);
  atomicStore(&done, 1);
  for (i = 0; i < READERS; ++i)
    pthread_join(reader[i], NULL);
  ck_assert_uint_eq(auditTree().ranges, SHARED_CELLS / 2);
  auditNodes();
}
END_TEST

/* All writers at one small leaf: every swap of the root is contended, and the
 * tree passes through empty. */
static void *writeOne(void *closure) {
  size_t cell = *(size_t *)closure;
  int i;
  for (i = 0; i < THREAD_CHANGES; ++i) {
    addCell(cell);
    MUST(findPinned(sharedBase(cell)) == name(cell + 1));
    removeCell(cell);
    MUST(findPinned(sharedBase(cell)) == NULL);
  }
  return NULL;
}

START_TEST(writers_in_one_leaf) {
  pthread_t writer[4];
  size_t number[4], i;
  setUp(4);
  for (i = 0; i < 4; ++i)
    number[i] = i;
  for (i = 0; i < 4; ++i)
    pthread_create(&writer[i], NULL, writeOne, &number[i]);
  for (i = 0; i < 4; ++i)
    pthread_join(writer[i], NULL);
  ck_assert_uint_eq(mutatorIndexHead.root, 0);
  auditNodes();
}
END_TEST

/* Exactly one of those who add the same range, or remove it, succeeds. */
static AtomicWord added, removed;

static void *compete(void *closure) {
  int i;
  for (i = 0; i < THREAD_CHANGES; ++i) {
    if (mutatorIndexAdd(100, 200, name(1)) == MutatorResOK)
      (void)atomicAdd(&added, 1);
    if (mutatorIndexRemove(100, name(1)) == MutatorResOK)
      (void)atomicAdd(&removed, 1);
  }
  return closure;
}

START_TEST(one_of_many_succeeds) {
  pthread_t thread[4];
  int i;
  setUp(4);
  for (i = 0; i < 4; ++i)
    pthread_create(&thread[i], NULL, compete, NULL);
  for (i = 0; i < 4; ++i)
    pthread_join(thread[i], NULL);
  ck_assert_uint_gt(added, 0);
  ck_assert_uint_eq(added - removed, auditTree().ranges);
  auditNodes();
}
END_TEST

/* A reader in another thread keeps nodes from being recycled; in a forked child it is gone. */
static void *enterAndStay(void *pin) {
  mutatorPinEnter(&mutatorPinIndex, pin);
  return NULL;
}

START_TEST(a_forked_child_recycles) {
  pthread_t thread;
  PinStruct pin;
  int i;
  setUp(4);
  pthread_create(&thread, NULL, enterAndStay, &pin);
  pthread_join(thread, NULL);
  mutatorIndexForked();
  for (i = 0; i < 100000; ++i) {
    MUST(mutatorIndexAdd(100, 200, name(1)) == MutatorResOK);
    MUST(mutatorIndexRemove(100, name(1)) == MutatorResOK);
  }
  MUST(mutatorIndex.fresh < 100);
}
END_TEST

static TCase *oneThread(void) {
  TCase *tests = tcase_create("one thread");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, an_empty_index_finds_nothing);
  tcase_add_test(tests, a_range_is_found_by_every_address_it_holds);
  tcase_add_test(tests, both_ends_of_the_address_space);
  tcase_add_test(tests, bad_arguments);
  tcase_add_test(tests, ranges_must_not_overlap);
  tcase_add_test(tests, only_what_is_there_is_removed);
  tcase_add_test(tests, next_is_the_one_that_holds_it_or_the_nearest_above);
  tcase_add_test(tests, listing_from_anywhere_gives_all_in_order);
  tcase_add_test(tests, as_many_ranges_as_asked_for_and_no_more);
  tcase_add_test(tests, setup_again_keeps_the_index);
  tcase_add_loop_test(tests, filled_and_emptied_in_order, 0, 4);
  tcase_add_loop_test(tests, a_million_random_changes_agree_with_a_model, 0, 5);
  tcase_add_test(tests, a_million_ranges);
  tcase_add_test(tests, a_reader_keeps_the_tree_it_has_seen);
  tcase_add_test(tests, an_older_reader_is_protected_too);
  return tests;
}

static TCase *manyThreads(void) {
  TCase *tests = tcase_create("many threads");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, readers_and_writers_at_once);
  tcase_add_test(tests, writers_in_one_leaf);
  tcase_add_test(tests, one_of_many_succeeds);
  tcase_add_test(tests, a_forked_child_recycles);
  return tests;
}

int main(void) {
  Suite *suite = suite_create("index");

  chooseSeed();
  suite_add_tcase(suite, oneThread());
  suite_add_tcase(suite, manyThreads());
  return unitRun(suite);
}
