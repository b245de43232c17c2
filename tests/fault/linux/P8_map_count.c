/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P8_map_count.c -- every second page of 300 MiB closed, which is more than the kernel has room for
 *
 * With bytes for its pages the range survives: what the client has open opens
 * by itself, what it has closed comes to the callback, and the post-mortem opens
 * all.  Without them the change gives MEMORY.
 */

#include "support/domain_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static MutatorDomainStruct domain;
static MutatorDomainRangeStruct range, small;
static size_t page, count;
static unsigned char *base;
static volatile unsigned long calls;

static MutatorFaultResult openPage(MutatorDomain of, MutatorDomainRange in, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  unsigned char *at = (unsigned char *)((MutatorWord)address & ~(page - 1));
  (void)in, (void)context, (void)access, (void)closure;
  CHECK((size_t)(at - base) / page % 2 == 1 || at >= base + count * page, "page %zu is the library's affair",
        (size_t)(at - base) / page);
  calls++;
  return MutatorDomainProtect(of, at, at + page, 3) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

static unsigned long mapsMost(void) {
  unsigned long most = 65530;
  FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
  if (file != NULL) {
    if (fscanf(file, "%lu", &most) != 1)
      most = 65530;
    (void)fclose(file);
  }
  return most;
}

static unsigned char *volatileByte(size_t i) { return base + i * page + i % page; }

static void closeOdd(MutatorAccess access) {
  size_t i;
  for (i = 1; i < count; i += 2) {
    MutatorRes res = MutatorDomainProtect(&domain, base + i * page, base + (i + 1) * page, access);
    CHECK(res == MutatorResOK, "page %zu: %s", i, MutatorResName(res));
  }
}

/* In an order that leaves pages far apart open. */
static void touchAll(void) {
  size_t n;
  for (n = 0; n < count; n++) {
    size_t i = n * 10007 % count;
    volatile unsigned char *byte = volatileByte(i);
    CHECK(*byte == (unsigned char)(i % 251), "page %zu: %u", i, *byte);
    *byte = (unsigned char)(*byte + 1);
  }
}

static void survives(void) {
  MutatorPostMortemReportStruct found;
  size_t i;
  closeOdd(MutatorAccessNONE);
  CHECK(domain.coarse, "the kernel had room for %zu stretches", count);
  touchAll();
  CHECK(calls == count / 2, "%lu of %zu closed pages came to the callback", calls, count / 2);

  closeOdd(MutatorAccessREAD);
  calls = 0;
  for (i = 0; i < count; i += 2)
    *(volatile unsigned char *)volatileByte(i) = 1;
  CHECK(calls == 0, "%lu", calls);
  for (i = 1; i < count; i += 2)
    CHECK(*(volatile unsigned char *)volatileByte(i) == (unsigned char)(i % 251 + 1), "readable");
  CHECK(calls == 0, "%lu", calls);

  CHECK(MutatorDomainProtect(&domain, NULL, NULL, 0) == MutatorResOK, "close");
  CHECK(MutatorDomainProtect(&domain, NULL, NULL, 3) == MutatorResOK, "open");
  closeOdd(MutatorAccessNONE);
  CHECK(MutatorDomainPostMortem(&domain, &found) == MutatorResOK, "post-mortem");
  DOMAIN_TEST_EXPECT(found, bytes, (count + 1) * page);
  DOMAIN_TEST_EXPECT(found, runs, 2);
  DOMAIN_TEST_EXPECT(found, calls, 2);
  CHECK(domainTestReadable(base, count * page) && domainTestWritable(base, count * page), "open");
  CHECK(calls == 0, "%lu", calls);
}

/* Removing a range leaves its pages as the client wants them, or it stays. */
static void removed(void) {
  const size_t few = 64;
  size_t i;
  closeOdd(MutatorAccessNONE);
  CHECK(MutatorDomainRangeRemove(&domain, &range) == MutatorResMEMORY, "no room for what the client wants");
  CHECK(MutatorDomainProtect(&domain, base + few * page, base + count * page, 3) == MutatorResOK, "open");
  CHECK(MutatorDomainRangeRemove(&domain, &range) == MutatorResOK, "now there is");
  for (i = 0; i < count; i++)
    CHECK(domainTestWritable(base + i * page, page) == (i >= few || i % 2 == 0), "page %zu", i);
  nativeProtect(base, few * page, NativeREADWRITE);
}

/* Without the bytes: it fails, and says so. */
static void without(void) {
  MutatorRes res = MutatorResOK;
  size_t i;
  CHECK(MutatorDomainRangeAdd(&domain, &range, base, base + count * page, 3, NULL, NULL) == MutatorResOK, "add");
  for (i = 1; i < count && res == MutatorResOK; i += 2)
    res = MutatorDomainProtect(&domain, base + i * page, base + (i + 1) * page, 0);
  CHECK(res == MutatorResMEMORY, "page %zu: %s", i, MutatorResName(res));
  CHECK(MutatorDomainProtect(&domain, NULL, NULL, 3) == MutatorResOK, "open");
  CHECK(domainTestWritable(base, count * page), "open");
  CHECK(MutatorDomainRangeRemove(&domain, &range) == MutatorResOK, "remove");
  CHECK(MutatorFaultQuiesce(1000) == MutatorResOK, "quiesce");
}

static void begin(unsigned char *pages) {
  size_t i;
  for (i = 0; i < count; i++)
    *volatileByte(i) = (unsigned char)(i % 251);
  CHECK(MutatorDomainRangeAdd(&domain, &range, base, base + count * page, 3, NULL, pages) == MutatorResOK, "add");
}

int main(void) {
  const unsigned long most = mapsMost();
  unsigned char *pages, *other;
  page = nativePageSize();
  count = (300u << 20) / page;
  if (most > count)
    faultTestSkip("vm.max_map_count is %lu: %zu pages do not exhaust it", most, count);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  base = domainTestMemory(count * page);
  other = domainTestMemory(page);
  pages = malloc(count);
  CHECK(pages != NULL, "malloc");
  CHECK(MutatorDomainInit(&domain, "large", openPage, NULL) == MutatorResOK, "init");
  CHECK(MutatorDomainRangeAdd(&domain, &small, other, other + page, 3, NULL, NULL) == MutatorResOK, "add");
  without();
  begin(pages);
  removed();
  CHECK(MutatorFaultQuiesce(1000) == MutatorResOK, "quiesce");
  begin(pages);
  survives();
  free(pages);
  return 0;
}
