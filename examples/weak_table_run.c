/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "weak_table_mutator.h"
#include "weak_table_policy.h"

#define BLOCK 16 /* threads take turns at this many positions */

/* A cycle of the collector, in sixteenths of its words: open, being traced, being swept. */
#define CYCLE 16
static const size_t phaseEnd[PhaseLIMIT] = {[PhaseIDLE] = 14, [PhaseTRACE] = 15, [PhaseSWEEP] = 16};

/* Run -- what its threads share */
typedef struct Run {
  const RunPlan *plan;
  Collector collector;
  pthread_barrier_t rendezvous;
  atomic_uintptr_t *seen; /* by word: the reference last interned, and in which phase */
  atomic_bool failed;     /* no memory */
  pthread_mutex_t lock;   /* of the following */
  pthread_cond_t finished;
  unsigned running;
} Run;

/* WorkerRun -- one thread's part */
typedef struct WorkerRun {
  Run *run;
  Worker *worker;
  pthread_t thread;
  unsigned index;
  atomic_size_t lookups;
  uint64_t words, wordsDigest, lookupsDigest, mismatches;
  uint64_t protectedTime;
} WorkerRun;

const char *runPolicyName(Policy policy) {
  static const char *const names[PolicyLIMIT] = {
      [PolicyNONE] = "unprotected", [PolicyOPEN] = "open", [PolicySTEP] = "step"};
  return names[policy];
}

/* ---- Checking what intern returns ---- */

/* One word has one reference: whoever interned it earlier in this phase, which
 * frees nothing that was seen in it, must have got the same.  The reference
 * and the phase's number share a word, so that the exchange is one step. */
#define PHASE_SHIFT 48

static void checkWord(WorkerRun *part, size_t id, size_t phase, const char *text, size_t length, const Word *word) {
  if (word->length != length || memcmp(word->text, text, length) != 0) part->mismatches++;
  uintptr_t tag = (phase & 0xffff) << PHASE_SHIFT;
  uintptr_t before = atomic_exchange_explicit(&part->run->seen[id], (uintptr_t)word | tag, memory_order_relaxed);
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
  if (word == NULL) return false;
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
    if (!lookUp(part, position, phase)) atomic_store(&part->run->failed, true);
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
  if (phase % PhaseLIMIT != PhaseIDLE) part->protectedTime += pauseProcessor() - begin;
}

/* All threads meet, one of them begins the next phase, all go on. */
static void rendezvous(WorkerRun *part, size_t nextPhase) {
  if (pthread_barrier_wait(&part->run->rendezvous) == PTHREAD_BARRIER_SERIAL_THREAD)
    collectorBegin(part->worker, (Phase)(nextPhase % PhaseLIMIT));
  pthread_barrier_wait(&part->run->rendezvous);
}

static void *runWorker(void *argument) {
  WorkerRun *part = argument;
  Run *run = part->run;
  policyEnter(part->worker);
  if (MutatorFaultStackInstall() != MutatorResOK) atomic_store(&run->failed, true);
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

/* ---- Progress ---- */

static uint64_t processorTime(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void showProgress(const Run *run, WorkerRun *parts) {
  size_t done = 0;
  for (unsigned i = 0; i < run->plan->threads; i++)
    done += atomic_load_explicit(&parts[i].lookups, memory_order_relaxed);
  fprintf(stderr, "%s%s: %zu of %zu words looked up (%zu %%)%s", isatty(STDERR_FILENO) ? "\r" : "",
          runPolicyName(run->collector.policy), done, run->plan->stream.length, done * 100 / run->plan->stream.length,
          isatty(STDERR_FILENO) ? "\033[K" : "\n");
}

/* Wait for the threads; from the second second on say how far they are, in place on a terminal, else now and then. */
static void waitForWorkers(Run *run, WorkerRun *parts) {
  bool terminal = isatty(STDERR_FILENO);
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  pthread_mutex_lock(&run->lock);
  unsigned seconds = 0;
  while (run->running > 0) {
    if (pthread_cond_timedwait(&run->finished, &run->lock, &deadline) != ETIMEDOUT) continue;
    if (seconds > 0 && (terminal || seconds % 10 == 0)) showProgress(run, parts);
    deadline.tv_sec++;
    seconds++;
  }
  pthread_mutex_unlock(&run->lock);
  if (terminal && seconds > 1) fprintf(stderr, "\r\033[K");
}

/* ---- A run ---- */

static void addWorker(RunResult *result, const WorkerRun *part) {
  result->words += part->words;
  result->wordsDigest += part->wordsDigest;
  result->lookups += atomic_load(&part->lookups);
  result->lookupsDigest += part->lookupsDigest;
  result->mismatches += part->mismatches;
  result->accesses += part->worker->accesses;
  result->protectedTime += part->protectedTime;
  result->scanned += part->worker->scanned;
  result->swept += part->worker->swept;
  pausesAdd(&result->pauses, &part->worker->pauses);
}

/* The library counts for the whole process, from its beginning. */
static void addCounters(RunResult *result, const MutatorCountersStruct *before) {
  MutatorCountersStruct after;
  if (MutatorCountersGet(&after) != MutatorResOK) return;
  result->faults = after.handled - before->handled;
  result->steps = after.steps - before->steps;
  for (int i = 0; i < MutatorDeclineLIMIT; i++) {
    result->declinesBy[i] = after.declines[i] - before->declines[i];
    result->declines += result->declinesBy[i];
  }
}

static void addCollector(RunResult *result, Collector *collector) {
  size_t entries;
  result->dead = collectorCountDead(collector, &entries);
  result->entries = entries;
  result->heapPeak = collector->heapPeak;
  result->protections = atomic_load(&collector->protections);
  result->lost = collector->lost;
  result->exhausted = atomic_load(&collector->exhausted);
}

static void startWorkers(Run *run, WorkerRun *parts) {
  run->running = run->plan->threads;
  for (unsigned i = 0; i < run->plan->threads; i++) {
    parts[i].run = run;
    parts[i].index = i;
    parts[i].worker = &run->collector.workers[i];
    /* The threads that did start wait for the others at their first
     * rendezvous: there is no going on from here. */
    if (pthread_create(&parts[i].thread, NULL, runWorker, &parts[i]) != 0) {
      fprintf(stderr, "weak_table: cannot start thread %u\n", i + 1);
      exit(1);
    }
  }
}

static void runWorkers(Run *run, WorkerRun *parts, RunResult *result) {
  MutatorCountersStruct before;
  memset(&before, 0, sizeof before);
  MutatorCountersGet(&before);
  uint64_t wall = pauseNow(), processor = processorTime();
  startWorkers(run, parts);
  waitForWorkers(run, parts);
  for (unsigned i = 0; i < run->plan->threads; i++) pthread_join(parts[i].thread, NULL);
  result->wall = pauseNow() - wall;
  result->processor = processorTime() - processor;
  addCounters(result, &before);
  for (unsigned i = 0; i < run->plan->threads; i++) addWorker(result, &parts[i]);
  addCollector(result, &run->collector);
}

bool runPolicy(const RunPlan *plan, Policy policy, RunResult *result) {
  Run run = {.plan = plan, .lock = PTHREAD_MUTEX_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER};
  WorkerRun *parts = calloc(plan->threads, sizeof *parts);
  run.seen = calloc(plan->stream.entries, sizeof *run.seen);
  memset(result, 0, sizeof *result);
  result->policy = policy;
  pthread_barrier_init(&run.rendezvous, NULL, plan->threads);
  bool good = collectorCreate(&run.collector, policy, plan->threads, plan->stream.entries, plan->budget) &&
              parts != NULL && run.seen != NULL;
  if (!good) fprintf(stderr, "weak_table: cannot begin a run\n");
  if (good) runWorkers(&run, parts, result);
  if (atomic_load(&run.failed)) fprintf(stderr, "weak_table: a thread ran out of memory\n");
  good = collectorDestroy(&run.collector) && good && !atomic_load(&run.failed);
  pthread_barrier_destroy(&run.rendezvous);
  free(run.seen);
  free(parts);
  return good;
}

/* ---- Several runs ---- */

bool runSameWords(const RunResult *a, const RunResult *b) {
  return a->words == b->words && a->wordsDigest == b->wordsDigest && a->lookups == b->lookups &&
         a->lookupsDigest == b->lookupsDigest;
}

static void keepLess(uint64_t *kept, uint64_t other) {
  if (other < *kept) *kept = other;
}

bool runMerge(RunResult *result, const RunResult *again) {
  for (int i = 0; i < PauseLIMIT; i++) {
    keepLess(&result->pauses.kind[i].worst, again->pauses.kind[i].worst);
    keepLess(&result->pauses.kind[i].total, again->pauses.kind[i].total);
  }
  keepLess(&result->protectedTime, again->protectedTime);
  keepLess(&result->wall, again->wall);
  keepLess(&result->processor, again->processor);
  result->mismatches += again->mismatches;
  result->lost += again->lost;
  if (runSameWords(result, again)) return true;
  fprintf(stderr, "weak_table: two runs under policy \"%s\" interned different words\n", runPolicyName(result->policy));
  return false;
}
