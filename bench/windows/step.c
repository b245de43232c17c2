/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/windows/step.c -- what it costs to step over a fault on Windows
 *
 * The same store to the same protected page, handled in several ways, one way
 * after the other in each round.  Printed are each way's least time, and its ratio to the
 * empty handler's least; then medians over the rounds, the ratio taken within a
 * round, and in brackets that ratio from the 10th to the 90th percentile.
 * The empty handler is measured twice: how far the ratio of the two is from one
 * says what the other ratios are worth.
 *
 * Under Wine a fault costs what Wine makes of it, and a changed protection is a
 * message to another process.
 *
 * usage: bench_step [ROUNDS [FAULTS]]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mutator.h>

#include "measure.h"

#include <store.h>

enum { RoundsMost = 1000 };
#define FLAG_TRAP 0x100u

static void need(int condition, const char *what) {
  if (condition)
    return;
  (void)fprintf(stderr, "bench_step: %s: error %lu\n", what, (unsigned long)GetLastError());
  exit(1);
}

/* For use in a handler. */
static void needQuietly(int condition) {
  if (!condition)
    abort();
}

/* Of a clock that all programs share; the machine should be quiet. */
static double now(void) {
  LARGE_INTEGER count, frequency;
  (void)QueryPerformanceCounter(&count);
  (void)QueryPerformanceFrequency(&frequency);
  return (double)count.QuadPart * 1e9 / (double)frequency.QuadPart;
}

/* the memory, and the instruction that faults ------------------------------------------- */

static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static unsigned char *base;
static size_t pageSize;

STORE_CALL void benchStore(void *address, MutatorWord value) __asm__("benchStore");
__asm__(".text\n.globl benchStore\n.p2align 4\n" STORE_CODE);

static void protect(DWORD protection) {
  DWORD before;
  needQuietly(VirtualProtect(base, pageSize, protection, &before));
}

/* ways to handle it ----------------------------------------------------------------------- */

static MutatorWord pcOf(MutatorContext context) { return (MutatorWord)MutatorContextPC(context); }

/* What any handler has to do to get past the store, and no more. */
static LONG WINAPI bare(EXCEPTION_POINTERS *pointers) {
  MutatorContextStruct context;
  needQuietly(MutatorContextInitFault(&context, pointers) == MutatorResOK);
  needQuietly(MutatorContextSetRegister(&context, MutatorRegisterPC, pcOf(&context) + STORE_LENGTH) == MutatorResOK);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static MutatorFaultResult callback(MutatorFaultRange faulted, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  (void)faulted;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultStep(context) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

static LONG WINAPI client(EXCEPTION_POINTERS *pointers) {
  MutatorContextStruct context;
  if (MutatorFaultRecover(pointers))
    return EXCEPTION_CONTINUE_EXECUTION;
  needQuietly(MutatorContextInitFault(&context, pointers) == MutatorResOK);
  needQuietly(MutatorContextCanStepInstruction(&context));
  needQuietly(MutatorContextStepInstructionWith(&context, MutatorWindowMemory(&window)) == MutatorResOK);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI unprotect(EXCEPTION_POINTERS *pointers) {
  MutatorContextStruct context;
  needQuietly(MutatorContextInitFault(&context, pointers) == MutatorResOK);
  protect(PAGE_READWRITE);
  needQuietly(MutatorContextStepInstruction(&context) == MutatorResOK);
  protect(PAGE_NOACCESS);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI trap(EXCEPTION_POINTERS *pointers) {
  if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_SINGLE_STEP) {
    protect(PAGE_NOACCESS);
    pointers->ContextRecord->EFlags &= ~FLAG_TRAP;
  } else {
    protect(PAGE_READWRITE);
    pointers->ContextRecord->EFlags |= FLAG_TRAP;
  }
  return EXCEPTION_CONTINUE_EXECUTION;
}

typedef struct Way {
  const char *name;
  PVECTORED_EXCEPTION_HANDLER handler; /* NULL: the library's hook */
  double ns[RoundsMost], ratio[RoundsMost];
} Way;

enum { WayBARE = 0 };
static Way ways[] = {
    {.name = "empty handler: advance the PC", .handler = bare},
    {.name = "window: hook, callback, FaultStep"},
    {.name = "window: own handler, CanStep, Step", .handler = client},
    {.name = "unprotect, Step, reprotect", .handler = unprotect},
    {.name = "unprotect, trap flag, reprotect", .handler = trap},
    {.name = "empty handler again", .handler = bare},
};
enum { Ways = sizeof ways / sizeof ways[0] };

static void setUp(void) {
  need(MutatorSetup(NULL) == MutatorResOK, "MutatorSetup");
  need(MutatorWindowCreate(&window, 1, MutatorWindowForkREFUSE) == MutatorResOK, "MutatorWindowCreate");
  base = MutatorWindowBase(&window);
  pageSize = MutatorWindowSize(&window);
  benchStore(base, 1);
  need(MutatorFaultRangeAdd(&range, base, base + pageSize, callback, NULL, &window) == MutatorResOK, "RangeAdd");
  protect(PAGE_NOACCESS);
}

static double measureWay(const Way *way, unsigned faults) {
  PVOID handler = NULL;
  double start;
  unsigned i;
  if (way->handler == NULL)
    need(MutatorFaultSetup(NULL) == MutatorResOK, "MutatorFaultSetup");
  else
    need((handler = AddVectoredExceptionHandler(1, way->handler)) != NULL, "AddVectoredExceptionHandler");
  for (i = 0; i < 20; i++)
    benchStore(base, i); /* warm */
  start = now();
  for (i = 0; i < faults; i++)
    benchStore(base, i);
  start = (now() - start) / faults;
  if (way->handler == NULL)
    need(MutatorFaultFinish() == MutatorResOK, "MutatorFaultFinish");
  else
    need(RemoveVectoredExceptionHandler(handler) != 0, "RemoveVectoredExceptionHandler");
  return start;
}

/* The least time of a way is what the machine's other work has disturbed least. */
static void print(Way *way, double least, unsigned rounds) {
  (void)printf("%-40s %8.0f %6.3f %8.0f %6.3f  [%.3f to %.3f]\n", way->name, measurePercentile(way->ns, rounds, 0),
               measurePercentile(way->ns, rounds, 0) / least, measurePercentile(way->ns, rounds, 50),
               measurePercentile(way->ratio, rounds, 50), measurePercentile(way->ratio, rounds, 10),
               measurePercentile(way->ratio, rounds, 90));
}

int main(int argc, char **argv) {
  const unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 30, faults = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
  unsigned round, i;
  if (rounds < 1 || rounds > RoundsMost || faults < 1) {
    (void)fprintf(stderr, "usage: bench_step [ROUNDS [FAULTS]]\n");
    return 2;
  }
  setUp();
  for (round = 0; round < rounds; round++) {
    for (i = 0; i < Ways; i++)
      ways[i].ns[round] = measureWay(&ways[i], faults);
    for (i = 0; i < Ways; i++)
      ways[i].ratio[round] = ways[i].ns[round] / ways[WayBARE].ns[round];
  }
  (void)printf("%u rounds of %u faults each way; context %u bytes; median [10th to 90th percentile]\n\n", rounds,
               faults, (unsigned)sizeof(MutatorContextStruct));
  (void)printf("%-40s %8s %6s %8s %6s   (target: window 1.10)\n", "one fault, handled by", "least", "ratio", "median",
               "ratio");
  for (i = 0; i < Ways; i++)
    print(&ways[i], measurePercentile(ways[WayBARE].ns, rounds, 0), rounds);
  return 0;
}
