/* SPDX-License-Identifier: BSD-2-Clause
 *
 * main.c -- the differential test against the CPU (C4, C5, C6, C9)
 *
 *   differential [--cases N] [--seconds N] [--seed N] [--corpus FOLDER] [--rows FILE]
 *                [--mutate [--mutations N] | --mutate-vectors N]
 *
 * --cases    how many to compare with the CPU, directed and arbitrary together (300,000)
 * --seconds  stop after that time instead
 * --seed     of everything random; printed; from the clock when not given
 * --corpus   where cases that failed are kept; they run first
 * --rows     list there, when all is well, how often each row of the opcode table was compared
 * --mutate   test the test: change each column of each integer row of the opcode table, which must be noticed
 * --mutations  about that many of the changes, chosen at random; all of them when not given
 * --mutate-vectors  likewise N vector rows, chosen at random; each of them once when there are no more
 *
 * A failure prints the case's bytes and seed, which are all there is to it,
 * and adds them to the corpus.
 */

#include "differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/native.h"

#define CORPUS_MAX 4096

static struct {
  unsigned long cases;
  double seconds;
  uint64_t seed;
  MutatorBool mutate;
  unsigned mutations, mutateVectors;
} options = {300000, 0, 0, 0, 0, 0};

static TallyStruct directed, arbitrary;
static CaseStruct batch[BATCH];

static MutatorBool done(double start) {
  if (options.seconds > 0)
    return nativeSeconds() - start >= options.seconds;
  return directed.compared + arbitrary.compared >= options.cases || /* or few can be compared */
         directed.cases + arbitrary.cases >= 4 * options.cases;
}

static void progress(double start) {
  static double last;
  if (nativeSeconds() - last < 10)
    return;
  if (last != 0)
    printf("... %.0f s, %lu cases, %lu failures\n", nativeSeconds() - start, directed.cases + arbitrary.cases,
           directed.failures + arbitrary.failures);
  last = nativeSeconds();
  (void)fflush(stdout);
}

/* Three directed batches for each two arbitrary ones. */
static void runAll(double start) {
  RandomStruct random = {options.seed};
  unsigned round = 0, next = 0;
  size_t i;
  while (!done(start)) {
    MutatorBool isDirected = round++ % 5 < 3;
    for (i = 0; i < BATCH; ++i)
      if (isDirected)
        directedMake(&batch[i], next++ % combinationCount, &random);
      else
        arbitraryMake(&batch[i], &random);
    batchRun(batch, BATCH, isDirected ? &directed : &arbitrary);
    progress(start);
  }
}

/* What chance has left out. */
static void runMissing(void) {
  RandomStruct random = {options.seed ^ 1};
  unsigned next = 0, rounds;
  size_t count;
  for (rounds = 0; rounds < 200; ++rounds) {
    do {
      for (count = 0; count < BATCH && next < combinationCount; ++next)
        if (combinations[next].compared < 2 && combinations[next].unreachable == 0)
          directedMake(&batch[count++], next, &random);
      batchRun(batch, count, &directed);
    } while (next < combinationCount);
    next = 0;
  }
}

static void runCorpus(void) {
  static CaseStruct kept[CORPUS_MAX];
  size_t count = corpusRead(kept, CORPUS_MAX), at;
  TallyStruct tally;
  memset(&tally, 0, sizeof tally);
  corpusFolder("/nonexistent"); /* no need to keep twice what is kept */
  for (at = 0; at < count; at += BATCH)
    batchRun(kept + at, count - at < BATCH ? count - at : BATCH, &tally);
  printf("corpus: %zu cases, compared with the CPU %lu, failures %lu\n", count, tally.compared,
         tally.failures + tally.unexcused);
  arbitrary.failures += tally.failures;
  arbitrary.unexcused += tally.unexcused;
}

static const char *rowsPath;

/* Of a run that failed there is no list, so that nobody goes by it. */
static MutatorBool writeRows(MutatorBool passed) {
  FILE *file;
  unsigned row;
  if (rowsPath == NULL)
    return 1;
  (void)remove(rowsPath);
  if (!passed)
    return 1;
  file = fopen(rowsPath, "w");
  if (file == NULL)
    return 0;
  fprintf(file, "mutator opcode rows %u bits %zu\n", mutatorOpcodeCount, 8 * sizeof(void *));
  for (row = 0; row < mutatorOpcodeCount; ++row)
    fprintf(file, "%u %lu %s\n", row, directed.rows[row] + arbitrary.rows[row], mutatorOpcodeRows[row].name);
  return fclose(file) == 0;
}

static int runDifferential(const char *corpus) {
  double start = nativeSeconds();
  MutatorBool complete, passed;
  corpusFolder(corpus);
  runCorpus();
  corpusFolder(corpus);
  runAll(start);
  runMissing();
  tallyReport(&directed, &arbitrary);
  complete = combinationsReport();
  printf("steps refused by their memory, nothing changed: %lu\n", harnessRefusals);
  printf("%lu cases in %.1f s, failures %lu, declined without excuse %lu\n", directed.cases + arbitrary.cases,
         nativeSeconds() - start, directed.failures + arbitrary.failures, directed.unexcused + arbitrary.unexcused);
  passed = complete && directed.failures + arbitrary.failures + directed.unexcused + arbitrary.unexcused == 0;
  return writeRows(passed) && passed ? 0 : 1;
}

static const char *corpusPath;

static void run(void *closure) {
  int *status = closure;
  harnessSetup();
  combinationsMake();
  printf("seed %llu\n", (unsigned long long)options.seed);
  (void)fflush(stdout); /* whatever comes: it is what makes it come again */
  if (options.mutate)
    *status = mutationRun(options.seed, 768, options.mutations) != 0;
  else if (options.mutateVectors != 0)
    *status = vectorMutationRun(options.seed, options.mutateVectors) != 0;
  else
    *status = runDifferential(corpusPath);
}

static int usage(void) {
  fprintf(stderr, "usage: differential [--cases N] [--seconds N] [--seed N] [--corpus FOLDER] [--rows FILE] "
                  "[--mutate [--mutations N] | --mutate-vectors N]\n");
  return 2;
}

/* The corpus is beside this file. */
static const char *defaultCorpus(void) {
  static char path[4096];
  const char *end = strrchr(__FILE__, '/');
  (void)snprintf(path, sizeof path, "%.*scorpus", end == NULL ? 0 : (int)(end + 1 - __FILE__), __FILE__);
  return path;
}

int main(int argc, char **argv) {
  int i, status = 1;
  options.seed = (uint64_t)time(NULL);
  corpusPath = defaultCorpus();
  for (i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--mutate") == 0) {
      options.mutate = 1;
      continue;
    }
    if (i + 1 == argc)
      return usage();
    if (strcmp(argv[i], "--mutations") == 0)
      options.mutations = (unsigned)strtoul(argv[++i], NULL, 0);
    else if (strcmp(argv[i], "--cases") == 0)
      options.cases = strtoul(argv[++i], NULL, 0);
    else if (strcmp(argv[i], "--seconds") == 0)
      options.seconds = strtod(argv[++i], NULL);
    else if (strcmp(argv[i], "--seed") == 0)
      options.seed = strtoull(argv[++i], NULL, 0);
    else if (strcmp(argv[i], "--mutate-vectors") == 0)
      options.mutateVectors = (unsigned)strtoul(argv[++i], NULL, 0);
    else if (strcmp(argv[i], "--corpus") == 0)
      corpusPath = argv[++i];
    else if (strcmp(argv[i], "--rows") == 0)
      rowsPath = argv[++i];
    else
      return usage();
  }
  /* FS's base below the data pages: 32-bit addresses with an FS prefix reach them too. */
  nativeRunLow(run, &status);
  return status;
}
