/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_mutator.h"

#include <string.h>

static bool isWord(const Word *word, const char *text, size_t length, uint64_t hash) {
  return word->hash == hash && word->length == length && memcmp(word->text, text, length) == 0;
}

/* The loads of table[i] are plain MOVs, and they are what faults while the
 * collector protects the table.
 *
 * freeReturn  receives where the word would go: the first slot that was deleted, or the empty one */
static Word *probe(Worker *worker, const char *text, size_t length, uint64_t hash, Slot **freeReturn) {
  Slot *table = worker->collector->table;
  size_t mask = worker->collector->capacity - 1;
  Slot *vacant = NULL;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    worker->accesses++;
    uintptr_t value = atomic_load_explicit(&table[i], memory_order_acquire);
    if (slotHoldsWord(value)) {
      if (isWord((Word *)value, text, length, hash))
        return (Word *)value;
      continue;
    }
    if (vacant == NULL)
      vacant = &table[i];
    if (value == SlotEMPTY)
      break;
  }
  *freeReturn = vacant;
  return NULL;
}

/* Under the lock, look again: another thread may have come first. */
static Word *insert(Worker *worker, const char *text, size_t length, uint64_t hash) {
  Slot *slot;
  Word *word = probe(worker, text, length, hash, &slot);
  if (word != NULL)
    return word;
  word = collectorAllocate(worker->collector, text, length, hash);
  if (word == NULL)
    return NULL;
  worker->accesses++;
  atomic_store_explicit(slot, (uintptr_t)word, memory_order_release);
  return word;
}

Word *intern(Worker *worker, const char *text, size_t length, uint64_t hash) {
  Slot *slot;
  Word *word = probe(worker, text, length, hash, &slot);
  if (word == NULL) {
    pthread_mutex_lock(&worker->collector->insertion);
    word = insert(worker, text, length, hash);
    pthread_mutex_unlock(&worker->collector->insertion);
  }
  if (word != NULL)
    collectorRemember(worker, word);
  return word;
}
