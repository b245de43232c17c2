/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B3_storm.c -- signals that interrupt anything, and whose handler stores to the same page and comes to the same breakpoints
 */

#include "support/jit_test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

enum { Threads = 2 };

static JitStruct jit;
static MutatorBreakStruct breaks[Threads + 1];
static volatile int over;
static volatile sig_atomic_t alarms;
static uint64_t calls[Threads + 1];

/* Function n lies at n * 64, and only who has that number writes to it. */
static void rewriteAndCall(unsigned n, unsigned value) {
  unsigned char function[JitReturnSIZE];
  jitReturn(function, value);
  jitWrite(&jit, n * 64 + 1, function + 1, 4);
  CHECK(jitCall(&jit, n * 64) == value, "another value");
  calls[n]++;
}

static void onAlarm(int signal) {
  static volatile sig_atomic_t busy;
  (void)signal;
  if (__atomic_exchange_n(&busy, 1, __ATOMIC_SEQ_CST) != 0) /* on one thread at a time */
    return;
  alarms++;
  rewriteAndCall(Threads, (unsigned)alarms);
  __atomic_store_n(&busy, 0, __ATOMIC_SEQ_CST);
}

static void *run(void *closure) {
  const unsigned n = (unsigned)(uintptr_t)closure;
  unsigned i;
  faultTestThreadStack(MutatorFaultStackInstall);
  for (i = 0; !over; i++)
    rewriteAndCall(n, i);
  return NULL;
}

static void storm(MutatorBool begin) {
  const struct itimerval often = {{0, begin ? 500 : 0}, {0, begin ? 500 : 0}};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = onAlarm;
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGPROF, &action, NULL) == 0 && setitimer(ITIMER_PROF, &often, NULL) == 0, "storm");
}

static void tryRoute(JitRoute route) {
  pthread_t threads[Threads];
  unsigned char function[JitReturnSIZE];
  unsigned n;
  jitInit(&jit, route, 1, NULL, NULL);
  over = 0;
  for (n = 0; n <= Threads; n++) {
    calls[n] = 0;
    jitReturn(function, 0);
    jitWrite(&jit, n * 64, function, sizeof function);
    CHECK(MutatorBreakSet(&breaks[n], jit.code + n * 64, NULL) == MutatorResOK, "set");
  }
  storm(1);
  for (n = 0; n < Threads; n++)
    CHECK(pthread_create(&threads[n], NULL, run, (void *)(uintptr_t)n) == 0, "thread");
  nativeSleep(1500);
  over = 1;
  for (n = 0; n < Threads; n++)
    CHECK(pthread_join(threads[n], NULL) == 0, "join");
  storm(0);
  for (n = 0; n <= Threads; n++) {
    MutatorBreakReportStruct report;
    CHECK(MutatorBreakQuery(&breaks[n], &report) == MutatorResOK, "query");
    CHECK(report.hits == calls[n], "%u hits, %u calls", (unsigned)report.hits, (unsigned)calls[n]);
  }
  CHECK(alarms > 0, "no storm");
  printf("%s: %u, %u calls, %u in the handler\n", jitRouteName(route), (unsigned)calls[0], (unsigned)calls[1],
         (unsigned)calls[Threads]);
  jitFinish(&jit);
}

int main(void) {
  JitRoute route;
  jitSetup();
  for (route = 0; route < JitRouteLIMIT; route++)
    tryRoute(route);
  return 0;
}
