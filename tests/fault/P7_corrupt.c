/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P7_corrupt.c -- damaged ranges are skipped and counted, wrong links are overcome and counted, holes
 * are stepped over; what is whole is opened, and nothing that is not the domain's
 */

#include "support/domain_test.h"

#include <string.h>

enum { Ranges = 8, Victim = 3 };

static DomainTestStruct test, other;
static MutatorDomainRangeStruct kept[Ranges];
static MutatorDomainStruct keptDomain;

typedef struct CaseStruct {
  const char *name;
  void (*damage)(MutatorDomainRange victim);
  size_t skipped; /* ranges that stay closed */
  size_t corrupt; /* what the report counts */
} CaseStruct;

static void badSignature(MutatorDomainRange victim) { victim->signature ^= 1; }
static void badSize(MutatorDomainRange victim) { victim->size++; }
static void limitBelowBase(MutatorDomainRange victim) { victim->limit = victim->base - nativePageSize(); }
static void limitTooHigh(MutatorDomainRange victim) { victim->limit += nativePageSize(); }
static void baseElsewhere(MutatorDomainRange victim) {
  victim->base = (MutatorWord)other.base;
  victim->limit = victim->base + other.rangeSize;
}
static void allOnes(MutatorDomainRange victim) { memset(victim, 0xff, sizeof *victim); }
static void allZero(MutatorDomainRange victim) { memset(victim, 0, sizeof *victim); }
static void otherDomain(MutatorDomainRange victim) { victim->domain = &other.domain; }
static void cycle(MutatorDomainRange victim) { victim->next = &test.range[1]; }
static void itself(MutatorDomainRange victim) { victim->next = victim; }
static void cutShort(MutatorDomainRange victim) { victim->next = NULL; }
static void skipsOne(MutatorDomainRange victim) { victim->next = &test.range[Victim + 2]; }
static void intoNothing(MutatorDomainRange victim) { victim->next = (MutatorDomainRange)sizeof(MutatorWord); }
static void intoTheHeap(MutatorDomainRange victim) { victim->next = (MutatorDomainRange)(void *)test.base; }
static void misaligned(MutatorDomainRange victim) {
  victim->next = (MutatorDomainRange)((MutatorWord)victim->next + 1);
}
static void tooHigh(MutatorDomainRange victim) { victim->next = (MutatorDomainRange) ~(MutatorWord)7; }
static void toAnother(MutatorDomainRange victim) { victim->next = &other.range[0]; }
static void firstLost(MutatorDomainRange victim) {
  (void)victim;
  test.domain.first = NULL;
}
static void firstWild(MutatorDomainRange victim) {
  (void)victim;
  test.domain.first = (MutatorDomainRange)sizeof(MutatorWord);
}
static void afterTheLast(MutatorDomainRange victim) { test.range[Ranges - 1].next = victim; }
static void all(MutatorDomainRange victim) {
  (void)victim;
  memset(test.range, 0x5a, sizeof test.range);
}
static void two(MutatorDomainRange victim) {
  victim->signature = 0;
  test.range[Victim + 2].next = victim;
}

static const CaseStruct cases[] = {
    {"nothing", NULL, 0, 0},
    {"bad signature", badSignature, 1, 1},
    {"bad size", badSize, 1, 1},
    {"limit below base", limitBelowBase, 1, 1},
    {"limit too high", limitTooHigh, 1, 1},
    {"bounds of another domain's", baseElsewhere, 1, 1},
    {"all ones", allOnes, 1, 1},
    {"all zero", allZero, 1, 1},
    {"another domain", otherDomain, 1, 1},
    {"cycle", cycle, 0, 1},
    {"cycle of one", itself, 0, 1},
    {"cut short", cutShort, 0, 1},
    {"skips one", skipsOne, 0, 1},
    {"link to what is not mapped", intoNothing, 0, 1},
    {"link into the closed heap", intoTheHeap, 0, 1},
    {"misaligned link", misaligned, 0, 1},
    {"link to the end of memory", tooHigh, 0, 1},
    {"link to another domain's", toAnother, 0, 1},
    {"no first", firstLost, 0, 1},
    {"wild first", firstWild, 0, 1},
    {"cycle after the last", afterTheLast, 0, 1},
    {"all damaged", all, Ranges, 1},
    {"two faults", two, 1, 2},
};

static void keep(void) {
  memcpy(kept, test.range, sizeof kept);
  keptDomain = test.domain;
}

/* Put right, as far as it takes to remove them. */
static void repair(void) {
  memcpy(test.range, kept, sizeof kept);
  test.domain.first = keptDomain.first;
}

static void run(const CaseStruct *each) {
  MutatorPostMortemReportStruct found;
  MutatorRes res;
  size_t i, closed = 0;
  domainTestMake(&test, each->name, Ranges, 2, 1);
  domainTestClose(&test);
  keep();
  if (each->damage != NULL)
    each->damage(&test.range[Victim]);
  res = MutatorDomainPostMortem(&test.domain, &found);
  CHECK(res == (each->corrupt == 0 ? MutatorResOK : MutatorResFAIL), "%s: %s", each->name, MutatorResName(res));
  CHECK(found.corrupt == each->corrupt, "%s: %zu corrupt, expected %zu", each->name, found.corrupt, each->corrupt);
  CHECK(found.ranges == Ranges - each->skipped, "%s: %zu ranges", each->name, found.ranges);
  CHECK(found.bytes == found.ranges * test.rangeSize, "%s: %zu bytes", each->name, found.bytes);
  for (i = 0; i < Ranges; i++)
    closed += domainTestIsClosed(&test, i);
  CHECK(closed == each->skipped, "%s: %zu closed, expected %zu", each->name, closed, each->skipped);
  for (i = 0; i < Ranges; i++)
    CHECK(i == Victim || each->skipped == Ranges || domainTestIsOpen(&test, i), "%s: range %zu", each->name, i);
  CHECK(domainTestIsClosed(&other, 0) && domainTestIsClosed(&other, 1), "%s: another domain's", each->name);
  repair();
  domainTestFinish(&test);
}

/* Memory that is gone from the middle of a range, and from all of another. */
static void holes(void) {
  MutatorPostMortemReportStruct found;
  const size_t page = nativePageSize();
  unsigned char *base;
  domainTestMake(&test, "holes", Ranges, 9, 0);
  domainTestClose(&test);
  base = test.base + Victim * test.stride;
  nativeUnmap(base + 3 * page, 2 * page);
  nativeUnmap(base + test.stride, test.rangeSize);
  CHECK(MutatorDomainPostMortem(&test.domain, &found) == MutatorResFAIL, "something is missing");
  DOMAIN_TEST_EXPECT(found, ranges, Ranges);
  DOMAIN_TEST_EXPECT(found, runs, 1);
  DOMAIN_TEST_EXPECT(found, holes, 2 * page + test.rangeSize);
  DOMAIN_TEST_EXPECT(found, bytes, Ranges * test.rangeSize - found.holes);
  DOMAIN_TEST_EXPECT(found, refused, 0);
  DOMAIN_TEST_EXPECT(found, corrupt, 0);
  CHECK(found.calls < 40, "%zu calls", found.calls);
  CHECK(domainTestReadable(base, 3 * page) && domainTestWritable(base + 5 * page, 4 * page), "around the hole");
  CHECK(domainTestWritable(base + 2 * test.stride, (Ranges - Victim - 2) * test.rangeSize), "after the holes");
  domainTestFinish(&test);
}

/* A range whose structure has gone with its page, and a domain that is damaged, closed or gone. */
static void gone(void) {
  static DomainTestStruct whole;
  MutatorPostMortemReportStruct found;
  const size_t page = nativePageSize(), size = (sizeof test + page - 1) & ~(page - 1);
  DomainTest lost = (DomainTest)(void *)domainTestMemory(size);
  domainTestMake(&whole, "whole", 2, 1, 1);
  domainTestMake(lost, "lost", 2, 1, 1);
  domainTestClose(&whole);
  domainTestClose(lost);
  lost->domain.signature ^= 1;
  CHECK(MutatorDomainPostMortem(&lost->domain, &found) == MutatorResFAIL && found.corrupt == 1, "damaged");
  lost->domain.signature ^= 1;
  nativeProtect(lost, size, NativeREAD);
  CHECK(MutatorDomainPostMortem(&lost->domain, &found) == MutatorResFAIL && found.corrupt == 1, "read-only");
  CHECK(MutatorDomainLive(&lost->domain), "nothing changed");
  nativeProtect(lost, size, NativeNONE);
  CHECK(MutatorDomainPostMortem(&lost->domain, &found) == MutatorResFAIL && found.corrupt == 1, "closed");
  CHECK(MutatorDomainBusy(&lost->domain, NULL) == 0, "closed");
  nativeUnmap(lost, size);
  CHECK(!MutatorDomainCheck(&lost->domain) && MutatorDomainBusy(&lost->domain, NULL) == 0, "gone");
  CHECK(MutatorDomainPostMortemAll(&found) == MutatorResFAIL, "all");
  DOMAIN_TEST_EXPECT(found, corrupt, 1);
  DOMAIN_TEST_EXPECT(found, domains, 2);
  DOMAIN_TEST_EXPECT(found, ranges, 4);
  CHECK(domainTestIsOpen(&whole, 0) && domainTestIsOpen(&whole, 1) && domainTestIsOpen(&other, 1), "the others");
}

int main(void) {
  size_t i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestMake(&other, "other", 2, 2, 1);
  domainTestClose(&other);
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
    run(&cases[i]);
  holes();
  gone();
  return 0;
}
