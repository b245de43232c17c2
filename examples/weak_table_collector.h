/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_collector.h -- a small incremental collector for a heap of interned words
 *
 * What is modelled:
 *
 *   objects   interned words (Word), each with a mark
 *   roots     each worker's ring of the words it used lately: a word that has
 *             dropped out of every ring is dead
 *   table     a hash table of references to words.  It is weak: to be in the
 *             table keeps no word alive, and dead words are taken out
 *   workers   the mutator's threads.  They stop only between two words, at
 *             rendezvous (safepoints), where they hold no reference but
 *             those in their rings
 *
 * A cycle of the collector has three phases, which begin at a rendezvous:
 *
 *   IDLE   the table is open.  Workers also free the dead of the last cycle
 *   TRACE  the table is protected.  Workers run, and between words each marks
 *          a little of its own ring
 *   SWEEP  the table is still protected.  Workers run, and between words each
 *          takes a few dead words out of its share of the table
 *
 * The invariant.  While the table is protected, a worker gets hold of no word
 * that the collector may take for dead:
 *
 *   - what was in its ring when TRACE began is marked, slice by slice.  A
 *     word that drops out before its slice came needs no mark: nobody copies
 *     references from ring to ring, so whoever else has it has it marked on
 *     another account;
 *   - a word read from the table is marked before the worker has it.  The
 *     protection is what makes us see that read (weak_table_policy.c);
 *   - a new word is marked from birth;
 *   - so when SWEEP begins every word in a ring is marked.  In SWEEP what is
 *     not marked is dead, and a read of it finds it already taken out;
 *   - memory is freed only after a rendezvous that follows the sweep, when no
 *     callback and no slice can still be looking at a dead word.
 */

#ifndef WEAK_TABLE_COLLECTOR_H
#define WEAK_TABLE_COLLECTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mutator.h>

#include "weak_table_pause.h"

/* Policy -- what the collector does about a mutator that uses the table during a cycle */
typedef enum Policy {
  PolicyNONE, /* no protection: the whole cycle happens with all threads stopped */
  PolicyOPEN, /* at a fault open the table, after scanning all of it as if it were strong */
  PolicySTEP, /* at a fault resolve the entry that is wanted, and step that one access */
  PolicyLIMIT
} Policy;

typedef enum Phase { PhaseIDLE, PhaseTRACE, PhaseSWEEP, PhaseLIMIT } Phase;

/* Word -- an interned word, the only kind of object */
typedef struct Word {
  atomic_uint mark; /* the last cycle that found it reachable */
  unsigned length;
  uint64_t hash;
  struct Word *next; /* in a list of dead words */
  char text[];
} Word;

/* Slot -- an entry of the table: a reference to a word, or one of two marks
 *
 * A single word, read and written by plain loads and stores: what the library
 * steps.  That a store is never a LOCK CMPXCHG is the insertion lock's doing. */
typedef atomic_uintptr_t Slot;

enum { SlotEMPTY = 0, SlotDELETED = 1 };

static inline bool slotHoldsWord(uintptr_t value) { return value > SlotDELETED; }

typedef struct Collector Collector;

/* Worker -- a mutator thread, as the collector knows it; written by that thread only */
typedef struct Worker {
  Collector *collector;
  Word **ring; /* its roots */
  size_t ringSize, ringNext;
  size_t sliceDone;        /* of this phase's share: ring slots traced, or table slots swept */
  size_t shareBase, share; /* which table slots it sweeps */
  Word *dead;              /* taken out of the table, not yet freed */
  uint64_t accesses;       /* to the table */
  uint64_t scanned;        /* entries looked at to answer a fault */
  uint64_t swept;          /* entries looked at by the sweep */
  Pauses pauses;
  char apart[64]; /* keeps two threads' counters off one cache line */
} Worker;

struct Collector {
  Policy policy;
  Phase phase;    /* changes only while all threads are stopped */
  unsigned cycle; /* likewise; words with this mark are reachable */

  Slot *table;               /* as the mutator sees it */
  Slot *alias;               /* the same memory, never protected */
  size_t capacity, bytes;    /* slots, a power of two; bytes of all of them */
  atomic_int gate;           /* may the mutator get at the table? a Gate in weak_table_policy.c */
  size_t budget;             /* steps in a cycle; then open the table after all.  0: no limit */
  atomic_size_t steps;       /* in this cycle */
  atomic_size_t exhausted;   /* cycles that ran out of budget */
  atomic_size_t protections; /* calls of systemProtect */
  atomic_bool failed;        /* a call that must not fail did */
  size_t lost;               /* words in rings that the sweep would take for dead: must stay 0 */

  pthread_mutex_t insertion; /* who holds it may fault, so no callback takes it */
  atomic_size_t heap;        /* bytes of words, live and dead; see collectorRead */
  size_t heapPeak;           /* guarded by `insertion` */

  Worker *workers;
  unsigned threads;
  MutatorWindowStruct window;
  MutatorFaultRangeStruct range;
};

/* The window, the range, the rings.  False, with a message, if the system or the library refuses. */
bool collectorCreate(Collector *collector, Policy policy, unsigned threads, size_t entries, size_t budget);
bool collectorDestroy(Collector *collector);

/* With all threads stopped, by one of them: begin a phase. */
void collectorBegin(Worker *worker, Phase phase);

/* Between two words: `done` of `words` of this phase are behind this worker; do as large a part of its share. */
void collectorPoll(Worker *worker, size_t done, size_t words);

/* A new word, marked.  Under the insertion lock. */
Word *collectorAllocate(Collector *collector, const char *text, size_t length, uint64_t hash);

/* Make a word this worker's latest root; its oldest is forgotten. */
void collectorRemember(Worker *worker, Word *word);

/* With all threads stopped: how many of the table's entries no root reaches. */
size_t collectorCountDead(Collector *collector, size_t *entriesReturn);

/* What the policies share with the phases.  Async-signal-safe. */
uintptr_t collectorRead(Collector *collector, Slot *slot);
void collectorMark(Collector *collector, Word *word);
void collectorSweepSlot(Worker *worker, Slot *slot);
void collectorProtect(Collector *collector, bool open);

#endif
