/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/boehm.c -- Boehm's collector, incremental by write protection, and we (F2)
 *
 * boehm ORDER [crash]
 *
 * It protects its heap and takes a fault for the first store into each page;
 * it stops the other threads by signals and looks for references on their
 * stacks.  Two threads build and change trees and check every node while two
 * take steps in our page, whose callback stores into the collector's heap: a
 * fault inside our handler that is the collector's.
 *
 * theirs-first  we are in front
 * ours-first    the collector is in front, and calls us for what is not its own.
 *               It does so with SIGSEGV blocked, so our callback must not fault
 * glued         the same, with neighbourGlue in front, so that it may
 * alone         without us, for comparison
 *
 * The collector looks for references between a thread's stack pointer and the
 * end of the thread's own stack, so no thread that it knows may be found on an
 * alternate stack: MutatorFaultStackRemove.
 */

#define GC_THREADS
#include <gc/gc.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "neighbour.h"
#include "watch.h"

#define DEPTH 12
#define TREES 100
#define KEPT 8
#define USERS 2
#define BUILDERS 2

static MutatorBool alone, stores;          /* stores: our callback stores into the collector's heap */
static volatile unsigned long unprotected; /* pages or runs that the collector opened */
static volatile int building;

/* The collector's calls come here: it makes memory writable when a store faulted. */
int mprotect(void *base, size_t size, int protection) {
  if ((protection & PROT_WRITE) != 0)
    (void)__atomic_add_fetch(&unprotected, 1, __ATOMIC_RELAXED);
  return (int)syscall(SYS_mprotect, base, size, protection);
}

/* the allocation test ------------------------------------------------------------- */

typedef struct NodeStruct *Node;
typedef struct NodeStruct {
  Node left, right;
  uint64_t key, check;
} NodeStruct;

static uint64_t mix(uint64_t key) { return (key ^ (key >> 29)) * UINT64_C(0xbf58476d1ce4e5b9) + 1; }

static Node build(unsigned depth, uint64_t key) {
  Node node = GC_MALLOC(sizeof *node);
  NEIGHBOUR_CHECK(node != NULL, "GC_MALLOC");
  node->key = key;
  node->check = mix(key);
  if (depth > 0) {
    node->left = build(depth - 1, 2 * key);
    node->right = build(depth - 1, 2 * key + 1);
  }
  return node;
}

static unsigned long verify(Node node, unsigned depth, uint64_t key) {
  NEIGHBOUR_CHECK(node != NULL && node->key == key && node->check == mix(key), "the node %llu",
                  (unsigned long long)key);
  if (depth == 0)
    return 1;
  return 1 + verify(node->left, depth - 1, 2 * key) + verify(node->right, depth - 1, 2 * key + 1);
}

/* Replace a subtree: a store into an old page. */
static void change(Node root, unsigned depth, uint64_t path) {
  Node node = root;
  unsigned level;
  for (level = 0; level + 4 < depth; ++level)
    node = (path >> level & 1) != 0 ? node->right : node->left;
  node->left = build(depth - level - 1, 2 * node->key);
}

static void *builder(void *argument) {
  Node kept[KEPT] = {NULL};
  unsigned i;
  for (i = 0; i < TREES; ++i) {
    const unsigned slot = i % KEPT;
    if (kept[slot] != NULL)
      NEIGHBOUR_CHECK(verify(kept[slot], DEPTH, slot + 1) == (2ul << DEPTH) - 1, "the nodes of a tree");
    kept[slot] = build(DEPTH, slot + 1);
    change(kept[(i * 3) % (i < KEPT ? i + 1 : KEPT)], DEPTH, i * UINT64_C(0x9e3779b9));
  }
  for (i = 0; i < KEPT; ++i)
    NEIGHBOUR_CHECK(verify(kept[i], DEPTH, i + 1) == (2ul << DEPTH) - 1, "the nodes of a tree, at the end");
  (void)__atomic_sub_fetch(&building, 1, __ATOMIC_ACQ_REL);
  return argument;
}

/* ours ------------------------------------------------------------------------------ */

static unsigned long *volatile counts; /* in the collector's heap: our callback adds to it */

static void countInHeap(void) { (void)__atomic_add_fetch(&counts[0], 1, __ATOMIC_RELAXED); }

/* While it steps, this thread's stack alone holds a list. */
static void *user(void *argument) {
  const unsigned slot = (unsigned)(uintptr_t)argument;
  uint64_t key = 1;
  while (building > 0) {
    Node list = build(4, key);
    if (!alone)
      neighbourUse(slot, 64);
    NEIGHBOUR_CHECK(verify(list, 4, key) == 31, "the list of a thread that steps");
    ++key;
  }
  return argument;
}

static void together(void) {
  pthread_t threads[USERS + BUILDERS];
  size_t i;
  building = BUILDERS;
  for (i = 0; i < USERS + BUILDERS; ++i)
    NEIGHBOUR_CHECK(pthread_create(&threads[i], NULL, i < USERS ? user : builder, (void *)(uintptr_t)i) == 0, "thread");
  /* This thread as well: it had an alternate stack. */
  while (building > 0)
    if (!alone)
      neighbourUse(USERS, 16);
    else
      (void)usleep(1000);
  for (i = 0; i < USERS + BUILDERS; ++i)
    (void)pthread_join(threads[i], NULL);
}

/* theirs ---------------------------------------------------------------------------- */

static void theirSetup(void) {
  (void)setenv("GC_USE_GETWRITEWATCH", "0", 1); /* mprotect, even where the kernel has dirty bits */
  GC_INIT();
  GC_allow_register_threads();
  GC_enable_incremental();
  NEIGHBOUR_CHECK(GC_is_incremental_mode() && GC_incremental_protection_needs() != GC_PROTECTS_NONE,
                  "the collector protects its heap");
}

static void ourSetup(void) {
  neighbourSetup();
  NEIGHBOUR_CHECK(MutatorFaultStackRemove() == MutatorResOK, "the alternate stack that set-up gave");
}

static void setup(const char *order) {
  stores = 1;
  if (strcmp(order, "ours-first") == 0 || strcmp(order, "glued") == 0) {
    ourSetup();
    theirSetup();
    NEIGHBOUR_CHECK(!neighbourOnTop(), "the collector is in front");
    stores = strcmp(order, "glued") == 0;
    if (stores)
      neighbourGlue();
  } else if (strcmp(order, "theirs-first") == 0) {
    theirSetup();
    ourSetup();
    NEIGHBOUR_CHECK(neighbourOnTop(), "we are in front");
    NEIGHBOUR_CHECK(MutatorFaultStackRemove() == MutatorResOK, "the alternate stack that set-up gave");
  } else {
    NEIGHBOUR_CHECK(strcmp(order, "alone") == 0, "an order, not %s", order);
    theirSetup();
    stores = 0;
  }
}

/* Behind nobody, the collector ends the process itself when a fault is not its own. */
int main(int argc, char **argv) {
  MutatorBool behind;
  NEIGHBOUR_CHECK(argc >= 2, "usage: boehm ORDER [crash]");
  alone = strcmp(argv[1], "alone") == 0;
  behind = strcmp(argv[1], "ours-first") == 0 || strcmp(argv[1], "glued") == 0;
  setup(argv[1]);
  counts = GC_MALLOC(sizeof *counts);
  if (!alone)
    neighbourOpen();
  if (stores)
    neighbourInCallback = countInHeap;
  if (argc > 2)
    neighbourCrash();
  unprotected = 0;
  together();
  NEIGHBOUR_CHECK(counts[0] == (stores ? neighbourSteps() : 0), "%lu counted in the collector's heap, %lu steps",
                  counts[0], neighbourSteps());
  NEIGHBOUR_CHECK(GC_get_gc_no() >= 3, "%lu collections", (unsigned long)GC_get_gc_no());
  NEIGHBOUR_CHECK(unprotected >= 100, "the collector handled %lu faults", unprotected);
  if (strcmp(argv[1], "theirs-first") == 0)
    NEIGHBOUR_CHECK(neighbourForwarded() >= 100, "%lu of them through our hook", neighbourForwarded());
  watchCrashes(argv[1], behind ? SIGSEGV : SIGABRT, behind, behind ? NULL : "segmentation fault at 0x%A");
  (void)printf("%lu collections, %lu of their faults, %lu steps of ours\n", (unsigned long)GC_get_gc_no(), unprotected,
               neighbourSteps());
  return 0;
}
