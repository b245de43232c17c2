/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weak_table_policy.h"
#include "weak_table_system.h"

#define RING_SHARE 4 /* all rings together have a slot for every fourth entry */
#define FREE_SLICE 4 /* dead words freed between two words */

/* ---- Set-up ---- */

static bool refused(const char *what, MutatorRes res) {
  if (res == MutatorResOK)
    return false;
  fprintf(stderr, "weak_table: %s: %s\n", what, MutatorResName(res));
  return true;
}

/* At most half of the slots are ever used, so that a probe is short; this
 * table never lives long enough to need rehashing. */
static size_t tableCapacity(size_t entries) {
  size_t capacity = 1024;
  while (capacity < entries * 2)
    capacity *= 2;
  return capacity;
}

/* Have the system give the pages now, in both mappings, so that no pause is its doing. */
static void touchTable(Collector *collector) {
  for (size_t i = 0; i < collector->capacity; i++) {
    atomic_store_explicit(&collector->alias[i], SlotEMPTY, memory_order_relaxed);
    atomic_store_explicit(&collector->table[i], SlotEMPTY, memory_order_relaxed);
  }
}

static bool createTable(Collector *collector, size_t entries) {
  void *alias;
  collector->capacity = tableCapacity(entries);
  collector->bytes = collector->capacity * sizeof(Slot);
  if (refused("MutatorWindowCreate",
              MutatorWindowCreate(&collector->window, collector->bytes, MutatorWindowForkREFUSE)))
    return false;
  char *base = MutatorWindowBase(&collector->window);
  if (refused("MutatorWindowAlias", MutatorWindowAlias(&collector->window, base, collector->bytes, &alias)))
    return false;
  collector->table = (Slot *)(void *)base;
  collector->alias = alias;
  touchTable(collector);
  if (collector->policy == PolicyNONE)
    return true;
  void *limit = base + MutatorWindowSize(&collector->window);
  return !refused("MutatorFaultRangeAdd",
                  MutatorFaultRangeAdd(&collector->range, base, limit, policyFault, collector, &collector->window));
}

static bool createWorker(Collector *collector, unsigned index, size_t entries) {
  Worker *worker = &collector->workers[index];
  worker->collector = collector;
  worker->ringSize = entries / RING_SHARE / collector->threads + 1;
  worker->ring = calloc(worker->ringSize, sizeof *worker->ring);
  worker->shareBase = collector->capacity * index / collector->threads;
  worker->share = collector->capacity * (index + 1) / collector->threads - worker->shareBase;
  return worker->ring != NULL;
}

bool collectorCreate(Collector *collector, Policy policy, unsigned threads, size_t entries, size_t budget) {
  memset(collector, 0, sizeof *collector);
  collector->policy = policy;
  collector->threads = threads;
  collector->budget = budget;
  collector->cycle = 1;
  pthread_mutex_init(&collector->insertion, NULL);
  collector->workers = calloc(threads, sizeof *collector->workers);
  if (collector->workers == NULL || !createTable(collector, entries))
    return false;
  for (unsigned i = 0; i < threads; i++)
    if (!createWorker(collector, i, entries))
      return false;
  return true;
}

/* ---- Marking, sweeping, freeing ---- */

static bool isMarked(const Collector *collector, Word *word) {
  return atomic_load_explicit(&word->mark, memory_order_relaxed) == collector->cycle;
}

void collectorMark(Collector *collector, Word *word) {
  if (!isMarked(collector, word))
    atomic_store_explicit(&word->mark, collector->cycle, memory_order_relaxed);
}

/* Read an entry through the alias, with the word it refers to.
 *
 * To C and to thread sanitizers the alias is other memory than the table, so
 * that an entry was published there does not order its word's fields before
 * us.  The heap's size does: it was changed after the word was made and before
 * it was published. */
uintptr_t collectorRead(Collector *collector, Slot *slot) {
  uintptr_t value = atomic_load_explicit(slot, memory_order_acquire);
  (void)atomic_load_explicit(&collector->heap, memory_order_acquire);
  return value;
}

/* Two threads may meet at a slot (a sweeping slice and a fault): the one that
 * swaps the word out has it in its list, once.  It cannot come back as another
 * word at the same address meanwhile, since nothing is freed in this phase. */
void collectorSweepSlot(Worker *worker, Slot *slot) {
  uintptr_t value = collectorRead(worker->collector, slot);
  if (!slotHoldsWord(value))
    return;
  Word *word = (Word *)value;
  if (isMarked(worker->collector, word))
    return;
  if (!atomic_compare_exchange_strong(slot, &value, SlotDELETED))
    return;
  word->next = worker->dead;
  worker->dead = word;
}

static size_t wordSize(const Word *word) { return sizeof *word + word->length + 1; }

static void freeDead(Worker *worker, size_t limit) {
  for (size_t i = 0; i < limit && worker->dead != NULL; i++) {
    Word *word = worker->dead;
    worker->dead = word->next;
    atomic_fetch_sub_explicit(&worker->collector->heap, wordSize(word), memory_order_relaxed);
    free(word);
  }
}

Word *collectorAllocate(Collector *collector, const char *text, size_t length, uint64_t hash) {
  Word *word = malloc(sizeof *word + length + 1);
  if (word == NULL)
    return NULL;
  atomic_store_explicit(&word->mark, collector->cycle, memory_order_relaxed);
  word->length = (unsigned)length;
  word->hash = hash;
  word->next = NULL;
  memcpy(word->text, text, length);
  word->text[length] = '\0';
  size_t heap = atomic_fetch_add_explicit(&collector->heap, wordSize(word), memory_order_release) + wordSize(word);
  if (heap > collector->heapPeak)
    collector->heapPeak = heap;
  return word;
}

/* ---- Roots ---- */

void collectorRemember(Worker *worker, Word *word) {
  worker->ring[worker->ringNext] = word;
  if (++worker->ringNext == worker->ringSize)
    worker->ringNext = 0;
}

static void traceRing(Worker *worker, size_t limit) {
  for (; worker->sliceDone < limit; worker->sliceDone++) {
    Word *word = worker->ring[worker->sliceDone];
    if (word != NULL)
      collectorMark(worker->collector, word);
  }
}

static void sweepShare(Worker *worker, size_t limit) {
  for (; worker->sliceDone < limit; worker->sliceDone++) {
    Slot *slot = &worker->collector->alias[worker->shareBase + worker->sliceDone];
    if (!slotHoldsWord(atomic_load_explicit(slot, memory_order_relaxed)))
      continue;
    worker->swept++;
    collectorSweepSlot(worker, slot);
  }
}

/* ---- Phases ---- */

/* The reference: everything at once, nothing protected. */
static void collectStopped(Collector *collector) {
  for (unsigned i = 0; i < collector->threads; i++) {
    collector->workers[i].sliceDone = 0;
    traceRing(&collector->workers[i], collector->workers[i].ringSize);
  }
  for (unsigned i = 0; i < collector->threads; i++) {
    Worker *worker = &collector->workers[i];
    worker->sliceDone = 0;
    sweepShare(worker, worker->share);
    freeDead(worker, SIZE_MAX);
  }
}

static void beginPhase(Collector *collector, Phase phase) {
  if (phase == PhaseTRACE)
    collector->cycle++; /* nothing is marked any more */
  if (collector->policy == PolicyNONE) {
    if (phase == PhaseTRACE)
      collectStopped(collector);
    return;
  }
  collector->phase = phase;
  if (phase == PhaseTRACE)
    policyClose(collector);
  if (phase == PhaseIDLE)
    policyOpen(collector);
}

/* The invariant, put to the test. */
static void checkRings(Collector *collector) {
  for (unsigned i = 0; i < collector->threads; i++) {
    const Worker *worker = &collector->workers[i];
    for (size_t j = 0; j < worker->ringSize; j++)
      if (worker->ring[j] != NULL && !isMarked(collector, worker->ring[j]))
        collector->lost++;
  }
}

void collectorBegin(Worker *worker, Phase phase) {
  Collector *collector = worker->collector;
  if (phase == PhaseSWEEP && collector->policy != PolicyNONE)
    checkRings(collector);
  pauseStamp(&worker->pauses);
  uint64_t begin = pauseNow();
  beginPhase(collector, phase);
  for (unsigned i = 0; i < collector->threads; i++)
    collector->workers[i].sliceDone = 0;
  pauseEnd(&worker->pauses, PauseSTOP, begin);
}

/* A table that a fault has opened holds nothing that is not marked: no need to sweep. */
void collectorPoll(Worker *worker, size_t done, size_t words) {
  Phase phase = worker->collector->phase;
  if (phase == PhaseIDLE && worker->dead == NULL)
    return;
  pauseStamp(&worker->pauses);
  uint64_t begin = pauseNow();
  if (phase == PhaseIDLE)
    freeDead(worker, FREE_SLICE);
  if (phase == PhaseTRACE)
    traceRing(worker, worker->ringSize * done / words);
  if (phase == PhaseSWEEP && !policyIsOpen(worker->collector))
    sweepShare(worker, worker->share * done / words);
  pauseEnd(&worker->pauses, PauseSLICE, begin);
}

void collectorProtect(Collector *collector, bool open) {
  atomic_fetch_add_explicit(&collector->protections, 1, memory_order_relaxed);
  if (!systemProtect(collector->table, MutatorWindowSize(&collector->window), open))
    atomic_store_explicit(&collector->failed, true, memory_order_relaxed);
}

/* ---- The end ---- */

size_t collectorCountDead(Collector *collector, size_t *entriesReturn) {
  size_t dead = 0, entries = 0;
  collector->cycle++;
  for (unsigned i = 0; i < collector->threads; i++) {
    collector->workers[i].sliceDone = 0;
    traceRing(&collector->workers[i], collector->workers[i].ringSize);
  }
  for (size_t i = 0; i < collector->capacity; i++) {
    uintptr_t value = atomic_load_explicit(&collector->alias[i], memory_order_relaxed);
    if (!slotHoldsWord(value))
      continue;
    entries++;
    if (!isMarked(collector, (Word *)value))
      dead++;
  }
  *entriesReturn = entries;
  return dead;
}

static void freeTable(Collector *collector) {
  for (size_t i = 0; i < collector->capacity; i++) {
    uintptr_t value = atomic_load_explicit(&collector->alias[i], memory_order_relaxed);
    if (slotHoldsWord(value))
      free((Word *)value);
  }
}

/* No more faults are served, and no thread is left in the callback. */
static bool detach(Collector *collector) {
  if (collector->policy == PolicyNONE || !MutatorWindowCheck(&collector->window))
    return true;
  bool good = !refused("MutatorFaultRangeRemove", MutatorFaultRangeRemove(&collector->range));
  return !refused("MutatorFaultQuiesce", MutatorFaultQuiesce(1000)) && good;
}

static void destroyWorkers(Collector *collector) {
  for (unsigned i = 0; collector->workers != NULL && i < collector->threads; i++) {
    freeDead(&collector->workers[i], SIZE_MAX);
    free(collector->workers[i].ring);
  }
  free(collector->workers);
}

bool collectorDestroy(Collector *collector) {
  bool good = detach(collector) && !atomic_load(&collector->failed);
  destroyWorkers(collector);
  pthread_mutex_destroy(&collector->insertion);
  if (collector->alias != NULL)
    freeTable(collector);
  if (MutatorWindowCheck(&collector->window))
    good = !refused("MutatorWindowDestroy", MutatorWindowDestroy(&collector->window)) && good;
  return good;
}
