/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table -- a weak hash table under an incremental collector, three times
 *
 * Interns the words of some files, from several threads, while a collector
 * protects the table to see what is read from it.  The same run is done with
 * no protection, with a collector that answers a fault by opening the table
 * and scanning all of it, and with one that steps the access through a window;
 * then they are compared.
 *
 * Where to read on: weak_table_policy.c is where the library is used,
 * weak_table_collector.h says what the collector does and why it is right.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mutator.h>

#include "weak_table_report.h"
#include "weak_table_run.h"
#include "weak_table_words.h"

#define DEFAULT_ENTRIES 60000 /* or as many as there are words */
#define DEFAULT_THREADS 2
#define DEFAULT_PHASES 8
#define DEFAULT_REPEAT 3
#define LONG_RUN 500000 /* entries from which a run is done once: noise does not matter then */

/* clang-format off */
static const char usage[] =
    "usage: weak_table [options] [file or folder ...]\n"
    "\n"
    "Interns the words of the files (by default, of this project's own sources and\n"
    "documents) in a weak table under an incremental collector, and compares what\n"
    "it costs to answer a memory fault by scanning and by stepping.\n"
    "\n"
    "  --entries N   distinct words to intern (default: all in the files, at least\n"
    "                60000); when the files have fewer, they are read as if in\n"
    "                several editions: word#2, word#3, ...\n"
    "  --threads T   threads that look words up, 1 to 64 (default 2)\n"
    "  --phases P    collections, 1 to 10000 (default 8)\n"
    "  --budget N    steps in a collection, after which it scans (default 0: no limit)\n"
    "  --repeat R    do each run R times and show the least times (default 3; from\n"
    "                500000 entries on, 1)\n"
    "  --seed S      of the order of the words (default 1)\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0 stepping did better; 1 an error, or the runs disagree; 2 stepping\n"
    "did not do better.\n";
/* clang-format on */

static _Noreturn void badUsage(const char *why, const char *what) {
  fprintf(stderr, "weak_table: %s%s\nTry --help.\n", why, what);
  exit(VerdictWRONG);
}

static size_t readNumber(const char *option, const char *text, size_t least, size_t most) {
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || strchr(text, '-') != NULL || number < least || number > most) {
    fprintf(stderr, "weak_table: %s takes a number from %zu to %zu, not \"%s\"\n", option, least, most, text);
    exit(VerdictWRONG);
  }
  return (size_t)number;
}

static void readOptions(int argc, char **argv, RunPlan *plan) {
  static const struct option options[] = {
      {"entries", required_argument, NULL, 'e'}, {"threads", required_argument, NULL, 't'},
      {"phases", required_argument, NULL, 'p'},  {"budget", required_argument, NULL, 'b'},
      {"repeat", required_argument, NULL, 'r'},  {"seed", required_argument, NULL, 's'},
      {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
    switch (option) {
    case 'e': plan->stream.entries = readNumber("--entries", optarg, 100, 100000000); break;
    case 't': plan->threads = (unsigned)readNumber("--threads", optarg, 1, 64); break;
    case 'p': plan->phases = readNumber("--phases", optarg, 1, 10000); break;
    case 'b': plan->budget = readNumber("--budget", optarg, 0, SIZE_MAX); break;
    case 'r': plan->repeat = readNumber("--repeat", optarg, 1, 1000); break;
    case 's': plan->stream.seed = readNumber("--seed", optarg, 0, SIZE_MAX); break;
    case 'h': fputs(usage, stdout); exit(VerdictGOOD);
    default: fputs("Try --help.\n", stderr); exit(VerdictWRONG);
    }
  }
}

/* Those of this project's own files that are there; the build says where. */
static void readOwnFiles(Vocabulary *vocabulary) {
#ifdef MUTATOR_SOURCE_DIR
  static const char *const own[] = {MUTATOR_SOURCE_DIR "/README.md", MUTATOR_SOURCE_DIR "/docs",
                                    MUTATOR_SOURCE_DIR "/include", MUTATOR_SOURCE_DIR "/src"};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (access(own[i], R_OK) == 0)
      wordsRead(vocabulary, own[i]);
  if (vocabulary->count == 0)
    badUsage("no files named, and this project's own are not in ", MUTATOR_SOURCE_DIR);
#else
  (void)vocabulary;
  badUsage("no files named, and this program was built without knowing where its own sources are", "");
#endif
}

static void readWords(int argc, char **argv, Vocabulary *vocabulary) {
  bool good = true;
  if (argc == 0)
    readOwnFiles(vocabulary);
  for (int i = 0; i < argc; i++)
    good = wordsRead(vocabulary, argv[i]) && good;
  if (!good)
    exit(VerdictWRONG);
  if (vocabulary->count == 0)
    badUsage("there is not a word in these files", "");
}

/* Every policy, the reference first; all of them again for each repetition, so
 * that a busy minute of the machine does not fall on one policy alone. */
static bool runAll(const RunPlan *plan, RunResult results[PolicyLIMIT]) {
  for (size_t i = 0; i < plan->repeat; i++) {
    for (int policy = 0; policy < PolicyLIMIT; policy++) {
      RunResult result;
      if (!runPolicy(plan, (Policy)policy, &result))
        return false;
      if (i == 0) {
        results[policy] = result;
      } else if (!runMerge(&results[policy], &result)) {
        return false;
      }
    }
  }
  for (int policy = 0; policy < PolicyLIMIT; policy++)
    results[policy].referenceTime = results[PolicyNONE].protectedTime;
  return true;
}

static Verdict compare(const RunPlan *plan) {
  RunResult results[PolicyLIMIT];
  reportHeading(plan);
  if (!runAll(plan, results))
    return VerdictWRONG;
  reportTable(results);
  return reportVerdict(results);
}

static void completePlan(RunPlan *plan) {
  Stream *stream = &plan->stream;
  if (stream->entries == 0)
    stream->entries = plan->vocabulary->count > DEFAULT_ENTRIES ? plan->vocabulary->count : DEFAULT_ENTRIES;
  stream->length = stream->entries * STREAM_REPEATS;
  if (plan->repeat == 0)
    plan->repeat = stream->entries < LONG_RUN ? DEFAULT_REPEAT : 1;
}

static bool setUp(void) {
  MutatorRes res = MutatorFaultSetup(NULL);
  if (res != MutatorResOK)
    fprintf(stderr, "weak_table: MutatorFaultSetup: %s\n", MutatorResName(res));
  return res == MutatorResOK;
}

int main(int argc, char **argv) {
  Vocabulary vocabulary = {0};
  RunPlan plan = {
      .vocabulary = &vocabulary, .threads = DEFAULT_THREADS, .phases = DEFAULT_PHASES, .stream = {.seed = 1}};
  readOptions(argc, argv, &plan);
  readWords(argc - optind, argv + optind, &vocabulary);
  completePlan(&plan);
  if (!setUp())
    return VerdictWRONG;
  Verdict verdict = compare(&plan);
  (void)MutatorFaultFinish();
  wordsFree(&vocabulary);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    fprintf(stderr, "weak_table: cannot write: %s\n", strerror(errno));
    return VerdictWRONG;
  }
  return verdict;
}
