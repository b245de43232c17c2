/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_unaligned.c -- ranges begin and end at any byte; a domain's are whole pages, and others are refused
 */

#include "support/domain_test.h"

#include <string.h>

enum { LeftBase = 1, Border = 7, RightLimit = 12 };

static unsigned char *page;
static MutatorFaultRangeStruct left, right;
static MutatorFaultRange volatile asked;
static volatile unsigned others;

static MutatorFaultResult open_(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  asked = range;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

/* A fault that is in no range. */
static MutatorBool others_(NativeStop stop) {
  (void)stop;
  others++;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return 1;
}

static void touch(size_t offset, MutatorFaultRange expected) {
  asked = NULL;
  others = 0;
  nativeProtect(page, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)(page + offset) = 1;
  CHECK(asked == expected && others == (expected == NULL), "byte %zu", offset);
}

static void ranges(void) {
  CHECK(MutatorFaultRangeAdd(&left, page + LeftBase, page + Border, open_, NULL, NULL) == MutatorResOK, "left");
  CHECK(MutatorFaultRangeAdd(&right, page + Border, page + RightLimit, open_, NULL, NULL) == MutatorResOK, "right");
  touch(LeftBase - 1, NULL);
  touch(LeftBase, &left);
  touch(Border - 1, &left);
  touch(Border, &right);
  touch(RightLimit - 1, &right);
  touch(RightLimit, NULL);
  CHECK(MutatorFaultRangeRemove(&left) == MutatorResOK, "remove");
  touch(Border - 1, NULL);
  touch(Border, &right);
}

/* Refused, and nothing changed. */
static void domains(void) {
  static DomainTestStruct test;
  static MutatorDomainRangeStruct range, before;
  const size_t size = nativePageSize();
  unsigned char *memory = domainTestMemory(size);
  size_t i;
  static const struct { size_t base, limit; } bad[] = {{1, 0}, {0, 1}, {8, 8}};
  domainTestMake(&test, "unaligned", 1, 2, 0);
  memset(&range, 0x5a, sizeof range);
  before = range;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK(MutatorDomainRangeAdd(&test.domain, &range, memory + bad[i].base, memory + size - bad[i].limit,
                                MutatorAccessREAD | MutatorAccessWRITE, NULL, NULL) == MutatorResPARAM,
          "range %zu", i);
    CHECK(MutatorDomainProtect(&test.domain, test.base + bad[i].base, test.base + size - bad[i].limit,
                               MutatorAccessNONE) == MutatorResPARAM,
          "protect %zu", i);
  }
  CHECK(memcmp(&range, &before, sizeof range) == 0, "the structure has changed");
  CHECK(domainTestIsOpen(&test, 0), "the memory has changed");
  domainTestFinish(&test);
}

int main(void) {
  nativeHandle(others_);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  page = nativeMap(NULL, nativePageSize(), NativeREADWRITE);
  ranges();
  domains();
  return 0;
}
