/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_run.h -- one run of the demo, under one policy, and what came of it
 */

#ifndef WEAK_TABLE_RUN_H
#define WEAK_TABLE_RUN_H

#include "weak_table_collector.h"
#include "weak_table_words.h"

/* RunPlan -- the same for every policy */
typedef struct RunPlan {
  const Vocabulary *vocabulary;
  Stream stream;
  unsigned threads;
  size_t phases; /* cycles of the collector */
  size_t budget;
  size_t repeat; /* do everything so many times, keep the least times */
} RunPlan;

/* RunResult -- times in nanoseconds, memory in bytes */
typedef struct RunResult {
  Policy policy;
  /* What the mutator saw.  Must not depend on the policy. */
  uint64_t words;         /* distinct words interned */
  uint64_t wordsDigest;   /* of the set of their texts, in no order */
  uint64_t lookups;       /* words looked up, with repetitions */
  uint64_t lookupsDigest; /* of (position, text of the word that was returned), in no order */
  uint64_t mismatches;    /* wrong text, or two references for one word at one time: must be 0 */
  uint64_t lost;          /* words that the collector took for dead while they were in use: must be 0 */
  /* What it cost. */
  uint64_t accesses, faults, steps, declines;
  uint64_t declinesBy[MutatorDeclineLIMIT];
  uint64_t scanned, swept;
  uint64_t dead, entries; /* in the table at the end */
  uint64_t heapPeak;
  Pauses pauses;
  uint64_t protections, exhausted;
  uint64_t protectedTime; /* processor time of the words of TRACE and SWEEP */
  uint64_t referenceTime; /* the same words in the unprotected run */
  uint64_t wall, processor;
} RunResult;

/* False, with a message, when something failed that must not. */
bool runPolicy(const RunPlan *plan, Policy policy, RunResult *result);

/* The same run once more: the least of all times, since a busy machine only
 * ever adds; what must be 0 is summed up.  False, with a message, when they did not intern the same words. */
bool runMerge(RunResult *result, const RunResult *again);

/* Did two runs intern the same words and look them up with the same outcome? */
bool runSameWords(const RunResult *a, const RunResult *b);

const char *runPolicyName(Policy policy);

#endif
