/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P8_runs.c -- ranges added in no order are listed in order, and opened by one call for each stretch
 */

#include "support/domain_test.h"

enum { Ranges = 60, Groups = 3, Pages = 4 };

static MutatorDomainStruct domain;
static MutatorDomainRangeStruct range[Ranges];
static unsigned char *base;
static size_t page;

static MutatorFaultResult decline(MutatorDomain of, MutatorDomainRange in, MutatorContext context, void *address,
                                  MutatorAccess access, void *closure) {
  (void)of, (void)in, (void)context, (void)address, (void)access, (void)closure;
  return MutatorFaultDECLINED;
}

/* Twenty adjacent ranges, then a gap of a page: three times. */
static unsigned char *baseOf(size_t i) { return base + (Pages * i + i / (Ranges / Groups)) * page; }

static void listed(void) {
  MutatorDomainRange each = domain.first;
  size_t i;
  for (i = 0; i < Ranges; i++, each = each->next) {
    CHECK(each == &range[i], "range %zu of the list", i);
    CHECK(each->previous == (i == 0 ? NULL : &range[i - 1]), "back from %zu", i);
  }
  CHECK(each == NULL && domain.last == &range[Ranges - 1], "the end");
}

/* Every second page closed: each stretch has many protections. */
static void fragment(void) {
  size_t i, at;
  for (i = 0; i < Ranges; i++)
    for (at = 0; at < Pages; at += 2) {
      MutatorRes res = MutatorDomainProtect(&domain, baseOf(i) + at * page, baseOf(i) + (at + 1) * page, 0);
      CHECK(res == MutatorResOK, "range %zu: %s", i, MutatorResName(res));
      CHECK(!domainTestWritable(baseOf(i) + at * page, page) && domainTestWritable(baseOf(i) + (at + 1) * page, page),
            "range %zu, page %zu", i, at);
    }
}

int main(void) {
  MutatorPostMortemReportStruct found;
  size_t n;
  page = nativePageSize();
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  base = domainTestMemory((Pages * Ranges + Groups) * page);
  CHECK(MutatorDomainInit(&domain, "many", decline, NULL) == MutatorResOK, "init");
  for (n = 0; n < Ranges; n++) {
    const size_t i = n * 37 % Ranges;
    MutatorRes res = MutatorDomainRangeAdd(&domain, &range[i], baseOf(i), baseOf(i) + Pages * page, 3, NULL, NULL);
    CHECK(res == MutatorResOK, "range %zu: %s", i, MutatorResName(res));
  }
  listed();
  CHECK(MutatorDomainRangeRemove(&domain, &range[0]) == MutatorResOK && domain.first == &range[1], "the first");
  CHECK(MutatorDomainRangeRemove(&domain, &range[Ranges - 1]) == MutatorResOK, "the last");
  CHECK(domain.last == &range[Ranges - 2] && domain.last->next == NULL, "the last");
  CHECK(MutatorFaultQuiesce(20000) == MutatorResOK, "quiesce");
  for (n = 0; n < Ranges; n += Ranges - 1)
    CHECK(MutatorDomainRangeAdd(&domain, &range[n], baseOf(n), baseOf(n) + Pages * page, 3, NULL, NULL) == MutatorResOK,
          "range %zu", n);
  listed();
  fragment();
  CHECK(MutatorDomainPostMortem(&domain, &found) == MutatorResOK, "post-mortem");
  DOMAIN_TEST_EXPECT(found, ranges, Ranges);
  DOMAIN_TEST_EXPECT(found, runs, Groups);
  DOMAIN_TEST_EXPECT(found, calls, Groups);
  DOMAIN_TEST_EXPECT(found, bytes, Ranges * Pages * page);
  for (n = 0; n < Ranges; n++)
    CHECK(domainTestWritable(baseOf(n), Pages * page), "range %zu", n);
  return 0;
}
