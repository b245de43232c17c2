/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P2_waiters.c -- who waits for a lock that is broken wakes up with STATE; who waits for one that is
 * given back gets it, and the lock excludes
 */

#include "support/domain_test.h"

#include <pthread.h>

enum { Threads = 6, Rounds = 20000 };

static DomainTestStruct test;
static volatile int started;
static volatile unsigned inside, counter, states;
static pthread_t thread[Threads];

static void startAll(void *(*function)(void *)) {
  unsigned i;
  started = 0;
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&thread[i], NULL, function, NULL) == 0, "thread");
}

static void joinAll(void) {
  unsigned i;
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(thread[i], NULL) == 0, "join");
}

static void *count(void *closure) {
  unsigned i;
  for (i = 0; i < Rounds; i++) {
    CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
    CHECK(inside++ == 0, "two are inside");
    counter = counter + 1;
    inside--;
    CHECK(MutatorDomainLeave(&test.domain) == MutatorResOK, "leave");
  }
  return closure;
}

static void *wait(void *closure) {
  __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
  if (MutatorDomainEnter(&test.domain) == MutatorResSTATE)
    __atomic_fetch_add(&states, 1, __ATOMIC_SEQ_CST);
  return closure;
}

static void startWaiting(void) {
  unsigned i;
  startAll(wait);
  while (started != Threads || __atomic_load_n(&test.domain.waiters, __ATOMIC_SEQ_CST) != Threads)
    domainTestPause();
  for (i = 0; i < 250; i++) /* longer than a waiter sleeps: all of them look again, and go on waiting */
    domainTestPause();
  CHECK(states == 0, "%u gave up", states);
}

int main(void) {
  MutatorPostMortemReportStruct found;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestMake(&test, "waiters", 1, 1, 0);
  startAll(count);
  joinAll();
  CHECK(counter == Threads * Rounds, "%u", counter);

  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
  startWaiting();
  CHECK(MutatorDomainPostMortem(&test.domain, &found) == MutatorResOK, "post-mortem");
  joinAll();
  CHECK(states == Threads, "%u of %d woke up with STATE", states, Threads);
  CHECK(MutatorDomainBusy(&test.domain, NULL) == 0, "free");
  CHECK(test.domain.generation == 1, "generation %zu", test.domain.generation);
  domainTestFinish(&test);
  return 0;
}
