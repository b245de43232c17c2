/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_worker.h"

#include <string.h>

#include "weak_table_mutator.h"
#include "weak_table_policy.h"

#define BLOCK 16 /* threads take turns at this many positions */

/* A cycle of the collector, in sixteenths of its words: open, being traced, being swept. */
#define CYCLE 16
static const size_t phaseEnd[PhaseLIMIT] = {[PhaseIDLE] = 14, [PhaseTRACE] = 15, [PhaseSWEEP] = 16};

/* ---- Checking what intern returns ---- */

/* One word has one reference: whoever interned it earlier in this phase, which
 * frees nothing that was seen in it, must have got the same.  The reference
 * and the phase's number share 64 bits, so that the exchange is one step. */
#define PHASE_SHIFT 48

static void checkWord(WorkerRun *part, size_t id, size_t phase, const char *text, size_t length, const Word *word) {
  if (word->length != length || memcmp(word->text, text, length) != 0)
    part->mismatches++;
  uint64_t tag = (uint64_t)(phase & 0xffff) << PHASE_SHIFT;
  uint64_t before = atomic_exchange_explicit(&part->run->seen[id], (uintptr_t)word | tag, memory_order_relaxed);
  if (before == 0) {
    part->words++;
    part->wordsDigest += wordsMix(wordsHash(word->text, word->length, 0), 0);
  } else if (before >> PHASE_SHIFT == tag >> PHASE_SHIFT && before != ((uintptr_t)word | tag)) {
    part->mismatches++;
  }
}

/* ---- A worker ---- */

static bool lookUp(WorkerRun *part, size_t position, size_t phase) {
  const RunPlan *plan = part->run->plan;
  char text[WORD_BUFFER];
  size_t id = streamWord(&plan->stream, position);
  size_t length = wordsSpell(plan->vocabulary, id, text);
  const Word *word = intern(part->worker, text, length, wordsHash(text, length, plan->stream.seed));
  if (word == NULL)
    return false;
  checkWord(part, id, phase, text, length, word);
  part->lookupsDigest += wordsMix(wordsHash(word->text, word->length, 0), position);
  atomic_fetch_add_explicit(&part->lookups, 1, memory_order_relaxed);
  return true;
}

static size_t blockCount(const RunPlan *plan) { return (plan->stream.length + BLOCK - 1) / BLOCK; }

/* The first block of a phase; `phase` counts all phases of the run.
 * The same in every run: phases are made of words, not of time. */
static size_t phaseBlock(const RunPlan *plan, size_t phase) {
  size_t cycle = phase / PhaseLIMIT, inner = phase % PhaseLIMIT;
  size_t sixteenths = cycle * CYCLE + (inner == 0 ? 0 : phaseEnd[inner - 1]);
  return blockCount(plan) * sixteenths / (plan->phases * CYCLE);
}

/* This thread's blocks among those below `limit` */
static size_t blocksBelow(const WorkerRun *part, size_t limit) {
  unsigned threads = part->run->plan->threads;
  return (limit + threads - 1 - part->index) / threads;
}

/* Between two words the thread holds no reference but those in its ring: there
 * it does a slice of the collector's work. */
static void lookUpBlock(WorkerRun *part, size_t block, size_t phase, size_t *done, size_t words) {
  const RunPlan *plan = part->run->plan;
  size_t limit = (block + 1) * BLOCK < plan->stream.length ? (block + 1) * BLOCK : plan->stream.length;
  for (size_t position = block * BLOCK; position < limit; position++) {
    if (!lookUp(part, position, phase))
      atomic_store(&part->run->failed, true);
    collectorPoll(part->worker, ++*done, words);
  }
}

static void runPhase(WorkerRun *part, size_t phase) {
  size_t first = blocksBelow(part, phaseBlock(part->run->plan, phase));
  size_t limit = blocksBelow(part, phaseBlock(part->run->plan, phase + 1));
  size_t done = 0;
  uint64_t begin = pauseProcessor();
  pauseStamp(&part->worker->pauses);
  for (size_t i = first; i < limit && !atomic_load(&part->run->failed); i++)
    lookUpBlock(part, i * part->run->plan->threads + part->index, phase, &done, (limit - first) * BLOCK);
  collectorPoll(part->worker, 1, 1);
  if (phase % PhaseLIMIT != PhaseIDLE)
    part->protectedTime += pauseProcessor() - begin;
}

/* All threads meet, one of them begins the next phase, all go on. */
static void rendezvous(WorkerRun *part, size_t nextPhase) {
  if (pthread_barrier_wait(&part->run->rendezvous) == PTHREAD_BARRIER_SERIAL_THREAD)
    collectorBegin(part->worker, (Phase)(nextPhase % PhaseLIMIT));
  pthread_barrier_wait(&part->run->rendezvous);
}

void *workerMain(void *argument) {
  WorkerRun *part = argument;
  Run *run = part->run;
  policyEnter(part->worker);
  MutatorRes res = MutatorFaultStackInstall();
  if (res != MutatorResOK && res != MutatorResUNIMPL) /* a system may have no alternate stacks */
    atomic_store(&run->failed, true);
  for (size_t phase = 0; phase < run->plan->phases * PhaseLIMIT; phase++) {
    runPhase(part, phase);
    rendezvous(part, phase + 1);
  }
  (void)MutatorFaultStackRemove(); /* not ours to remove, if the thread had one */
  pthread_mutex_lock(&run->lock);
  run->running--;
  pthread_cond_signal(&run->finished);
  pthread_mutex_unlock(&run->lock);
  return NULL;
}
