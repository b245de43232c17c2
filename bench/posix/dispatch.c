/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/posix/dispatch.c -- from the handler's entry to the callback, and what two threads keep
 *
 * First part: among 1, 1,000 and 1,000,000 ranges, random addresses.  The hook
 * is called as the kernel would call it, in a handler for a real fault whose
 * address is changed each time, so that the kernel's own microseconds do not
 * hide the difference; the CPU's time stamp counter is read before the call and
 * in the callback.  The same is done with GNU libsigsegv's handler and dispatcher
 * over the same ranges, where it is installed.
 *
 * The two do not do the same.  What is inside the interval:
 *
 *   libsigsegv       its handler takes si_addr and calls the program's, which calls sigsegv_dispatch, which
 *                    looks in a tree that nobody may change meanwhile, and calls the area's.  Its look for
 *                    stack overflows comes only when the area's has declined, and is not inside.
 *   and more         what it leaves to a program that has threads: a count of readers is the least, a
 *                    read-write lock the usual; signals that were sent told from faults; errno kept.
 *                    The last way has all of them, in a handler of the program's own around sigsegv_dispatch.
 *   mutator          the alignment flag is cleared, and the thread's stay counted (for suspension); a fault is
 *                    told from a signal that was sent, from one of the library's own and from one in a
 *                    callback; whose turn it is to be asked, and whether anybody has died; read told from
 *                    write; a tree that may be changed meanwhile; the context; errno kept.
 *
 * So the bare libsigsegv is what to beat where the search counts, and the last way is the like.
 *
 * Ours is also measured without the thread's slot, as threads are served that
 * have not had their alternate stack from the library.
 *
 * Second part: one thread and two, each faulting in a range of its own, real
 * faults, with the hook and with an empty handler.  What two keep is their
 * rate together by twice the rate of one.  Eight times as many rounds, of a few milliseconds each, of which
 * every second goes the other way round: what else the machine does comes and goes.
 *
 * All ways in turn in each round, each once before it is measured; medians over the rounds, and in brackets the
 * 10th to the 90th percentile.  "counter alone" is what reading the counter costs, and is taken off.
 *
 * usage: bench_dispatch [ROUNDS]
 */

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <mutator.h>

#include "measure.h"
#include "os/posix/posix.h"
#include "support/barrier.h"

#include <bench_record.h>

#ifdef BENCH_SIGSEGV
#include <sigsegv.h>
#endif

enum { RoundsMost = 1000, Shares = 8, Calls = 4096, Faults = 4000, Sizes = 3, RangesMost = 1000000 };
static const size_t sizes[Sizes] = {1, 1000, RangesMost};

static void need(int condition, const char *what) {
  if (condition)
    return;
  perror(what);
  abort();
}

static double now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static uint64_t ticks(void) {
  uint32_t low, high;
  __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
  return (uint64_t)high << 32 | low;
}

static double nsPerTick;

static void calibrate(void) {
  const double start = now();
  const uint64_t first = ticks();
  while (now() - start < 5e7)
    continue;
  nsPerTick = (now() - start) / (double)(ticks() - first);
}

/* ranges ---------------------------------------------------------------------------- */

enum { Spacing = 4096, Length = 64 };

static unsigned char *memory; /* all closed */
static MutatorFaultRangeStruct *ranges;
static volatile uint64_t arrived;

static MutatorFaultResult arrive(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                 void *closure) {
  arrived = ticks();
  (void)range, (void)context, (void)address, (void)access, (void)closure;
  return MutatorFaultHANDLED;
}

static void ourRanges(size_t from, size_t to) {
  size_t i;
  for (i = from; i < to; i++)
    need(MutatorFaultRangeAdd(&ranges[i], memory + i * Spacing, memory + i * Spacing + Length, arrive, NULL, NULL) ==
             MutatorResOK,
         "MutatorFaultRangeAdd");
}

static struct sigaction ours, theirs;

enum { WayNONE, WayOURS, WaySHARED, WayTHEIRS, WayCOUNTED, WayLOCKED, WayALIKE, Ways };
static const char *const names[Ways] = {"counter alone",
                                        "mutator",
                                        "mutator, a thread without a slot",
                                        "libsigsegv",
                                        "libsigsegv, readers counted",
                                        "libsigsegv, in a read-write lock",
                                        "libsigsegv, readers, senders and errno"};

#ifdef BENCH_SIGSEGV
static sigsegv_dispatcher dispatcher;

static int arriveThere(void *address, void *closure) {
  arrived = ticks();
  (void)address, (void)closure;
  return 1;
}

static int dispatchThere(void *address, int serious) {
  (void)serious;
  return sigsegv_dispatch(&dispatcher, address);
}

static int dispatchCounted(void *address, int serious) {
  static unsigned readers;
  int handled;
  (void)serious;
  (void)__atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
  handled = sigsegv_dispatch(&dispatcher, address);
  (void)__atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
  return handled;
}

static int dispatchLocked(void *address, int serious) {
  static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  int handled;
  (void)serious;
  (void)pthread_rwlock_rdlock(&lock);
  handled = sigsegv_dispatch(&dispatcher, address);
  (void)pthread_rwlock_unlock(&lock);
  return handled;
}

static void theirRanges(size_t from, size_t to) {
  size_t i;
  for (i = from; i < to; i++)
    need(sigsegv_register(&dispatcher, memory + i * Spacing, Length, arriveThere, NULL) != NULL, "sigsegv_register");
}

static void handleAlike(int signal, siginfo_t *info, void *ucontext) {
  const int error = errno;
  (void)signal, (void)ucontext;
  if (info->si_code > 0)
    (void)dispatchCounted(info->si_addr, 1);
  errno = error;
}

/* Its handler is taken and never left installed. */
static void theirHandler(int way) {
  struct sigaction before;
  if (way == WayALIKE) {
    theirs.sa_sigaction = handleAlike;
    return;
  }
  need(sigaction(BENCH_MEMORY, NULL, &before) == 0, "sigaction");
  need(sigsegv_install_handler(way == WayCOUNTED  ? dispatchCounted
                               : way == WayLOCKED ? dispatchLocked
                                                  : dispatchThere) == 0,
       "sigsegv_install_handler");
  need(sigaction(BENCH_MEMORY, &before, &theirs) == 0, "sigaction");
}

static void sigsegvInit(void) {
  sigsegv_init(&dispatcher);
  theirHandler(WayTHEIRS);
}
#else
static void theirRanges(size_t from, size_t to) { (void)from, (void)to; }
static void sigsegvInit(void) {}
static void theirHandler(int way) { (void)way; }
#endif

/* from the entry to the callback ------------------------------------------------------ */

static double entry[Sizes][Ways][RoundsMost];

static volatile struct {
  size_t size; /* ranges */
  int way;
  double ns;
} request;

static void callOnce(int way, siginfo_t *info, void *ucontext) {
  if (way == WayOURS || way == WaySHARED)
    ours.sa_sigaction(BENCH_MEMORY, info, ucontext);
  else if (way != WayNONE)
    theirs.sa_sigaction(BENCH_MEMORY, info, ucontext);
  else
    arrived = ticks();
}

/* The address is the record's; so is what makes it a page fault. */
static void measure(int signal, siginfo_t *info, void *ucontext) {
  static uint32_t random = 1;
  siginfo_t forged = *info;
  uint64_t sum = 0;
  unsigned i;
  (void)signal;
  for (i = 0; i < Calls; i++) {
    uint64_t start;
    random = random * 1664525 + 1013904223;
    forged.si_addr = memory + (size_t)(((uint64_t)random * request.size) >> 32) * Spacing + 8;
    start = ticks();
    callOnce(request.way, &forged, ucontext);
    sum += arrived - start;
  }
  request.ns = (double)sum * nsPerTick / Calls;
  need(mprotect(memory, 4096, PROT_READ | PROT_WRITE) == 0, "mprotect");
}

static double measureOnce(size_t size, int way) {
  OSLocal local = mutatorOSLocal();
  struct PinSlotStruct *const slot = local->slot, *const quick = local->quick;
  request.size = size;
  request.way = way;
  if (way >= WayTHEIRS)
    theirHandler(way);
  if (way == WaySHARED)
    local->slot = local->quick = NULL;
  need(mprotect(memory, 4096, PROT_NONE) == 0, "mprotect");
  *(volatile unsigned char *)memory = 1;
  local->slot = slot;
  local->quick = quick;
  return request.ns;
}

static MutatorFaultResult open(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  (void)range, (void)context, (void)address, (void)access, (void)closure;
  return mprotect(memory, 4096, PROT_READ | PROT_WRITE) == 0 ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

/* The first one has things to find out that are known ever after. */
static void realFault(void) {
  MutatorFaultRangeStruct range;
  need(MutatorFaultRangeAdd(&range, memory, memory + 4096, open, NULL, NULL) == MutatorResOK, "MutatorFaultRangeAdd");
  *(volatile unsigned char *)memory = 1;
  need(MutatorFaultRangeRemove(&range) == MutatorResOK, "MutatorFaultRangeRemove");
}

static void entries(unsigned rounds) {
  struct sigaction action;
  size_t have = 0;
  unsigned round, size;
  int way;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = measure;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  realFault();
  need(sigaction(BENCH_MEMORY, NULL, &ours) == 0 && sigaction(BENCH_MEMORY, &action, NULL) == 0, "sigaction");
  for (size = 0; size < Sizes; size++) {
    ourRanges(have, sizes[size]);
    theirRanges(have, sizes[size]);
    have = sizes[size];
    for (round = 0; round < rounds; round++)
      for (way = 0; way < Ways; way++)
        if (way < WayTHEIRS || theirs.sa_sigaction != NULL) {
          (void)measureOnce(sizes[size], way); /* what the other ways have driven from the caches */
          entry[size][way][round] = measureOnce(sizes[size], way);
        }
  }
  need(sigaction(BENCH_MEMORY, &ours, NULL) == 0, "sigaction");
}

/* what two threads keep ---------------------------------------------------------------- */

/* mov %rax, (%rdi) or its 32-bit counterpart: two or three bytes. */
extern const unsigned char benchStoreAt[] __asm__("benchStoreAt"), benchStoreEnd[] __asm__("benchStoreEnd");
__attribute__((noinline, noclone)) static void store(void *at) {
  __asm__ volatile("benchStoreAt: mov %0, (%1)\nbenchStoreEnd:" : : "a"((uintptr_t)1), "D"(at) : "memory");
}

static MutatorFaultResult skip(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  (void)range, (void)address, (void)access, (void)closure;
  return MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)benchStoreEnd) == MutatorResOK
             ? MutatorFaultHANDLED
             : MutatorFaultDECLINED;
}

static void empty(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  (void)signal;
  (void)benchInit(&context, info, ucontext);
  (void)MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)benchStoreEnd);
}

static unsigned char *pages[2];
static BarrierStruct barrier;

/* Each thread's own time, once the other is there. */
static void *faultOften(void *closure) {
  double *rate = malloc(sizeof *rate), start;
  unsigned i;
  need(rate != NULL && MutatorFaultStackInstall() == MutatorResOK, "MutatorFaultStackInstall");
  barrierWait(&barrier);
  for (i = 0; i < Faults / 10; i++)
    store(closure);
  start = now();
  for (i = 0; i < Faults; i++)
    store(closure);
  *rate = Faults / (now() - start);
  for (i = 0; i < Faults / 10; i++) /* the other is to have company to its end */
    store(closure);
  return rate;
}

/* Faults a nanosecond, all threads together. */
static double rate(unsigned threads) {
  pthread_t other[2];
  double sum = 0;
  unsigned i;
  barrierInit(&barrier, threads);
  for (i = 0; i < threads; i++)
    need(pthread_create(&other[i], NULL, faultOften, pages[i]) == 0, "pthread_create");
  for (i = 0; i < threads; i++) {
    void *one;
    need(pthread_join(other[i], &one) == 0, "pthread_join");
    sum += *(double *)one;
    free(one);
  }
  return sum;
}

enum { HandlerOURS, HandlerEMPTY, Handlers };
static double keeps[Handlers][Shares * RoundsMost], one[Handlers][Shares * RoundsMost], relative[Shares * RoundsMost];

static void oneAndTwo(int handler, unsigned round, const struct sigaction *actions) {
  double alone;
  need(sigaction(BENCH_MEMORY, &actions[handler], NULL) == 0, "sigaction");
  alone = rate(1);
  one[handler][round] = 1 / alone;
  keeps[handler][round] = rate(2) / (2 * alone);
}

static void twoThreads(unsigned rounds) {
  static MutatorFaultRangeStruct range[2];
  struct sigaction actions[Handlers];
  unsigned round, i;
  memset(actions, 0, sizeof actions);
  actions[HandlerEMPTY].sa_sigaction = empty;
  actions[HandlerEMPTY].sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  need(sigaction(BENCH_MEMORY, NULL, &actions[HandlerOURS]) == 0, "sigaction");
  for (i = 0; i < 2; i++) {
    pages[i] = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(pages[i] != MAP_FAILED &&
             MutatorFaultRangeAdd(&range[i], pages[i], pages[i] + 4096, skip, NULL, NULL) == MutatorResOK,
         "range");
  }
  for (round = 0; round < Shares * rounds; round++) {
    for (i = 0; i < Handlers; i++)
      oneAndTwo((int)((i + round) % Handlers), round, actions);
    relative[round] = keeps[HandlerOURS][round] / keeps[HandlerEMPTY][round];
  }
  need(sigaction(BENCH_MEMORY, &actions[HandlerOURS], NULL) == 0, "sigaction");
}

/* printing --------------------------------------------------------------------------------- */

static void print(const char *name, double *values, unsigned rounds, double less, const char *unit) {
  (void)printf("  %-44s %8.2f  [%.2f .. %.2f] %s\n", name, measurePercentile(values, rounds, 50) - less,
               measurePercentile(values, rounds, 10) - less, measurePercentile(values, rounds, 90) - less, unit);
}

/* Of so many values in order those between which the median of all lies: 1.96 standard deviations of the
 * number that are below it, either way. */
static double medianBound(unsigned count, int side) {
  const double place = (count - 1) / 2.0 + side * 0.98 * sqrt(count);
  return relative[place < 0 ? 0 : place > count - 1 ? count - 1 : (unsigned)(place + 0.5)];
}

static void printEntries(unsigned rounds) {
  unsigned size;
  int way;
  for (size = 0; size < Sizes; size++) {
    const double less = measurePercentile(entry[size][WayNONE], rounds, 50);
    (void)printf("%zu ranges, from the handler's entry to the callback:\n", sizes[size]);
    for (way = 0; way < Ways; way++)
      if (way < WayTHEIRS || theirs.sa_sigaction != NULL)
        print(names[way], entry[size][way], rounds, way == WayNONE ? 0 : less, "ns");
  }
  if (theirs.sa_sigaction == NULL)
    (void)printf("libsigsegv is not installed\n");
}

int main(int argc, char **argv) {
  const unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 31;
  if (rounds < 1 || rounds > RoundsMost) {
    (void)fprintf(stderr, "usage: bench_dispatch [ROUNDS], 1 to %d\n", RoundsMost);
    return 2;
  }
  calibrate();
  need(MutatorFaultSetup(NULL) == MutatorResOK, "MutatorFaultSetup");
  memory =
      mmap(NULL, (size_t)RangesMost * Spacing, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | mutatorPosixNoReserve, -1, 0);
  ranges = calloc(RangesMost, sizeof *ranges);
  need(memory != MAP_FAILED && ranges != NULL, "memory");
  sigsegvInit();
  entries(rounds);
  printEntries(rounds);
  twoThreads(rounds);
  (void)printf("two threads that fault at once, real faults:\n");
  print("mutator, one thread", one[HandlerOURS], Shares * rounds, 0, "ns a fault");
  print("empty handler, one thread", one[HandlerEMPTY], Shares * rounds, 0, "ns a fault");
  print("mutator: two keep", keeps[HandlerOURS], Shares * rounds, 0, "of twice one's rate");
  print("empty handler: two keep", keeps[HandlerEMPTY], Shares * rounds, 0, "of twice one's rate");
  print("mutator's by the empty handler's", relative, Shares * rounds, 0, "");
  (void)printf("  %-44s [%.2f .. %.2f]\n", "its median lies, 19 times of 20, within", medianBound(Shares * rounds, -1),
               medianBound(Shares * rounds, 1));
  return 0;
}
