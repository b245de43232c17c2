/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P8_few_calls.c -- one mprotect for each stretch of adjacent ranges, and what becomes of calls that fail
 *
 * The program has an mprotect of its own, which the library calls.
 */

#include "support/domain_test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { Ranges = 600, Groups = 6 };

static MutatorDomainStruct domain;
static MutatorDomainRangeStruct range[Ranges];
static unsigned char *base;
static volatile unsigned calls, failures; /* calls; and how many more of more than a page are to fail */
static unsigned char *refused;            /* a page that is never writable */
static size_t page;

int mprotect(void *address, size_t size, int protection) {
  const MutatorWord from = (MutatorWord)address, at = (MutatorWord)refused;
  calls++;
  if (failures != 0 && size > page) {
    failures--;
    errno = ENOMEM;
    return -1;
  }
  if (refused != NULL && from <= at && at < from + size && (protection & PROT_WRITE) != 0) {
    errno = EACCES;
    return -1;
  }
  return (int)syscall(SYS_mprotect, address, size, protection);
}

static MutatorFaultResult decline(MutatorDomain of, MutatorDomainRange in, MutatorContext context, void *address,
                                  MutatorAccess access, void *closure) {
  (void)of, (void)in, (void)context, (void)address, (void)access, (void)closure;
  return MutatorFaultDECLINED;
}

/* A hundred ranges of two pages, then a gap of one: six times, added in no order. */
static unsigned char *baseOf(size_t i) { return base + (2 * i + i / (Ranges / Groups)) * page; }

static void addAll(void) {
  size_t n;
  base = domainTestMemory((2 * Ranges + Groups) * page);
  CHECK(MutatorDomainInit(&domain, "many", decline, NULL) == MutatorResOK, "init");
  for (n = 0; n < Ranges; n++) {
    const size_t i = n * 7919 % Ranges;
    MutatorRes res = MutatorDomainRangeAdd(&domain, &range[i], baseOf(i), baseOf(i) + 2 * page, 3, NULL, NULL);
    CHECK(res == MutatorResOK, "range %zu: %s", i, MutatorResName(res));
  }
}

/* What a debugger relies on: `first` and `next` lead through all, in order, and back. */
static void listed(void) {
  MutatorDomainRange each = domain.first;
  size_t i;
  for (i = 0; i < Ranges; i++, each = each->next) {
    CHECK(each == &range[i], "range %zu of the list", i);
    CHECK(each->previous == (i == 0 ? NULL : &range[i - 1]), "back from %zu", i);
  }
  CHECK(each == NULL && domain.last == &range[Ranges - 1], "the end");
}

static unsigned protect(void *from, void *to, MutatorAccess access, MutatorRes expected) {
  const unsigned before = calls;
  MutatorRes res = MutatorDomainProtect(&domain, from, to, access);
  CHECK(res == expected, "protect: %s", MutatorResName(res));
  return calls - before;
}

static void protectCalls(void) {
  CHECK(protect(NULL, NULL, 0, MutatorResOK) == Groups, "all");
  CHECK(protect(NULL, NULL, DomainTestALL, MutatorResOK) == Groups, "all");
  CHECK(protect(baseOf(5), baseOf(70), 0, MutatorResOK) == 1, "within a stretch");
  CHECK(protect(baseOf(5) + page, baseOf(70) + page, 1, MutatorResOK) == 1, "from within a range to within another");
  CHECK(domainTestReadable(baseOf(5) + page, page) && !domainTestReadable(baseOf(5), 1), "not more than asked");
  CHECK(!domainTestReadable(baseOf(70) + page, 1) == 0 && domainTestWritable(baseOf(70) + page, page), "nor after it");
  CHECK(protect(baseOf(99) + page, baseOf(100) + page, 0, MutatorResOK) == 2, "across a gap");
  CHECK(domainTestWritable(baseOf(99) + 2 * page, page), "the gap is left alone");
  CHECK(protect(baseOf(99) + 2 * page, baseOf(100), 0, MutatorResPARAM) == 0, "nothing there");
  CHECK(protect(baseOf(0) + 1, baseOf(1), 0, MutatorResPARAM) == 0, "misaligned");
  CHECK(protect(baseOf(0), baseOf(1) + 1, 0, MutatorResPARAM) == 0, "misaligned");
  CHECK(protect(baseOf(1), baseOf(0), 0, MutatorResPARAM) == 0, "backwards");
  CHECK(protect(baseOf(0), baseOf(1), 8, MutatorResPARAM) == 0, "unknown access");
  failures = 1;
  CHECK(protect(baseOf(0), baseOf(1), 0, MutatorResMEMORY) == 1, "no room, and nothing to make room with");
}

static void addErrors(void) {
  static MutatorDomainRangeStruct late;
  unsigned char *memory = domainTestMemory(3 * page);
  void *to = memory + page;
  CHECK(MutatorDomainRangeAdd(&domain, NULL, memory, to, 3, NULL, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorDomainRangeAdd(&domain, &late, memory + 1, to, 3, NULL, NULL) == MutatorResPARAM, "misaligned");
  CHECK(MutatorDomainRangeAdd(&domain, &late, memory, memory, 3, NULL, NULL) == MutatorResPARAM, "empty");
  CHECK(MutatorDomainRangeAdd(&domain, &late, memory, to, 1, NULL, NULL) == MutatorResPARAM, "not to be written");
  CHECK(MutatorDomainRangeAdd(&domain, &late, memory, to, 8 | 3, NULL, NULL) == MutatorResPARAM, "unknown access");
  CHECK(MutatorDomainRangeAdd(&domain, &late, baseOf(7) + page, baseOf(8), 3, NULL, NULL) == MutatorResPARAM,
        "overlap");
  CHECK(late.signature == 0, "nothing changed");
  CHECK(MutatorDomainRangeAdd(&domain, &range[9], memory, to, 3, NULL, NULL) == MutatorResSTATE, "in it already");
  late = range[9]; /* a stale copy is not in the domain */
  CHECK(MutatorDomainRangeRemove(&domain, &late) == MutatorResSTATE, "a copy");
  CHECK(MutatorDomainRangeAdd(&domain, &late, memory, to, 3, NULL, NULL) == MutatorResOK, "memory of a copy's");
  CHECK(MutatorDomainRangeRemove(&domain, &late) == MutatorResOK, "remove");
  CHECK(MutatorDomainRangeRemove(&domain, &late) == MutatorResSTATE, "twice");
  CHECK(MutatorDomainRangeRemove(NULL, &late) == MutatorResPARAM, "no domain");
  CHECK(MutatorDomainFinish(&domain) == MutatorResBUSY, "ranges are left");
  listed();
}

static void die(MutatorRes expected, MutatorPostMortemReport found) {
  const unsigned before = calls;
  MutatorRes res = MutatorDomainPostMortem(&domain, found);
  CHECK(res == expected, "post-mortem: %s", MutatorResName(res));
  DOMAIN_TEST_EXPECT(*found, ranges, Ranges);
  DOMAIN_TEST_EXPECT(*found, runs, Groups);
  CHECK(found->calls <= calls - before, "%zu of %u calls", found->calls, calls - before);
}

int main(void) {
  MutatorPostMortemReportStruct found;
  page = nativePageSize();
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  addAll();
  listed();
  addErrors();
  protectCalls();
  CHECK(protect(NULL, NULL, 0, MutatorResOK) == Groups, "all");

  calls = 0;
  die(MutatorResOK, &found);
  DOMAIN_TEST_EXPECT(found, calls, Groups);
  CHECK(calls == Groups, "%u calls", calls);
  DOMAIN_TEST_EXPECT(found, bytes, 2 * Ranges * page);

  CHECK(syscall(SYS_mprotect, base, (2 * Ranges + Groups) * page, PROT_NONE) == 0, "mprotect");
  failures = 20;
  die(MutatorResOK, &found);
  DOMAIN_TEST_EXPECT(found, bytes, 2 * Ranges * page);
  CHECK(failures == 0 && domainTestWritable(baseOf(0), 2 * page * (Ranges / Groups)), "opened in pieces");

  refused = baseOf(250) + page;
  CHECK(syscall(SYS_mprotect, base, (2 * Ranges + Groups) * page, PROT_NONE) == 0, "mprotect");
  die(MutatorResFAIL, &found);
  DOMAIN_TEST_EXPECT(found, refused, page);
  DOMAIN_TEST_EXPECT(found, holes, 0);
  DOMAIN_TEST_EXPECT(found, bytes, (2 * Ranges - 1) * page);
  CHECK(domainTestReadable(baseOf(200), 2 * page * (Ranges / Groups)), "what may not be written can be read");
  CHECK(!domainTestWritable(refused, page) && domainTestWritable(refused - page, page), "refused");
  return 0;
}
