/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P1_every_byte_open.c -- after a post-mortem every byte can be read and written, and the report is exact
 */

#include "support/domain_test.h"

#include <string.h>

static DomainTestStruct one, two, other;
static MutatorDomainRangeStruct code;
static MutatorFaultRangeStruct foreign;

static MutatorFaultResult decline(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                  void *closure) {
  (void)range, (void)context, (void)address, (void)access, (void)closure;
  return MutatorFaultDECLINED;
}

/* Plainly, so that what is still closed is a fault. */
static void touch(unsigned char *base, size_t size) {
  volatile unsigned char *byte = base;
  size_t i;
  for (i = 0; i < size; i++)
    byte[i] = (unsigned char)(byte[i] + 1);
}

/* Three adjacent ranges, one of which is for code: two stretches; and a
 * function in it that must still run. */
static unsigned char *addCode(void) {
  static const unsigned char bytes[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
  const size_t page = nativePageSize();
  unsigned char *base = one.base + one.count * one.stride - one.stride + one.rangeSize; /* adjacent to the last */
  memcpy(base, bytes, sizeof bytes);
  CHECK(MutatorDomainRangeAdd(&one.domain, &code, base, base + page, DomainTestALL, NULL, NULL) == MutatorResOK,
        "code");
  CHECK(MutatorDomainProtect(&one.domain, base, base + page, DomainTestALL) == MutatorResOK, "executable");
  return base;
}

static void report(MutatorPostMortemReport found) {
  DOMAIN_TEST_EXPECT(*found, size, sizeof *found);
  DOMAIN_TEST_EXPECT(*found, domains, 1);
  DOMAIN_TEST_EXPECT(*found, locks, 0);
  DOMAIN_TEST_EXPECT(*found, owner, 0);
  DOMAIN_TEST_EXPECT(*found, ranges, 5);
  DOMAIN_TEST_EXPECT(*found, runs, 5);
  DOMAIN_TEST_EXPECT(*found, calls, 5);
  DOMAIN_TEST_EXPECT(*found, bytes, 4 * one.rangeSize + nativePageSize());
  DOMAIN_TEST_EXPECT(*found, holes, 0);
  DOMAIN_TEST_EXPECT(*found, refused, 0);
  DOMAIN_TEST_EXPECT(*found, corrupt, 0);
}

static void notLive(MutatorDomain domain) {
  static MutatorDomainRangeStruct late;
  unsigned char *page = domainTestMemory(nativePageSize());
  CHECK(MutatorDomainCheck(domain) && !MutatorDomainLive(domain), "post-mortem, and a domain");
  CHECK(MutatorDomainRangeAdd(domain, &late, page, page + nativePageSize(), 3, NULL, NULL) == MutatorResSTATE, "add");
  CHECK(MutatorDomainProtect(domain, NULL, NULL, 0) == MutatorResSTATE, "protect");
}

int main(void) {
  MutatorPostMortemReportStruct found;
  const size_t page = nativePageSize();
  unsigned char *function, *plain = domainTestMemory(page);
  size_t i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorDomainPostMortemAll(&found) == MutatorResOK && found.domains == 0 && found.ranges == 0, "none yet");
  domainTestMake(&one, "one", 4, 3, 2);
  domainTestMake(&two, "two", 8, 2, 0);
  domainTestMake(&other, "other", 2, 1, 1);
  CHECK(MutatorFaultRangeAdd(&foreign, plain, plain + page, decline, NULL, NULL) == MutatorResOK, "foreign");
  function = addCode();
  domainTestClose(&one);
  domainTestClose(&two);
  domainTestClose(&other);
  CHECK(!domainTestReadable(function, 1), "code is closed");

  memset(&found, 0xee, sizeof found);
  CHECK(MutatorDomainPostMortem(&one.domain, &found) == MutatorResOK, "post-mortem");
  report(&found);
  for (i = 0; i < one.count; i++) {
    CHECK(domainTestIsOpen(&one, i), "range %zu", i);
    touch(one.base + i * one.stride, one.rangeSize);
  }
  function[1]++;
  CHECK(((int (*)(void))(MutatorWord)function)() == 43, "code can be written, and runs");
  CHECK(one.calls == 0, "%u faults", one.calls);
  notLive(&one.domain);
  for (i = 0; i < two.count; i++)
    CHECK(domainTestIsClosed(&two, i), "another domain's range %zu", i);

  CHECK(MutatorDomainPostMortemAll(&found) == MutatorResOK, "all");
  DOMAIN_TEST_EXPECT(found, domains, 3);
  DOMAIN_TEST_EXPECT(found, ranges, 5 + 8 + 2);
  DOMAIN_TEST_EXPECT(found, runs, 5 + 1 + 2);
  DOMAIN_TEST_EXPECT(found, calls, 5 + 1 + 2);
  DOMAIN_TEST_EXPECT(found, bytes, (4 * 3 + 1 + 8 * 2 + 2) * page);
  for (i = 0; i < two.count; i++)
    touch(two.base + i * two.stride, two.rangeSize);
  CHECK(domainTestIsOpen(&other, 0) && domainTestIsOpen(&other, 1) && two.calls == 0, "the rest");
  CHECK(MutatorDomainPostMortemAll((MutatorPostMortemReport)(void *)((char *)&found + 1)) == MutatorResPARAM, "report");
  CHECK(MutatorDomainPostMortemAll((MutatorPostMortemReport)(void *)sizeof(void *)) == MutatorResACCESS, "report");
  return 0;
}
