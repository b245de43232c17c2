/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P2_lock_held.c -- a post-mortem works whoever holds the lock: the caller at some depth, a thread
 * that has stopped, a thread stopped in the callback, the callback's own handler; and twice
 */

#include "support/domain_test.h"

#include <pthread.h>

static DomainTestStruct test;
static MutatorPostMortemReportStruct found;
static volatile int stage;
static volatile MutatorWord holder;

static void await(int value) {
  while (stage != value)
    domainTestPause();
}

static void opened(MutatorWord owner, unsigned depth) {
  size_t i;
  DOMAIN_TEST_EXPECT(found, locks, owner != 0);
  DOMAIN_TEST_EXPECT(found, owner, owner);
  DOMAIN_TEST_EXPECT(found, depth, depth);
  DOMAIN_TEST_EXPECT(found, bytes, test.count * test.rangeSize);
  for (i = 0; i < test.count; i++)
    CHECK(domainTestIsOpen(&test, i), "range %zu", i);
  CHECK(MutatorDomainBusy(&test.domain, NULL) == 0, "the lock is free");
}

/* A function that takes the lock can be called afterwards, as in a debugger. */
static void works(void) {
  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
  CHECK(MutatorDomainBusy(&test.domain, NULL) == domainTestThread(), "entered");
  CHECK(MutatorDomainLeave(&test.domain) == MutatorResOK, "leave");
  CHECK(MutatorDomainLeave(&test.domain) == MutatorResSTATE, "left once");
}

static void fresh(const char *name) {
  stage = 0;
  domainTestMake(&test, name, 3, 2, 1);
  domainTestClose(&test);
}

static void byCaller(unsigned depth) {
  unsigned i;
  fresh("held by the caller");
  for (i = 0; i < depth; i++)
    CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
  CHECK(MutatorDomainPostMortem(&test.domain, &found) == MutatorResOK, "post-mortem");
  opened(depth != 0 ? domainTestThread() : 0, depth);
  CHECK(MutatorDomainLeave(&test.domain) == MutatorResSTATE, "a stale leave does nothing");
  works();
  CHECK(MutatorDomainPostMortemAll(&found) == MutatorResOK, "again");
  opened(0, 0);
  domainTestFinish(&test);
}

/* Its leaves come when another thread owns the lock again: they must do nothing. */
static void *hold(void *closure) {
  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK && MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
  holder = domainTestThread();
  stage = 1;
  await(2);
  CHECK(MutatorDomainLeave(&test.domain) == MutatorResSTATE, "stale");
  CHECK(MutatorDomainLeave(&test.domain) == MutatorResSTATE, "stale");
  stage = 3;
  return closure;
}

static void byAnother(void) {
  pthread_t thread;
  unsigned depth;
  fresh("held by another thread");
  CHECK(pthread_create(&thread, NULL, hold, NULL) == 0, "thread");
  await(1);
  CHECK(MutatorDomainPostMortem(&test.domain, &found) == MutatorResOK, "post-mortem");
  opened(holder, 2);
  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
  stage = 2;
  await(3);
  CHECK(MutatorDomainBusy(&test.domain, &depth) == domainTestThread() && depth == 1, "still ours");
  CHECK(MutatorDomainLeave(&test.domain) == MutatorResOK, "leave");
  CHECK(pthread_join(thread, NULL) == 0, "join");
  domainTestFinish(&test);
}

static void stopInside(DomainTest in) {
  CHECK(MutatorDomainEnter(&in->domain) == MutatorResOK, "enter");
  holder = domainTestThread();
  stage = 1;
  await(2);
}

/* The callback finds everything open when it goes on; it declines, and the access is made again. */
static void *fault(void *closure) {
  *(volatile unsigned char *)test.base = 7;
  return closure;
}

static void inCallback(void) {
  pthread_t thread;
  fresh("stopped in the callback");
  test.inside = stopInside;
  CHECK(pthread_create(&thread, NULL, fault, NULL) == 0, "thread");
  await(1);
  CHECK(MutatorDomainPostMortem(&test.domain, &found) == MutatorResOK, "post-mortem");
  opened(holder, 1);
  works();
  stage = 2;
  CHECK(pthread_join(thread, NULL) == 0, "join");
  CHECK(test.base[0] == 7 && test.calls == 1 && test.handled == 0, "%u calls, %u handled", test.calls, test.handled);
  domainTestFinish(&test);
}

static void dieInside(DomainTest in) {
  CHECK(MutatorDomainEnter(&in->domain) == MutatorResOK && MutatorDomainEnter(&in->domain) == MutatorResOK, "enter");
  CHECK(MutatorDomainPostMortemAll(&found) == MutatorResOK, "post-mortem");
  opened(domainTestThread(), 2);
}

static void inHandler(void) {
  fresh("in the handler");
  test.inside = dieInside;
  *(volatile unsigned char *)test.base = 9;
  CHECK(test.base[0] == 9 && test.calls == 1 && test.handled == 0, "%u calls, %u handled", test.calls, test.handled);
  works();
  domainTestFinish(&test);
}

int main(void) {
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  byCaller(0);
  byCaller(1);
  byCaller(3);
  byAnother();
  inCallback();
  inHandler();
  return 0;
}
