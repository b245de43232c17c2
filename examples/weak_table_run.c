/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "weak_table_worker.h"

const char *runPolicyName(Policy policy) {
  static const char *const names[PolicyLIMIT] = {
      [PolicyNONE] = "unprotected", [PolicyOPEN] = "open", [PolicySTEP] = "step"};
  return names[policy];
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
    if (pthread_cond_timedwait(&run->finished, &run->lock, &deadline) != ETIMEDOUT)
      continue;
    if (seconds > 0 && (terminal || seconds % 10 == 0))
      showProgress(run, parts);
    deadline.tv_sec++;
    seconds++;
  }
  pthread_mutex_unlock(&run->lock);
  if (terminal && seconds > 1)
    fprintf(stderr, "\r\033[K");
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
  if (MutatorCountersGet(&after) != MutatorResOK)
    return;
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
    if (pthread_create(&parts[i].thread, NULL, workerMain, &parts[i]) != 0) {
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
  for (unsigned i = 0; i < run->plan->threads; i++)
    pthread_join(parts[i].thread, NULL);
  result->wall = pauseNow() - wall;
  result->processor = processorTime() - processor;
  addCounters(result, &before);
  for (unsigned i = 0; i < run->plan->threads; i++)
    addWorker(result, &parts[i]);
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
  if (!good)
    fprintf(stderr, "weak_table: cannot begin a run\n");
  if (good)
    runWorkers(&run, parts, result);
  if (atomic_load(&run.failed))
    fprintf(stderr, "weak_table: a thread ran out of memory\n");
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
  if (other < *kept)
    *kept = other;
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
  if (runSameWords(result, again))
    return true;
  fprintf(stderr, "weak_table: two runs under policy \"%s\" interned different words\n", runPolicyName(result->policy));
  return false;
}
