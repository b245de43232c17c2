/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P3_never_blocks.c -- 10,000 post-mortems while threads hammer at the lock, the ranges and the
 * protection, and one sits on the lock for good
 */

#include "support/domain_test.h"

#include <pthread.h>
#include <stdio.h>

enum { Calls = 10000, Rounds = 50, Threads = 4 };

static DomainTestStruct test;
static volatile int stop, sitting;

/* Every result is allowed but one that this cannot have. */
static void expect(MutatorRes res) {
  CHECK(res == MutatorResOK || res == MutatorResSTATE || res == MutatorResBUSY, "%s", MutatorResName(res));
}

static void *hammer(void *closure) {
  unsigned char *base = domainTestMemory(nativePageSize());
  MutatorDomainRangeStruct range = {0};
  unsigned i;
  for (i = 0; !stop; i++) {
    expect(MutatorDomainTryEnter(&test.domain));
    expect(MutatorDomainLeave(&test.domain));
    expect(MutatorDomainProtect(&test.domain, NULL, NULL, i % 4));
    expect(MutatorDomainRangeAdd(&test.domain, &range, base, base + nativePageSize(), 3, NULL, NULL));
    expect(MutatorDomainEnter(&test.domain));
    (void)MutatorDomainLeave(&test.domain);
    if (MutatorDomainRangeBase(&range) != NULL) /* once it has been added */
      expect(MutatorDomainRangeRemove(&test.domain, &range));
  }
  if (MutatorDomainRangeBase(&range) != NULL)
    expect(MutatorDomainRangeRemove(&test.domain, &range)); /* if the lock was broken as we waited to remove it */
  CHECK(MutatorFaultQuiesce(20000) == MutatorResOK, "quiesce");
  return closure;
}

static void *sit(void *closure) {
  (void)MutatorDomainEnter(&test.domain);
  sitting = 1;
  while (!stop)
    domainTestPause();
  (void)MutatorDomainLeave(&test.domain);
  return closure;
}

/* Protecting is over after the first: so many domains die.  Whatever the threads were
 * about to close, all is open when they are done. */
static double dieWhileHammered(unsigned calls, MutatorBool sat) {
  MutatorPostMortemReportStruct found;
  double longest = 0;
  pthread_t thread[Threads + 1];
  unsigned i;
  stop = sitting = 0;
  domainTestMake(&test, "hammered", 6, 2, 1);
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&thread[i], NULL, hammer, NULL) == 0, "thread");
  if (sat)
    CHECK(pthread_create(&thread[Threads], NULL, sit, NULL) == 0, "thread");
  while (sat && !sitting)
    domainTestPause();
  for (i = 0; i < calls; i++) {
    const double start = nativeSeconds();
    double took;
    MutatorRes res = MutatorDomainPostMortem(&test.domain, &found);
    took = nativeSeconds() - start;
    CHECK(res == MutatorResOK || found.corrupt != 0, "%s", MutatorResName(res)); /* a range half added */
    CHECK(found.refused == 0 && found.holes == 0 && found.ranges >= 6, "%zu ranges", found.ranges);
    longest = took > longest ? took : longest;
  }
  stop = 1;
  for (i = 0; i < Threads + (sat ? 1u : 0u); i++)
    CHECK(pthread_join(thread[i], NULL) == 0, "join");
  for (i = 0; i < test.count; i++)
    CHECK(domainTestIsOpen(&test, i), "range %u", i);
  domainTestFinish(&test);
  return longest;
}

int main(void) {
  double longest;
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  longest = dieWhileHammered(Calls, 1);
  for (i = 0; i < Rounds; i++)
    (void)dieWhileHammered(20, i % 2);
  (void)printf("%d calls, the longest took %.3f ms of a busy machine's time\n", Calls, longest * 1e3);
  return 0;
}
