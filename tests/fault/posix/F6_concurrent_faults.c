/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F6_concurrent_faults.c -- eight threads of 100,000 faults each under a storm of SIGPROF lose nothing
 *
 * Each thread counts in a word of its own on one protected page.  The handler
 * of SIGPROF takes faults as well, some of them inside the library's hook.
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { Threads = 8, Rounds = 50000 }; /* a load and a store each */

static MutatorWindowStruct window;
static unsigned char *base;
static volatile unsigned running;
static unsigned long storms;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  MutatorRes res = MutatorFaultStep(context);
  (void)range;
  (void)access;
  (void)closure;
  CHECK(res == MutatorResOK, "%s, %s at %p", MutatorResName(res), MutatorDeclineName(MutatorContextDecline(context)),
        address);
  return MutatorFaultHANDLED;
}

/* The last word of the page is the storm's. */
static void storm(int signal) {
  MutatorWord word;
  (void)signal;
  __asm__ volatile("mov (%1), %0" : "=r"(word) : "r"(base + nativePageSize() - 8) : "memory");
  CHECK(word == 0x5ca1ab1e, "a load in the storm gives %#zx", (size_t)word);
  (void)__atomic_fetch_add(&storms, 1, __ATOMIC_RELAXED);
}

static void count(unsigned char *word) {
  unsigned i;
  for (i = 0; i < Rounds; i++) {
    MutatorWord value;
    __asm__ volatile("mov (%1), %0" : "=r"(value) : "r"(word) : "memory");
    CHECK(value == i, "after %u rounds the word has %zu", i, (size_t)value);
    value++;
    __asm__ volatile("mov %0, (%1)" : : "r"(value), "r"(word) : "memory");
  }
}

static void *run(void *closure) {
  CHECK(MutatorFaultStackInstall() == MutatorResOK, "alternate stack");
  count(closure);
  (void)__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
  while (running > 0)
    (void)usleep(1000); /* still there to be signalled */
  CHECK(MutatorFaultStackRemove() == MutatorResOK, "alternate stack");
  return NULL;
}

/* By a timer, and by hand, which is more often. */
static void startStorm(void) {
  const struct itimerval often = {{0, 1000}, {0, 1000}};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = storm;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  CHECK(sigaction(SIGPROF, &action, NULL) == 0, "sigaction");
  CHECK(setitimer(ITIMER_PROF, &often, NULL) == 0, "setitimer");
}

static void stopStorm(void) {
  const struct itimerval never = {{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_PROF, &never, NULL) == 0, "setitimer");
}

int main(void) {
  static MutatorFaultRangeStruct range;
  MutatorCountersStruct before, after;
  pthread_t threads[Threads];
  unsigned i;
  void *pointer = NULL;
  uint64_t *alias;
  size_t size = nativePageSize();
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorWindowCreate(&window, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, base, size, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  alias[size / 8 - 1] = 0x5ca1ab1e;
  CHECK(MutatorFaultRangeAdd(&range, base, base + size, callback, NULL, &window) == MutatorResOK, "add");
  nativeProtect(base, size, NativeNONE);
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  running = Threads;
  startStorm();
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&threads[i], NULL, run, base + 64 * i) == 0, "thread");
  for (i = 0; running > 0; i++) {
    CHECK(pthread_kill(threads[i % Threads], SIGPROF) == 0, "pthread_kill");
    (void)usleep(50);
  }
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  stopStorm();
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  for (i = 0; i < Threads; i++)
    CHECK(alias[8 * i] == Rounds, "thread %u counted %llu", i, (unsigned long long)alias[8 * i]);
  (void)printf("%lu storms\n", storms);
  CHECK(after.steps - before.steps == 2ul * Threads * Rounds + storms, "%llu steps, %lu storms",
        (unsigned long long)(after.steps - before.steps), storms);
  CHECK(after.faults - before.faults == after.handled - before.handled, "every fault was handled");
  CHECK(after.faults - before.faults == after.steps - before.steps, "each by a step");
  return 0;
}
