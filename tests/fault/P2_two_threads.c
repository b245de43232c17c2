/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P2_two_threads.c -- two post-mortems of the same domains at once: each opens everything, one breaks the lock
 */

#include "support/barrier.h"
#include "support/domain_test.h"

#include <pthread.h>

enum { Threads = 2, Rounds = 200 };

static DomainTestStruct one, two;
static MutatorPostMortemReportStruct found[Threads];
static BarrierStruct barrier;

static void *die(void *closure) {
  MutatorPostMortemReport report = closure;
  barrierWait(&barrier);
  CHECK(MutatorDomainPostMortemAll(report) == MutatorResOK, "post-mortem");
  DOMAIN_TEST_EXPECT(*report, domains, 2);
  DOMAIN_TEST_EXPECT(*report, ranges, 12);
  DOMAIN_TEST_EXPECT(*report, bytes, 4 * one.rangeSize + 8 * two.rangeSize);
  DOMAIN_TEST_EXPECT(*report, corrupt, 0);
  CHECK(domainTestIsOpen(&one, 0) && domainTestIsOpen(&one, 3) && domainTestIsOpen(&two, 7), "open for both");
  return closure;
}

static void once(void) {
  pthread_t thread[Threads];
  unsigned i;
  domainTestMake(&one, "one", 4, 2, 1);
  domainTestMake(&two, "two", 8, 1, 1);
  domainTestClose(&one);
  domainTestClose(&two);
  CHECK(MutatorDomainEnter(&one.domain) == MutatorResOK, "enter");
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&thread[i], NULL, die, &found[i]) == 0, "thread");
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(thread[i], NULL) == 0, "join");
  CHECK(found[0].locks + found[1].locks == 1, "%zu and %zu locks", found[0].locks, found[1].locks);
  CHECK(found[0].owner + found[1].owner == domainTestThread(), "the owner is named once");
  domainTestFinish(&one);
  domainTestFinish(&two);
}

int main(void) {
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  barrierInit(&barrier, Threads);
  for (i = 0; i < Rounds; i++)
    once();
  return 0;
}
