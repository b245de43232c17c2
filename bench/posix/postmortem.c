/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench_postmortem -- what a domain costs: its lock, its faults, and opening 1 GiB when it has died
 *
 * Each figure is the best of some rounds, in time of the thread's own, beside what it is
 * to be compared with.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include <mutator.h>

#include "os/posix/posix.h"

#define GIB ((size_t)1 << 30)
#define PAGE ((size_t)4096)
#define ROUNDS 5
#define PAIRS 5000000
#define FAULTS 200000

static MutatorDomainStruct domain;
static MutatorDomainRangeStruct *ranges;

static double seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int condition, const char *what) {
  if (condition)
    return;
  (void)fprintf(stderr, "bench_postmortem: %s\n", what);
  exit(1);
}

static MutatorFaultResult openPage(MutatorDomain of, MutatorDomainRange range, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  (void)of, (void)range, (void)context, (void)access, (void)closure;
  return mprotect((void *)((uintptr_t)address & ~(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE) == 0 ? MutatorFaultHANDLED
                                                                                                 : MutatorFaultDECLINED;
}

/* opening ------------------------------------------------------------------------- */

/* HeapStruct -- a heap of 1 GiB: `count` ranges of `size` bytes, `stride` apart, every second
 * stretch of `grain` bytes closed */
typedef struct HeapStruct {
  const char *what;
  size_t count, size, stride, grain;
  unsigned char *base;
} HeapStruct, *Heap;

static void fragment(Heap heap) {
  size_t i;
  must(mprotect(heap->base, heap->count * heap->stride, PROT_READ | PROT_WRITE) == 0, "cannot open the heap");
  for (i = 0; i < heap->count * heap->stride; i += 2 * heap->grain)
    must(mprotect(heap->base + i, heap->grain, PROT_NONE) == 0, "cannot close the heap: vm.max_map_count?");
}

static void byPostMortem(Heap heap) {
  MutatorPostMortemReportStruct report;
  must(MutatorDomainPostMortem(&domain, &report) == MutatorResOK, "post-mortem");
  must(report.bytes == heap->count * heap->size, "not all is open");
}

/* As many calls as there are stretches of adjacent ranges. */
static void byRuns(Heap heap) {
  const size_t run = heap->size == heap->stride ? heap->count * heap->size : heap->size;
  size_t i;
  for (i = 0; i < heap->count * heap->stride; i += run == heap->size ? heap->stride : run)
    must(mprotect(heap->base + i, run, PROT_READ | PROT_WRITE) == 0, "mprotect");
}

static void byPages(Heap heap) {
  size_t i, page;
  for (i = 0; i < heap->count; i++)
    for (page = 0; page < heap->size; page += PAGE)
      must(mprotect(heap->base + i * heap->stride + page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
}

static double best(Heap heap, void (*open)(Heap heap), unsigned rounds) {
  double least = 1e9;
  while (rounds-- > 0) {
    double start;
    fragment(heap);
    start = seconds();
    open(heap);
    start = seconds() - start;
    least = start < least ? start : least;
  }
  return least;
}

static void makeHeap(Heap heap) {
  size_t i;
  heap->base = mmap(NULL, heap->count * heap->stride, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | mutatorPosixNoReserve, -1, 0);
  ranges = calloc(heap->count, sizeof *ranges);
  must(heap->base != MAP_FAILED && ranges != NULL, "no memory");
  for (i = 0; i < heap->count * heap->stride; i += PAGE)
    heap->base[i] = 1;
  must(MutatorDomainInit(&domain, heap->what, openPage, NULL) == MutatorResOK, "domain");
  for (i = 0; i < heap->count; i++)
    must(MutatorDomainRangeAdd(&domain, &ranges[i], heap->base + i * heap->stride,
                               heap->base + i * heap->stride + heap->size, MutatorAccessREAD | MutatorAccessWRITE, NULL,
                               NULL) == MutatorResOK,
         "range");
}

static void freeHeap(Heap heap) {
  size_t i;
  for (i = 0; i < heap->count; i++)
    must(MutatorDomainRangeRemove(&domain, &ranges[i]) == MutatorResOK, "remove");
  must(MutatorDomainFinish(&domain) == MutatorResOK, "finish");
  must(munmap(heap->base, heap->count * heap->stride) == 0, "munmap");
  free(ranges);
}

static void opening(Heap heap) {
  double ours, runs, pages;
  makeHeap(heap);
  ours = best(heap, byPostMortem, ROUNDS);
  runs = best(heap, byRuns, ROUNDS);
  pages = best(heap, byPages, 2);
  freeHeap(heap);
  (void)printf("  %-34s %9.2f %9.2f %9.2f   %5.2f %6.1f\n", heap->what, ours * 1e3, runs * 1e3, pages * 1e3,
               ours / runs, pages / ours);
}

/* the lock ------------------------------------------------------------------------- */

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, recursive;

static void domainPair(void) {
  (void)MutatorDomainEnter(&domain);
  (void)MutatorDomainLeave(&domain);
}
static void plainPair(void) {
  (void)pthread_mutex_lock(&plain);
  (void)pthread_mutex_unlock(&plain);
}
static void recursivePair(void) {
  (void)pthread_mutex_lock(&recursive);
  (void)pthread_mutex_unlock(&recursive);
}

static double pairs(void (*pair)(void)) {
  double least = 1e9;
  unsigned round, i;
  for (round = 0; round < ROUNDS; round++) {
    double start = seconds();
    for (i = 0; i < PAIRS; i++)
      pair();
    start = seconds() - start;
    least = start < least ? start : least;
  }
  return least / PAIRS * 1e9;
}

static void *idle(void *closure) {
  (void)pthread_mutex_lock(closure);
  (void)pthread_mutex_unlock(closure);
  return closure;
}

/* With a second thread: the C library leaves out atomic operations while there is only one. */
static void lock(void) {
  static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutexattr_t attributes;
  pthread_t thread;
  double ours, mutex, again;
  (void)pthread_mutexattr_init(&attributes);
  (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  (void)pthread_mutex_init(&recursive, &attributes);
  (void)pthread_mutex_lock(&gate);
  must(pthread_create(&thread, NULL, idle, &gate) == 0, "thread");
  must(MutatorDomainInit(&domain, "lock", openPage, NULL) == MutatorResOK, "domain");
  ours = pairs(domainPair);
  mutex = pairs(plainPair);
  again = pairs(recursivePair);
  must(MutatorDomainFinish(&domain) == MutatorResOK, "finish");
  (void)pthread_mutex_unlock(&gate);
  (void)pthread_join(thread, NULL);
  (void)printf("\nenter and leave, nobody else there, ns a pair\n");
  (void)printf("  domain %.1f, pthread mutex %.1f, recursive %.1f: %.2f of a mutex, %.2f of a recursive one\n", ours,
               mutex, again, ours / mutex, ours / again);
}

/* faults --------------------------------------------------------------------------- */

static double faults(volatile unsigned char *page) {
  double least = 1e9;
  unsigned round, i;
  for (round = 0; round < ROUNDS; round++) {
    double start = seconds();
    for (i = 0; i < FAULTS / ROUNDS; i++) {
      must(mprotect((void *)(uintptr_t)page, PAGE, PROT_NONE) == 0, "mprotect");
      *page = 1;
    }
    start = seconds() - start;
    least = start < least ? start : least;
  }
  return least / (FAULTS / ROUNDS) * 1e9;
}

static MutatorFaultResult openPlain(MutatorFaultRange range, MutatorContext context, void *address,
                                    MutatorAccess access, void *closure) {
  (void)range;
  return openPage(NULL, NULL, context, address, access, closure);
}

/* A plain range's fault before and after another client's death, and a domain's. */
static void handling(void) {
  static MutatorDomainStruct other, live;
  static MutatorFaultRangeStruct plainRange;
  static MutatorDomainRangeStruct range;
  unsigned char *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  double first, second, dead;
  must(memory != MAP_FAILED, "no memory");
  must(MutatorFaultRangeAdd(&plainRange, memory, memory + PAGE, openPlain, NULL, NULL) == MutatorResOK, "range");
  must(MutatorDomainInit(&live, "faults", openPage, NULL) == MutatorResOK, "domain");
  must(MutatorDomainRangeAdd(&live, &range, memory + 2 * PAGE, memory + 3 * PAGE, 3, NULL, NULL) == MutatorResOK,
       "range");
  first = faults(memory);
  second = faults(memory + 2 * PAGE);
  must(MutatorDomainInit(&other, "dead", openPage, NULL) == MutatorResOK, "domain");
  must(MutatorDomainPostMortem(&other, NULL) == MutatorResOK, "post-mortem");
  dead = faults(memory);
  (void)printf("\nclose a page, fault, and open it in the callback, ns\n");
  (void)printf("  plain range %.0f, domain's range %.0f, plain range when another domain has died %.0f\n", first,
               second, dead);
}

int main(void) {
  HeapStruct heaps[] = {
      {"one range, closed by 32 KiB", 1, GIB, GIB, 8 * PAGE, NULL},
      {"16,384 adjacent ranges, by 32 KiB", 16384, GIB / 16384, GIB / 16384, 8 * PAGE, NULL},
      {"16,384 ranges with gaps, by 64 KiB", 16384, GIB / 16384, GIB / 16384 + PAGE, GIB / 16384 + PAGE, NULL},
      {"8,192 ranges with gaps, by 32 KiB", 8192, GIB / 8192, GIB / 8192 + PAGE, 8 * PAGE, NULL},
  };
  size_t i;
  must(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  handling();
  lock();
  (void)printf("\nopening 1 GiB after a death, ms\n");
  (void)printf("  %-34s %9s %9s %9s   %5s %6s\n", "", "ours", "by runs", "by pages", "ratio", "gain");
  for (i = 0; i < sizeof heaps / sizeof heaps[0]; i++)
    opening(&heaps[i]);
  return 0;
}
