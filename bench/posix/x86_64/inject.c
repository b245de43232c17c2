/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/inject.c -- what an injected call costs, beside the same trap with an empty handler
 *
 * One UD2, handled in four ways, each some thousands of times a round, one way
 * after the other, so that a machine that gets faster or slower does so for
 * all; ratios are taken within a round.  Printed are medians over the rounds,
 * and in brackets from the 10th to the 90th percentile.  The empty handler is
 * measured twice: how far their ratio is from one is the machine's noise.
 *
 * usage: bench_inject [--rounds N] [--traps N]
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mutator.h>

#include "cc/cpuid.h"

#include "measure.h"

#include <bench_registers.h>

enum { RoundsMost = 1000, TrapLength = 2 };

static void need(int condition, const char *what) {
  if (condition)
    return;
  (void)fprintf(stderr, "bench_inject: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void bare(int signal, siginfo_t *info, void *pointer) {
  (void)signal, (void)info;
  *benchPC(pointer) += TrapLength;
}

static void callback(MutatorContext context, void *closure) {
  MutatorWord pc = 0;
  (void)closure;
  (void)MutatorContextGetRegister(context, MutatorRegisterPC, &pc);
  (void)MutatorContextSetRegister(context, MutatorRegisterPC, pc + TrapLength);
}

static void inject(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  if (MutatorFaultRecover(info, ucontext) || benchInit(&context, info, ucontext) != MutatorResOK ||
      MutatorInjectReturn(&context))
    return;
  if (MutatorInject(&context, callback, NULL, NULL) != MutatorResOK)
    abort();
}

typedef struct Way {
  const char *name, *target;
  void (*handler)(int, siginfo_t *, void *);
  MutatorInjectBack back;
  double ns[RoundsMost], ratio[RoundsMost];
} Way;

static Way ways[] = {
    {.name = "empty handler: advance the PC", .target = "", .handler = bare},
    {.name = "injected call, straight return", .target = "at most 1.4", .handler = inject},
    {.name = "injected call, second trap", .target = "at most 2.5", .handler = inject, .back = MutatorInjectBackTRAP},
    {.name = "empty handler again", .target = "noise", .handler = bare},
};
enum { Ways = sizeof ways / sizeof ways[0] };

static void *area;

static void attach(const Way *way) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = way->back};
  need(MutatorInjectAttach(area, MutatorInjectAreaSize(1), &options) == MutatorResOK, "MutatorInjectAttach");
}

static void install(const Way *way) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = way->handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  need(sigaction(SIGILL, &action, NULL) == 0 && sigaction(BENCH_MEMORY, &action, NULL) == 0, "sigaction");
}

static double measure(const Way *way, unsigned traps) {
  double start = 0;
  unsigned i;
  attach(way);
  install(way);
  for (i = 0; i < traps + 20; i++) {
    if (i == 20)
      start = now();
    __asm__ volatile("ud2" ::: "memory");
  }
  start = now() - start;
  (void)MutatorInjectDetach();
  return start / traps;
}

static void print(Way *way, unsigned rounds) {
  printf("  %-34s %8.0f ns   %6.3f [%.3f to %.3f]  %s\n", way->name, measurePercentile(way->ns, rounds, 50),
         measurePercentile(way->ratio, rounds, 50), measurePercentile(way->ratio, rounds, 10),
         measurePercentile(way->ratio, rounds, 90), way->target);
}

static unsigned number(int argc, char **argv, const char *name, unsigned otherwise, unsigned most) {
  int i;
  for (i = 1; i + 1 < argc; i += 2)
    if (strcmp(argv[i], name) == 0 && atoi(argv[i + 1]) > 0)
      return (unsigned)atoi(argv[i + 1]) < most ? (unsigned)atoi(argv[i + 1]) : most;
  return otherwise;
}

/* What XSAVE's standard format takes with these registers (Intel SDM volume 1, section 13.4; the
 * offsets beyond are those of Intel's CPUs). */
static const struct {
  const char *name;
  size_t size;
} features[] = {
    {"x87 and SSE, by FXSAVE", 512},
    {"AVX", 832},
    {"AVX-512", 2688},
    {"AVX-512 and protection keys", 2696},
    {"AVX-512, protection keys and AMX", 11008},
};

static size_t aligned(size_t size) { return (size + 63) / 64 * 64; }

/* All but the vector registers is the same everywhere. */
static void printSizes(void) {
  const size_t one = MutatorInjectAreaSize(1), level = MutatorInjectAreaSize(2) - one;
  const size_t here = aligned(cpuidRead(0xd, 0).ebx);
  size_t i;
  printf("An area takes %zu bytes on this CPU, and %zu for each further level of nesting; with\n", one, level);
  for (i = 0; i < sizeof features / sizeof features[0]; i++)
    printf("  %-34s %6zu and %6zu\n", features[i].name, one - here + aligned(features[i].size),
           level - here + aligned(features[i].size));
}

int main(int argc, char **argv) {
  const unsigned rounds = number(argc, argv, "--rounds", 51, RoundsMost);
  const unsigned traps = number(argc, argv, "--traps", 2000, 1000000);
  unsigned round, i;
  need(MutatorFaultSetup(NULL) == MutatorResOK, "MutatorFaultSetup");
  area = aligned_alloc(64, MutatorInjectAreaSize(1));
  need(area != NULL, "no memory");
  memset(area, 0, MutatorInjectAreaSize(1));
  for (round = 0; round < rounds; round++) {
    for (i = 0; i < Ways; i++)
      ways[i].ns[round] = measure(&ways[i], traps);
    for (i = 0; i < Ways; i++)
      ways[i].ratio[round] = ways[i].ns[round] / ways[0].ns[round];
  }
  printf("%u rounds of %u traps; median, and ratio to the empty handler [10th to 90th percentile]\n", rounds, traps);
  for (i = 0; i < Ways; i++)
    print(&ways[i], rounds);
  printSizes();
  return 0;
}
