/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench_backstep -- what a tick costs, a checkpoint, a first write, and a step back; fork beside it
 *
 * Figures that are compared are measured in turn, in one run; each is the median
 * of some rounds, in time of the thread's own, with the least and the most of them.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mutator.h>

#include "measure.h"

enum { Page = 4096, Rounds = 9, Checkpoints = 225 };
#define HEAP ((size_t)64 * 1024 * 1024)
#define BLOCKS ((size_t)40 * 1000 * 1000)

static MutatorBackstepStruct backstep;
static MutatorBackstepRegionStruct region;
static MutatorBackstepOptionsStruct options;
static unsigned char *heap;

static double seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int condition, const char *what) {
  if (condition)
    return;
  (void)fprintf(stderr, "bench_backstep: %s\n", what);
  exit(1);
}

typedef struct Figure {
  double least, median, most;
} Figure;

static Figure figure(double *times) {
  Figure result;
  measureSort(times, Rounds);
  result.least = times[0];
  result.median = times[Rounds / 2];
  result.most = times[Rounds - 1];
  return result;
}

/* a mutator ------------------------------------------------------------------------ */

/* The heap, back-stepped while the function runs on a stack below this one. */
static void run(void (*volatile mutator)(void), size_t size) {
  void *volatile cold = NULL;
  options.stackCold = (void *)&cold;
  must(MutatorBackstepInit(&backstep, &options) == MutatorResOK, "init");
  must(MutatorBackstepRegionAdd(&backstep, &region, heap, heap + size) == MutatorResOK, "region");
  mutator();
  must(MutatorBackstepFinish(&backstep) == MutatorResOK, "finish");
}

static void defaults(void) {
  must(MutatorBackstepOptionsInit(&options) == MutatorResOK, "options");
  options.budget = (size_t)512 << 20;
}

/* ticks ---------------------------------------------------------------------------- */

/* Every pair is the same loop, with a tick and without. */
#define LOOPS(name, block)                   \
  static uint64_t name##Plain(uint64_t x) {  \
    size_t i;                                \
    for (i = 0; i < BLOCKS; i++) {           \
      block;                                 \
      __asm__ volatile("" : "+r"(x));        \
    }                                        \
    return x;                                \
  }                                          \
  static uint64_t name##Ticked(uint64_t x) { \
    size_t i;                                \
    for (i = 0; i < BLOCKS; i++) {           \
      block;                                 \
      __asm__ volatile("" : "+r"(x));        \
      MutatorTick(&backstep);                \
    }                                        \
    return x;                                \
  }

LOOPS(add, x += x >> 7)
LOOPS(xorshift, x ^= x << 13; x ^= x >> 7; x ^= x << 17)
LOOPS(collatz, x = (x & 1) != 0 ? 3 * x + 1 : x / 2; x += x < 2 ? 97 : 0)

/* As a compiler without optimisation has it: every variable is in memory. */
#define IN_MEMORY(name, tick)        \
  static uint64_t name(uint64_t x) { \
    volatile uint64_t a = x, b = 1;  \
    volatile size_t i;               \
    for (i = 0; i < BLOCKS; i++) {   \
      a = a + b;                     \
      b = b ^ (a >> 3);              \
      tick;                          \
    }                                \
    return a;                        \
  }

IN_MEMORY(memoryPlain, (void)0)
IN_MEMORY(memoryTicked, MutatorTick(&backstep))

typedef struct Loop {
  const char *what;
  uint64_t (*plain)(uint64_t x), (*ticked)(uint64_t x);
} Loop;

static const Loop loops[] = {
    {"shift, add", addPlain, addTicked},
    {"xorshift", xorshiftPlain, xorshiftTicked},
    {"branch, multiply, add", collatzPlain, collatzTicked},
    {"variables in memory", memoryPlain, memoryTicked},
};

static double timeOf(uint64_t (*loop)(uint64_t x)) {
  volatile uint64_t sink;
  double start = seconds();
  sink = loop(12345);
  (void)sink;
  return seconds() - start;
}

static void printRatio(const char *what, double *plain, double *ticked, double scale, const char *unit) {
  const Figure a = figure(plain), b = figure(ticked);
  printf("  %-24s %8.2f %s without (%.2f to %.2f), %8.2f with (%.2f to %.2f): %.2f times, of the least %.2f\n", what,
         a.median * scale, unit, a.least * scale, a.most * scale, b.median * scale, b.least * scale, b.most * scale,
         b.median / a.median, b.least / a.least);
}

static void ticks(void) {
  double plain[Rounds], ticked[Rounds];
  size_t i;
  int round;
  must(MutatorBackstepStart(&backstep) == MutatorResOK, "start");
  for (i = 0; i < sizeof loops / sizeof loops[0]; i++) {
    for (round = 0; round < Rounds; round++) {
      plain[round] = timeOf(loops[i].plain);
      ticked[round] = timeOf(loops[i].ticked);
    }
    printRatio(loops[i].what, plain, ticked, 1e9 / (double)BLOCKS, "ns");
  }
}

/* digits of pi ---------------------------------------------------------------------- */

enum { Terms = 6700 };

/* One digit: a column of the spigot (examples/pi_digits.c). */
static int plainColumn(int *remainder) {
  int carry = 0, i;
  for (i = Terms; i > 0; i--) {
    const int value = 10 * remainder[i] + carry * (i + 1);
    remainder[i] = value % (2 * i + 1);
    carry = value / (2 * i + 1);
  }
  return carry;
}

static int tickedColumn(int *remainder) {
  int carry = 0, i;
  for (i = Terms; i > 0; i--) {
    const int value = 10 * remainder[i] + carry * (i + 1);
    MutatorTick(&backstep);
    remainder[i] = value % (2 * i + 1);
    carry = value / (2 * i + 1);
  }
  return carry;
}

static double timeDigits(int (*column)(int *remainder)) {
  int *remainder = (int *)(void *)heap, digit;
  volatile int sink;
  double start = seconds();
  for (digit = 0; digit <= Terms; digit++)
    remainder[digit] = 2;
  for (digit = 0; digit < 1000; digit++)
    sink = column(remainder);
  (void)sink;
  return seconds() - start;
}

static double plainDigits[Rounds];

static void digits(void) {
  static double ticked[Rounds];
  static int round;
  must(MutatorBackstepStart(&backstep) == MutatorResOK, "start");
  for (round = 0; round < Rounds; round++)
    ticked[round] = timeDigits(tickedColumn);
  printRatio("1,000 digits of pi", plainDigits, ticked, 1e3, "ms");
}

/* What the process has in memory, bytes. */
static double resident(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long all = 0, here = 0;
  if (file == NULL)
    return 0;
  if (fscanf(file, "%lu %lu", &all, &here) != 2)
    here = 0;
  (void)fclose(file);
  return (double)here * Page;
}

static double residentBefore;

/* What 225 checkpoints take, beside the program itself. */
static void growth(void) {
  MutatorBackstepStatsStruct stats;
  must(MutatorBackstepStart(&backstep) == MutatorResOK, "start");
  (void)timeDigits(tickedColumn);
  must(MutatorBackstepStatsGet(&backstep, &stats) == MutatorResOK, "statistics");
  printf("  %lu checkpoints: %.0f KiB of log, %.1f KiB each, for %.0f KiB that are all written between two of them; a\n"
         "  process of %.1f MiB becomes one of %.1f MiB: %.1f times\n",
         (unsigned long)stats.checkpoints, (double)stats.used / 1024,
         (double)stats.used / 1024 / (double)stats.checkpoints, (double)(Terms * sizeof(int)) / 1024,
         residentBefore / (1 << 20), (residentBefore + (double)stats.used) / (1 << 20),
         (residentBefore + (double)stats.used) / residentBefore);
}

/* checkpoints, and fork --------------------------------------------------------------- */

static const double shares[] = {0.1, 1, 5, 25};
enum { Shares = sizeof shares / sizeof shares[0] };

/* Scattered, so that every dirty page is a stretch of its own as long as there are few. */
static double writePages(size_t count) {
  const size_t pages = HEAP / Page, step = pages / count;
  double start = seconds();
  size_t i;
  for (i = 0; i < count; i++)
    *(volatile unsigned char *)(heap + i * step * Page) += 1;
  return seconds() - start;
}

typedef struct Cost {
  double checkpoint[Rounds], writes[Rounds];
} Cost;

static Cost byBackstep[Shares], byFork[Shares];

static size_t pagesOf(int share) { return (size_t)(shares[share] / 100 * (double)(HEAP / Page)); }

/* A checkpoint closes what the interval before has opened: so it is of as many pages. */
static void checkpointRound(int share, int round) {
  double start;
  (void)writePages(pagesOf(share));
  start = seconds();
  must(MutatorBackstepCheckpoint(&backstep) == MutatorResOK, "checkpoint");
  byBackstep[share].checkpoint[round] = seconds() - start;
  byBackstep[share].writes[round] = writePages(pagesOf(share));
}

/* The child holds the checkpoint until it is given up. */
static void forkRound(int share, int round) {
  double start = seconds();
  const pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0)
    for (;;)
      (void)pause();
  byFork[share].checkpoint[round] = seconds() - start;
  byFork[share].writes[round] = writePages(pagesOf(share));
  (void)kill(child, SIGKILL);
  (void)waitpid(child, NULL, 0);
}

static void checkpoints(void) {
  int share, round;
  must(MutatorBackstepStart(&backstep) == MutatorResOK, "start");
  for (share = 0; share < Shares; share++)
    for (round = 0; round < Rounds; round++)
      checkpointRound(share, round);
}

static double total(Cost *cost) {
  const Figure checkpoint = figure(cost->checkpoint), writes = figure(cost->writes);
  return checkpoint.median + writes.median;
}

static void printCost(const char *what, Cost *cost, size_t pages) {
  const Figure checkpoint = figure(cost->checkpoint), writes = figure(cost->writes);
  printf("    %-10s checkpoint %8.1f us (%.1f to %.1f), each dirty page %6.2f us (%.2f to %.2f), together %9.1f us\n",
         what, checkpoint.median * 1e6, checkpoint.least * 1e6, checkpoint.most * 1e6,
         writes.median * 1e6 / (double)pages, writes.least * 1e6 / (double)pages, writes.most * 1e6 / (double)pages,
         total(cost) * 1e6);
}

/* Both grow by so much a dirty page, from what they cost with none. */
static void printCrossover(void) {
  int share;
  for (share = 0; share < Shares; share++)
    if (total(&byBackstep[share]) > total(&byFork[share]))
      break;
  if (share == Shares)
    printf("  back-stepping costs less than fork at each of these\n");
  else if (share == 0)
    printf("  fork costs less at each of these\n");
  else
    printf("  the crossover is between %.1f %% and %.1f %% dirty\n", shares[share - 1], shares[share]);
}

static void forks(void) {
  int share, round;
  for (share = 0; share < Shares; share++)
    for (round = 0; round < Rounds; round++)
      forkRound(share, round);
}

/* one step back ------------------------------------------------------------------------ */

enum { Steps = 200 };
static double asked, back[Steps];
static unsigned steps;

static void onStop(MutatorBackstep of, MutatorBackstepStop stop, void *closure) {
  (void)of;
  (void)closure;
  if (asked != 0)
    back[steps++] = seconds() - asked;
  if (steps == Steps)
    return;
  stop->go = MutatorBackstepGoTO;
  stop->tick = stop->now - 1;
  asked = seconds();
}

static void stepping(void) {
  volatile uint64_t *words = (volatile uint64_t *)(void *)heap;
  uint64_t state = 1;
  size_t i;
  must(MutatorBackstepStart(&backstep) == MutatorResOK, "start");
  if (!MutatorBackstepReplaying(&backstep))
    (void)MutatorBackstepTo(&backstep, 1000 * 1000);
  for (i = 0; i < 1001 * 1000; i++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    words[(state >> 40) % (HEAP / 1024)] += state;
    MutatorTick(&backstep);
  }
}

static void stepBack(uint64_t density) {
  defaults();
  options.density = density;
  options.callback = onStop;
  steps = 0;
  asked = 0;
  run(stepping, HEAP);
  measureSort(back, Steps);
  printf("  density %6lu: median %8.1f us, 95 of 100 below %8.1f us, most %8.1f us\n", (unsigned long)density,
         back[Steps / 2] * 1e6, back[Steps * 95 / 100] * 1e6, back[Steps - 1] * 1e6);
}

int main(void) {
  int round, share;
  must(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  residentBefore = resident();
  heap = mmap(NULL, HEAP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(heap != MAP_FAILED, "no memory");
#ifdef MADV_NOHUGEPAGE
  (void)madvise(heap, HEAP, MADV_NOHUGEPAGE);
#endif
  memset(heap, 1, HEAP);

  printf("ticks: a basic block, a checkpoint every 524,288 ticks\n");
  defaults();
  run(ticks, Page);
  for (round = 0; round < Rounds; round++)
    plainDigits[round] = timeDigits(plainColumn);
  run(digits, HEAP);

  printf("memory\n");
  options.keep = 1024;
  options.density = (uint64_t)Terms * 1000 / (Checkpoints - 1);
  run(growth, HEAP);

  printf("checkpoints of 64 MiB, by the share that is written between two of them\n");
  defaults();
  options.density = MutatorBackstepNEVER;
  run(checkpoints, HEAP);
  forks();
  for (share = 0; share < Shares; share++) {
    printf("  %4.1f %% (%zu pages)\n", shares[share], pagesOf(share));
    printCost("backstep", &byBackstep[share], pagesOf(share));
    printCost("fork", &byFork[share], pagesOf(share));
  }
  printCrossover();

  printf("one step back\n");
  stepBack(524288);
  stepBack(65536);
  stepBack(4096);
  stepBack(256);
  return 0;
}
