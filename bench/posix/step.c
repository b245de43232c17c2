/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/step.c -- what it costs to step over a fault, and what else it could cost
 *
 * The same store to the same protected page, handled in several ways.  A round
 * is some thousands of faults handled in each way, one way after the other, so
 * that a machine that gets faster or slower does so for all; ratios are taken within
 * a round.  Printed are medians over the rounds, and in brackets from the 10th to the
 * 90th percentile, which is the machine's noise.  The empty handler is measured twice: how
 * far the ratio of the two is from one says what the other ratios are worth.
 *
 * Time is the thread's own processor time, so that other programs disturb little.
 *
 * An empty handler leaves the resume flag set, and then the kernel returns by
 * IRET; a step clears it, as the CPU would, and the kernel returns by SYSRET, which is
 * faster where PTI or a hypervisor is in the way.  So a third handler that only
 * advances the PC and clears the flag tells what the library itself costs.
 *
 * Another thread of this program is busy meanwhile, as mutators are: a changed
 * protection has to reach its processor too.  --beside N says how many; 0 is none.
 *
 * usage: bench_step [--beside N] [--rounds N] [--faults N] [--quick] [--json FILE]
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <mutator.h>

#include "measure.h"

#include "arch/x86/plan.h"
#include "core/plan_cache.h"

#include <bench_registers.h>
#include <store.h>

enum { RoundsMost = 1000, StackSize = 1 << 18, RF = 0x10000, TF = 0x100 };

static void need(int condition, const char *what) {
  if (condition)
    return;
  (void)fprintf(stderr, "bench_step: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* For use in a handler. */
static void needQuietly(int condition) {
  if (!condition)
    abort();
}

static double now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* the memory, and the instruction that faults ------------------------------------------- */

static MutatorWindowStruct window;
static unsigned char *base;    /* the window's: shared memory */
static unsigned char *private; /* for the process memory */
static size_t pageSize;

/* One PC for all: benchStoreAt, which is in benchStore. */
void benchStore(void *address, MutatorWord value) __asm__("benchStore");
extern const unsigned char benchStoreAt[] __asm__("benchStoreAt");
__asm__(".text\n.globl benchStore, benchStoreAt\n.p2align 4\n" STORE_CODE);

static void protect(void *page, int protection) { need(mprotect(page, pageSize, protection) == 0, "mprotect"); }

/* ways to handle it ----------------------------------------------------------------------- */

static void bare(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  (void)signal;
  (void)info;
  *benchPC(ucontext) += STORE_LENGTH;
}

static void bareResumed(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  bare(signal, info, pointer);
  *benchFlags(ucontext) &= ~(uint32_t)RF;
}

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultStep(context) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

static void client(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  if (MutatorFaultRecover(info, ucontext))
    return;
  needQuietly(benchInit(&context, info, ucontext) == MutatorResOK);
  needQuietly(MutatorContextCanStepInstruction(&context));
  needQuietly(MutatorContextStepInstructionWith(&context, MutatorWindowMemory(&window)) == MutatorResOK);
}

static void process(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  needQuietly(benchInit(&context, info, ucontext) == MutatorResOK);
  needQuietly(MutatorContextStepInstructionWith(&context, MutatorMemoryProcess()) == MutatorResOK);
}

static void unprotect(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  needQuietly(benchInit(&context, info, ucontext) == MutatorResOK);
  needQuietly(mprotect(base, pageSize, PROT_READ | PROT_WRITE) == 0);
  needQuietly(MutatorContextStepInstruction(&context) == MutatorResOK);
  needQuietly(mprotect(base, pageSize, PROT_NONE) == 0);
}

static void trap(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  (void)info;
  if (signal == BENCH_MEMORY) {
    needQuietly(mprotect(base, pageSize, PROT_READ | PROT_WRITE) == 0);
    *benchFlags(ucontext) |= TF;
  } else {
    needQuietly(mprotect(base, pageSize, PROT_NONE) == 0);
    *benchFlags(ucontext) &= ~(uint32_t)TF;
  }
}

typedef void (*Handler)(int, siginfo_t *, void *);

typedef struct Way {
  const char *key, *name;
  Handler handler; /* NULL: the library's hook */
  unsigned char **page;
  double ns[RoundsMost], ratio[RoundsMost];
} Way;

enum { WayBARE = 0, WayWINDOW, WayCLIENT, WayPROCESS, WayUNPROTECT, WayTRAP, WayRESUMED, WayAGAIN, Ways };

static Way ways[Ways] = {
    [WayBARE] = {.key = "bare", .name = "empty handler: advance the PC", .handler = bare, .page = &base},
    [WayWINDOW] = {.key = "window", .name = "window: hook, callback, FaultStep", .page = &base},
    [WayCLIENT] = {.key = "client", .name = "window: own handler, CanStep, Step", .handler = client, .page = &base},
    [WayPROCESS] = {.key = "process",
                    .name = "process memory: own handler, Step",
                    .handler = process,
                    .page = &private},
    [WayUNPROTECT] = {.key = "unprotect", .name = "unprotect, Step, reprotect", .handler = unprotect, .page = &base},
    [WayTRAP] = {.key = "trap", .name = "unprotect, trap flag, reprotect", .handler = trap, .page = &base},
    [WayRESUMED] = {.key = "resumed",
                    .name = "empty handler: and clear the resume flag",
                    .handler = bareResumed,
                    .page = &base},
    [WayAGAIN] = {.key = "again", .name = "empty handler again", .handler = bare, .page = &base},
};

static struct sigaction hook; /* the library's */

static void install(const Way *way) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = way->handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  need(sigaction(BENCH_MEMORY, way->handler == NULL ? &hook : &action, NULL) == 0, "sigaction");
  if (way->handler != NULL)
    need(sigaction(SIGTRAP, &action, NULL) == 0, "sigaction");
}

static double measureWay(const Way *way, unsigned faults) {
  unsigned char *page = *way->page;
  double start;
  unsigned i;
  install(way);
  for (i = 0; i < 20; i++)
    benchStore(page, i); /* warm */
  start = now();
  for (i = 0; i < faults; i++)
    benchStore(page, i);
  return (now() - start) / faults;
}

static void measureWays(unsigned rounds, unsigned faults) {
  unsigned round, i;
  for (i = 0; i < Ways; i++)
    (void)measureWay(&ways[i], faults);
  for (round = 0; round < rounds; round++) {
    for (i = 0; i < Ways; i++)
      ways[i].ns[round] = measureWay(&ways[i], faults);
    for (i = 0; i < Ways; i++)
      ways[i].ratio[round] = ways[i].ns[round] / ways[WayBARE].ns[round];
  }
}

/* without a fault: inside one handler, on the record of its fault --------------------------- */

typedef struct Part {
  const char *key, *name;
  void (*run)(unsigned times);
  double ns[RoundsMost];
} Part;

/* The record that the parts work on. */
static siginfo_t *liveInfo;
static ucontext_t *liveUcontext;
static const unsigned char storeBytes[ARCH_FETCH_MAX] = {STORE_BYTES};
static volatile MutatorWord sink;

static void back(void) {
  *benchPC(liveUcontext) = (MutatorWord)benchStoreAt;
  *benchFlags(liveUcontext) |= RF;
}

static void partHit(unsigned times) {
  ArchPlanStruct plan;
  while (times-- > 0)
    needQuietly(mutatorPlanCacheFind(&plan, (MutatorWord)benchStoreAt, storeBytes, sizeof storeBytes));
}

/* Not found, decoded, voted on, remembered. */
static void partMiss(unsigned times) {
  ArchPlanStruct plan;
  MutatorWord pc = 0x1000;
  while (times-- > 0) {
    needQuietly(!mutatorPlanCacheFind(&plan, pc, storeBytes, sizeof storeBytes));
    needQuietly(mutatorArchPlan(&plan, storeBytes, sizeof storeBytes, pc) == MutatorDeclineNONE);
    mutatorPlanCacheAdd(&plan, pc++, storeBytes);
  }
}

static void partRaw(unsigned times) {
  PlanStruct plan;
  while (times-- > 0) {
    needQuietly(mutatorPlanMake(&plan, storeBytes, sizeof storeBytes) == MutatorDeclineNONE);
    sink = plan.length;
  }
}

static void partFetch(unsigned times) {
  unsigned char bytes[ARCH_FETCH_MAX];
  while (times-- > 0)
    needQuietly(mutatorArchFetch(bytes, (MutatorWord)benchStoreAt) == ARCH_FETCH_MAX);
}

static void partInit(unsigned times) {
  MutatorContextStruct context;
  while (times-- > 0) {
    needQuietly(benchInit(&context, liveInfo, liveUcontext) == MutatorResOK);
    sink = context.signature;
  }
}

static void partCanStep(unsigned times) {
  MutatorContextStruct context;
  while (times-- > 0) {
    needQuietly(benchInit(&context, liveInfo, liveUcontext) == MutatorResOK);
    needQuietly(MutatorContextCanStepInstruction(&context));
  }
}

static void partStep(unsigned times) {
  MutatorContextStruct context;
  MutatorMemory memory = MutatorWindowMemory(&window);
  while (times-- > 0) {
    needQuietly(benchInit(&context, liveInfo, liveUcontext) == MutatorResOK);
    needQuietly(MutatorContextStepInstructionWith(&context, memory) == MutatorResOK);
    back();
  }
}

static void partDispatch(unsigned times) {
  while (times-- > 0) {
    needQuietly(MutatorFaultDispatch(BENCH_MEMORY, liveInfo, liveUcontext));
    back();
  }
}

static MutatorRes scanArea(void *areaBase, void *areaLimit, void *closure) {
  MutatorWord *word;
  (void)closure;
  for (word = areaBase; word < (MutatorWord *)areaLimit; word++)
    sink = *word;
  return MutatorResOK;
}

static void partScan(unsigned times) {
  MutatorContextStruct context;
  needQuietly(benchInit(&context, liveInfo, liveUcontext) == MutatorResOK);
  while (times-- > 0)
    needQuietly(MutatorContextScan(&context, scanArea, NULL) == MutatorResOK);
}

static Part parts[] = {
    {.key = "fetch", .name = "fetch the bytes", .run = partFetch},
    {.key = "hit", .name = "plan cache hit", .run = partHit},
    {.key = "miss", .name = "plan cache miss, and decode", .run = partMiss},
    {.key = "raw", .name = "of that, our decoder without Capstone", .run = partRaw},
    {.key = "init", .name = "InitFault", .run = partInit},
    {.key = "canstep", .name = "InitFault, CanStep", .run = partCanStep},
    {.key = "step", .name = "InitFault, Step through the window", .run = partStep},
    {.key = "dispatch", .name = "Dispatch: range, callback, FaultStep", .run = partDispatch},
    {.key = "scan", .name = "Scan every register", .run = partScan},
};
enum { Parts = sizeof parts / sizeof parts[0] };

static unsigned partRounds, partTimes;

static void measureParts(int signal, siginfo_t *info, void *ucontext) {
  unsigned round, i;
  (void)signal;
  if (MutatorFaultRecover(info, ucontext))
    return;
  liveInfo = info;
  liveUcontext = ucontext;
  for (i = 0; i < Parts; i++)
    parts[i].run(partTimes);
  for (round = 0; round < partRounds; round++)
    for (i = 0; i < Parts; i++) {
      double start = now();
      parts[i].run(partTimes);
      parts[i].ns[round] = (now() - start) / partTimes;
    }
  *benchPC(liveUcontext) += STORE_LENGTH;
}

static void measureWithoutFaults(unsigned rounds, unsigned times) {
  const Way way = {.handler = measureParts};
  partRounds = rounds;
  partTimes = times;
  install(&way);
  benchStore(base, 1);
}

/* results ------------------------------------------------------------------------------------ */

typedef struct Summary {
  double low, median, high;
} Summary;

static Summary summarize(const double *values, unsigned count) {
  static double sorted[RoundsMost];
  Summary summary;
  memcpy(sorted, values, count * sizeof *sorted);
  summary.low = measurePercentile(sorted, count, 10);
  summary.median = measurePercentile(sorted, count, 50);
  summary.high = measurePercentile(sorted, count, 90);
  return summary;
}

/* How many times as long one way takes as another, in each round. */
static Summary compareWays(unsigned slow, unsigned fast, unsigned rounds) {
  static double ratios[RoundsMost];
  unsigned i;
  for (i = 0; i < rounds; i++)
    ratios[i] = ways[slow].ns[i] / ways[fast].ns[i];
  return summarize(ratios, rounds);
}

typedef struct Target {
  const char *name, *target;
  unsigned slow, fast;
} Target;

static const Target targets[] = {
    {"window / empty handler", "<= 1.10", WayWINDOW, WayBARE},
    {"window, own handler / empty handler", "<= 1.10", WayCLIENT, WayBARE},
    {"window / empty handler that clears RF", "", WayWINDOW, WayRESUMED},
    {"unprotect, Step, reprotect / window", ">= 2", WayUNPROTECT, WayWINDOW},
    {"trap flag, unprotect, reprotect / window", ">= 5", WayTRAP, WayWINDOW},
    {"process memory / window", "about 1.5", WayPROCESS, WayWINDOW},
    {"empty handler again / empty handler (noise)", "1", WayAGAIN, WayBARE},
};
enum { Targets = sizeof targets / sizeof targets[0] };

static void printResults(unsigned rounds, unsigned faults) {
  unsigned i;
  (void)printf("%u rounds of %u faults each way; context %zu bytes; median [10th to 90th percentile]\n\n", rounds,
               faults, sizeof(MutatorContextStruct));
  (void)printf("%-44s %8s  %-18s %6s  %s\n", "one fault, handled by", "ns", "", "ratio", "");
  for (i = 0; i < Ways; i++) {
    Summary ns = summarize(ways[i].ns, rounds), ratio = summarize(ways[i].ratio, rounds);
    (void)printf("%-44s %8.0f  [%6.0f to %6.0f] %6.3f  [%.3f to %.3f]\n", ways[i].name, ns.median, ns.low, ns.high,
                 ratio.median, ratio.low, ratio.high);
  }
  (void)printf("\n%-44s %8s  %-18s\n", "without a fault", "ns", "");
  for (i = 0; i < Parts; i++) {
    Summary ns = summarize(parts[i].ns, rounds);
    (void)printf("%-44s %8.1f  [%6.1f to %6.1f]\n", parts[i].name, ns.median, ns.low, ns.high);
  }
  (void)printf("\n%-44s %9s  %8s  %s\n", "", "target", "measured", "noise");
  for (i = 0; i < Targets; i++) {
    Summary ratio = compareWays(targets[i].slow, targets[i].fast, rounds);
    (void)printf("%-44s %9s  %8.3f  [%.3f to %.3f]\n", targets[i].name, targets[i].target, ratio.median, ratio.low,
                 ratio.high);
  }
}

static void printSummary(FILE *file, const char *key, Summary summary, const char *end) {
  (void)fprintf(file, "    \"%s\": {\"p10\": %.4g, \"median\": %.4g, \"p90\": %.4g}%s\n", key, summary.low,
                summary.median, summary.high, end);
}

static void writeJson(const char *name, unsigned rounds, unsigned faults) {
  FILE *file = fopen(name, "w");
  unsigned i;
  need(file != NULL, name);
  (void)fprintf(file, "{\n  \"rounds\": %u,\n  \"faults\": %u,\n  \"ns\": {\n", rounds, faults);
  for (i = 0; i < Ways; i++)
    printSummary(file, ways[i].key, summarize(ways[i].ns, rounds), ",");
  for (i = 0; i < Parts; i++)
    printSummary(file, parts[i].key, summarize(parts[i].ns, rounds), i + 1 < Parts ? "," : "");
  (void)fprintf(file, "  },\n  \"ratio\": {\n");
  for (i = 0; i < Targets; i++)
    printSummary(file, targets[i].name, compareWays(targets[i].slow, targets[i].fast, rounds),
                 i + 1 < Targets ? "," : "");
  (void)fprintf(file, "  }\n}\n");
  need(fclose(file) == 0, name);
}

/* set-up --------------------------------------------------------------------------------------- */

static void *beBusy(void *closure) {
  volatile unsigned long *turns = closure;
  while (*turns < (unsigned long)-1)
    ++*turns;
  return NULL;
}

static void startBeside(unsigned count) {
  static volatile unsigned long turns;
  pthread_t thread;
  while (count-- > 0)
    need(pthread_create(&thread, NULL, beBusy, (void *)(uintptr_t)&turns) == 0, "pthread_create");
}

static void setUp(void) {
  static MutatorFaultRangeStruct range;
  stack_t stack;
  pageSize = (size_t)sysconf(_SC_PAGESIZE);
  memset(&stack, 0, sizeof stack);
  stack.ss_size = StackSize;
  stack.ss_sp = mmap(NULL, StackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(stack.ss_sp != MAP_FAILED && sigaltstack(&stack, NULL) == 0, "alternate stack");
  need(MutatorFaultSetup(NULL) == MutatorResOK, "MutatorFaultSetup");
  need(sigaction(BENCH_MEMORY, NULL, &hook) == 0, "sigaction");
  need(MutatorWindowCreate(&window, pageSize, MutatorWindowForkREFUSE) == MutatorResOK, "MutatorWindowCreate");
  base = MutatorWindowBase(&window);
  private = mmap(NULL, pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(private != MAP_FAILED, "mmap");
  benchStore(base, 1);
  benchStore(private, 1);
  need(MutatorFaultRangeAdd(&range, base, base + pageSize, callback, NULL, &window) == MutatorResOK, "RangeAdd");
  protect(base, PROT_NONE);
  protect(private, PROT_NONE);
}

static unsigned number(const char *text, unsigned least, unsigned most) {
  char *end = NULL;
  unsigned long value = text == NULL ? 0 : strtoul(text, &end, 10);
  if (end != NULL && end != text && *end == '\0' && value >= least && value <= most)
    return (unsigned)value;
  (void)fprintf(stderr, "bench_step: a number from %u to %u is wanted\n", least, most);
  exit(2);
}

int main(int argc, char **argv) {
  unsigned rounds = 60, faults = 2000, beside = 1;
  const char *json = NULL;
  int i;
  for (i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--quick") == 0) {
      rounds = 10;
      faults = 500;
    } else if (strcmp(argv[i], "--rounds") == 0) {
      rounds = number(argv[++i], 1, RoundsMost);
    } else if (strcmp(argv[i], "--beside") == 0) {
      beside = number(argv[++i], 0, 64);
    } else if (strcmp(argv[i], "--faults") == 0) {
      faults = number(argv[++i], 1, 10000000);
    } else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      json = argv[++i];
    } else {
      (void)fprintf(stderr, "usage: bench_step [--beside N] [--rounds N] [--faults N] [--quick] [--json FILE]\n");
      return 2;
    }
  }
  startBeside(beside);
  benchStay();
  setUp();
  measureWays(rounds, faults);
  measureWithoutFaults(rounds, 20000);
  (void)printf("%u other threads busy; ", beside);
  printResults(rounds, faults);
  if (json != NULL)
    writeJson(json, rounds, faults);
  return 0;
}
