/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CELL 32

typedef void (*Format)(char cell[CELL], double value);

/* 1234567 -> "1,234,567" */
static void formatCount(char cell[CELL], double value) {
  char digits[CELL];
  int length = snprintf(digits, sizeof digits, "%.0f", value);
  char *out = cell;
  for (int i = 0; i < length; i++) {
    *out++ = digits[i];
    if ((length - i) % 3 == 1 && i + 1 < length)
      *out++ = ',';
  }
  *out = '\0';
}

static void formatBytes(char cell[CELL], double value) {
  if (value < 1048576) {
    snprintf(cell, CELL, "%.1f KiB", value / 1024);
  } else {
    snprintf(cell, CELL, "%.1f MiB", value / 1048576);
  }
}

static void formatTime(char cell[CELL], double nanoseconds) {
  if (nanoseconds < 1e6) {
    snprintf(cell, CELL, "%.1f us", nanoseconds / 1e3);
  } else if (nanoseconds < 1e9) {
    snprintf(cell, CELL, "%.1f ms", nanoseconds / 1e6);
  } else {
    snprintf(cell, CELL, "%.2f s", nanoseconds / 1e9);
  }
}

/* Row -- a line of the table: what it shows, of which runs, and how */
typedef struct Row {
  const char *name;
  double (*value)(const RunResult *result);
  Format format;
} Row;

static double average(const PauseTally *tally) {
  return tally->count == 0 ? 0 : (double)tally->total / (double)tally->count;
}

static double accesses(const RunResult *result) { return (double)result->accesses; }
static double faults(const RunResult *result) { return (double)result->faults; }
static double steps(const RunResult *result) { return (double)result->steps; }
static double declines(const RunResult *result) { return (double)result->declines; }
static double scanned(const RunResult *result) { return (double)result->scanned; }
static double swept(const RunResult *result) { return (double)result->swept; }
static double entries(const RunResult *result) { return (double)result->entries; }
static double dead(const RunResult *result) { return (double)result->dead; }
static double heapPeak(const RunResult *result) { return (double)result->heapPeak; }
static double worstPause(const RunResult *result) { return (double)pausesWorst(&result->pauses); }
static double worstFault(const RunResult *result) { return (double)result->pauses.kind[PauseFAULT].worst; }
static double worstSlice(const RunResult *result) { return (double)result->pauses.kind[PauseSLICE].worst; }
static double worstStop(const RunResult *result) { return (double)result->pauses.kind[PauseSTOP].worst; }
static double protections(const RunResult *result) { return (double)result->protections; }
static double timePerFault(const RunResult *result) { return average(&result->pauses.kind[PauseFAULT]); }

/* Everything that the words of TRACE and SWEEP cost more than in the unprotected run: delivery of the
 * signal, callback, scanning, the slices. */
static double timePerFaultInAll(const RunResult *result) {
  if (result->faults == 0 || result->protectedTime < result->referenceTime)
    return 0;
  return (double)(result->protectedTime - result->referenceTime) / (double)result->faults;
}

static double wall(const RunResult *result) { return (double)result->wall; }
static double processor(const RunResult *result) { return (double)result->processor; }

static const Row rows[] = {
    {"table accesses", accesses, formatCount},
    {"faults", faults, formatCount},
    {"  stepped", steps, formatCount},
    {"  declined by the library", declines, formatCount},
    {"entries scanned at faults", scanned, formatCount},
    {"entries looked at by the sweep", swept, formatCount},
    {"entries in the table at the end", entries, formatCount},
    {"  of them dead", dead, formatCount},
    {"peak memory, words", heapPeak, formatBytes},
    {"worst pause", worstPause, formatTime},
    {"  at a fault", worstFault, formatTime},
    {"  slice between two words", worstSlice, formatTime},
    {"  with all threads stopped", worstStop, formatTime},
    {"protection calls", protections, formatCount},
    {"time per fault, in the callback", timePerFault, formatTime},
    {"  in all, with its delivery", timePerFaultInAll, formatTime},
    {"total time", wall, formatTime},
    {"total processor time", processor, formatTime},
};

/* How many times more the scanning run has than the stepping one. */
static void formatRatio(char cell[CELL], double open, double step) {
  if (open == step) {
    snprintf(cell, CELL, "1.00");
  } else if (step == 0 || open == 0) {
    snprintf(cell, CELL, "-");
  } else if (open * 10 < step) {
    snprintf(cell, CELL, "1/%.0f", step / open);
  } else {
    snprintf(cell, CELL, "%.2f", open / step);
  }
}

static void printRow(const Row *row, const RunResult results[PolicyLIMIT]) {
  char cell[CELL];
  printf("%-33s", row->name);
  for (int i = 0; i < PolicyLIMIT; i++) {
    row->format(cell, row->value(&results[i]));
    printf("%15s", cell);
  }
  formatRatio(cell, row->value(&results[PolicyOPEN]), row->value(&results[PolicySTEP]));
  printf("%12s\n", cell);
}

static void printDeclines(const RunResult *result) {
  for (int i = 0; i < MutatorDeclineLIMIT; i++)
    if (result->declinesBy[i] != 0)
      printf("declined %" PRIu64 " times: %s\n", result->declinesBy[i], MutatorDeclineName((MutatorDecline)i));
}

void reportHeading(const RunPlan *plan) {
  const Vocabulary *vocabulary = plan->vocabulary;
  printf("%zu words, %zu of them distinct, in %zu files.\n", vocabulary->tokens, vocabulary->count, vocabulary->files);
  if (plan->stream.entries < vocabulary->count)
    printf("Only the first %zu distinct words are used.\n", plan->stream.entries);
  printf("%zu entries, %zu look-ups, %zu collection%s, %u thread%s, seed %" PRIu64, plan->stream.entries,
         plan->stream.length, plan->phases, plan->phases == 1 ? "" : "s", plan->threads, plan->threads == 1 ? "" : "s",
         plan->stream.seed);
  if (plan->budget != 0)
    printf(", at most %zu steps a collection", plan->budget);
  printf(".\n");
  if (plan->repeat > 1)
    printf("Each run is done %zu times; times are the least of them.\n", plan->repeat);
  printf("\n");
  fflush(stdout);
}

void reportTable(const RunResult results[PolicyLIMIT]) {
  printf("%-33s", "");
  for (int i = 0; i < PolicyLIMIT; i++)
    printf("%15s", runPolicyName((Policy)i));
  printf("%12s\n", "open/step");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    printRow(&rows[i], results);
  printf("\n");
  for (int i = 0; i < PolicyLIMIT; i++)
    printDeclines(&results[i]);
  if (results[PolicySTEP].exhausted != 0)
    printf("the budget ran out in %" PRIu64 " collections, which then scanned\n", results[PolicySTEP].exhausted);
}

/* ---- Verdict ---- */

static bool checkWords(const RunResult results[PolicyLIMIT]) {
  bool good = true;
  for (int i = 0; i < PolicyLIMIT; i++) {
    if (results[i].mismatches != 0) {
      printf("WRONG  %s: %" PRIu64 " look-ups returned the wrong word\n", runPolicyName((Policy)i),
             results[i].mismatches);
      good = false;
    }
    if (results[i].lost != 0) {
      printf("WRONG  %s: the collector took %" PRIu64 " words in use for dead\n", runPolicyName((Policy)i),
             results[i].lost);
      good = false;
    }
    if (!runSameWords(&results[i], &results[PolicyNONE])) {
      printf("WRONG  %s interned %" PRIu64 " words (digest %016" PRIx64 "), unprotected %" PRIu64 " (digest %016" PRIx64
             ")\n",
             runPolicyName((Policy)i), results[i].words, results[i].lookupsDigest, results[PolicyNONE].words,
             results[PolicyNONE].lookupsDigest);
      good = false;
    }
  }
  if (good)
    printf("same   all three runs interned the same %" PRIu64 " words (digest %016" PRIx64 ")\n", results[0].words,
           results[0].lookupsDigest);
  return good;
}

/* Claim -- stepping has less of this than scanning
 *
 * When both have no more than `floor`, the difference says nothing. */
typedef struct Claim {
  Row row;
  double floor;
} Claim;

/* Pauses this short are the system's: a protection call may take some 100 us. */
#define SHORT_PAUSE 1e6 /* nanoseconds */

static bool checkClaim(const Claim *claim, const RunResult results[PolicyLIMIT]) {
  char open[CELL], step[CELL];
  double more = claim->row.value(&results[PolicyOPEN]), less = claim->row.value(&results[PolicySTEP]);
  bool better = less < more, even = !better && less <= claim->floor;
  claim->row.format(open, more);
  claim->row.format(step, less);
  printf("%-6s %s: %s stepping, %s scanning%s\n",
         better ? "better"
         : even ? "even"
                : "WORSE",
         claim->row.name, step, open, even ? "; too small to tell" : "");
  return better || even;
}

Verdict reportVerdict(const RunResult results[PolicyLIMIT]) {
  static const Claim claims[] = {
      {{"entries scanned at faults", scanned, formatCount}, 0},
      {{"dead entries kept", dead, formatCount}, 0},
      {{"worst pause", worstPause, formatTime}, SHORT_PAUSE},
  };
  bool better = true;
  if (!checkWords(results))
    return VerdictWRONG;
  for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
    better = checkClaim(&claims[i], results) && better;
  return better ? VerdictGOOD : VerdictWORSE;
}
