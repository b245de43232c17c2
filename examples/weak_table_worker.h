/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_worker.h -- what one thread does in a run: look words up, phase after phase, and check
 */

#ifndef WEAK_TABLE_WORKER_H
#define WEAK_TABLE_WORKER_H

#include "weak_table_run.h"

/* Run -- what its threads share */
typedef struct Run {
  const RunPlan *plan;
  Collector collector;
  pthread_barrier_t rendezvous;
  _Atomic(uint64_t) *seen; /* by word: the reference last interned, and in which phase */
  atomic_bool failed;      /* no memory */
  pthread_mutex_t lock;    /* of the following */
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
  char apart[64]; /* keeps two threads' counters off one cache line */
} WorkerRun;

/* The thread's main function; its argument is a WorkerRun. */
void *workerMain(void *argument);

#endif
