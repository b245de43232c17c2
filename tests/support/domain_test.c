/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/domain_test.c -- domains to try post-mortems on
 */

#include "support/domain_test.h"

#include <string.h>

#include "os/os.h"

/* The alignment and the open pages around keep the system from joining it with other memory. */
unsigned char *domainTestMemory(size_t size) {
  const size_t page = nativePageSize();
  unsigned char *base = mutatorOSReserve(size + 2 * page);
  CHECK(base != NULL, "no memory");
  base[0] = base[size + 2 * page - 1] = 1;
  return base + page;
}

static MutatorFaultResult callback(MutatorDomain domain, MutatorDomainRange range, MutatorContext context,
                                   void *address, MutatorAccess access, void *closure) {
  DomainTest test = closure;
  const size_t page = nativePageSize();
  unsigned char *at = (unsigned char *)((MutatorWord)address & ~(page - 1));
  (void)context;
  (void)access;
  CHECK(domain == &test->domain && MutatorDomainRangeBase(range) <= address, "the callback's domain and range");
  test->calls++;
  if (test->inside != NULL)
    test->inside(test);
  if (MutatorDomainProtect(domain, at, at + page, DomainTestALL) != MutatorResOK)
    return MutatorFaultDECLINED;
  test->handled++;
  return MutatorFaultHANDLED;
}

void domainTestMake(DomainTest test, const char *name, size_t count, size_t pages, size_t gap) {
  const size_t page = nativePageSize();
  size_t i;
  memset(test, 0, sizeof *test);
  test->count = count;
  test->rangeSize = pages * page;
  test->stride = (pages + gap) * page;
  test->base = domainTestMemory(count * test->stride);
  CHECK(MutatorDomainInit(&test->domain, name, callback, test) == MutatorResOK, "%s", name);
  for (i = 0; i < count; i++) {
    unsigned char *base = test->base + i * test->stride;
    MutatorRes res = MutatorDomainRangeAdd(&test->domain, &test->range[i], base, base + test->rangeSize,
                                           MutatorAccessREAD | MutatorAccessWRITE, NULL, NULL);
    CHECK(res == MutatorResOK, "%s: range %zu: %s", name, i, MutatorResName(res));
  }
}

void domainTestFinish(DomainTest test) {
  size_t i;
  for (i = 0; i < test->count; i++)
    CHECK(MutatorDomainRangeRemove(&test->domain, &test->range[i]) == MutatorResOK, "remove %zu", i);
  CHECK(MutatorFaultQuiesce(20000) == MutatorResOK, "quiesce");
  CHECK(MutatorDomainFinish(&test->domain) == MutatorResOK, "finish");
}

MutatorBool domainTestIsOpen(DomainTest test, size_t i) {
  unsigned char *base = test->base + i * test->stride;
  return domainTestReadable(base, test->rangeSize) && domainTestWritable(base, test->rangeSize);
}

MutatorBool domainTestIsClosed(DomainTest test, size_t i) {
  unsigned char *base = test->base + i * test->stride;
  size_t at;
  for (at = 0; at < test->rangeSize; at += nativePageSize())
    if (domainTestReadable(base + at, 1) || domainTestWritable(base + at, 1))
      return 0;
  return 1;
}

void domainTestClose(DomainTest test) {
  size_t i;
  CHECK(MutatorDomainProtect(&test->domain, NULL, NULL, MutatorAccessNONE) == MutatorResOK, "close");
  for (i = 0; i < test->count; i++)
    CHECK(domainTestIsClosed(test, i), "range %zu", i);
}

void domainTestDamage(DomainTest test, DomainTest holey) {
  domainTestMake(test, "test", 5, 2, 1);
  domainTestMake(holey, "holey", 4, 8, 0);
  domainTestClose(test);
  domainTestClose(holey);
  nativeUnmap(holey->base + 2 * holey->stride, nativePageSize());
  test->range[2].next = &test->range[2];
  CHECK(MutatorDomainEnter(&test->domain) == MutatorResOK, "enter");
}

void domainTestDamaged(DomainTest test, DomainTest holey, MutatorRes result,
                       const MutatorPostMortemReportStruct *found) {
  size_t i;
  CHECK(result == MutatorResFAIL, "%s", MutatorResName(result));
  DOMAIN_TEST_EXPECT(*found, holes, nativePageSize());
  DOMAIN_TEST_EXPECT(*found, corrupt, 1);
  DOMAIN_TEST_EXPECT(*found, locks, 1);
  DOMAIN_TEST_EXPECT(*found, ranges, 9);
  for (i = 0; i < test->count; i++)
    CHECK(domainTestIsOpen(test, i), "range %zu", i);
  test->range[2].next = &test->range[3];
  domainTestFinish(test);
  domainTestFinish(holey);
}

MutatorWord domainTestThread(void) { return mutatorOSThread(); }

void domainTestPause(void) { mutatorOSPause(); }
