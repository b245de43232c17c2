/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P9_small_stack.c -- a post-mortem takes less than 4 KiB of stack, also in a callback; errno is kept
 *
 * The stack below is painted, and what is painted no more has been used.
 */

#include "support/domain_test.h"

#include <stdio.h>
#include <string.h>

/* A sanitizer's stack frames are larger, and no measure. */
enum { Allowed = FAULT_TEST_ASAN ? 65536 : 4096, Painted = 2 * Allowed, Paint = 0xa5 };

static DomainTestStruct test, holey;
static MutatorPostMortemReportStruct found;
static volatile MutatorRes result;
static volatile MutatorWord stackTop;

static void die(void) {
  nativeErrorSet();
  result = MutatorDomainPostMortemAll(&found);
  CHECK(nativeErrorKept(), "the system's error words");
}

/* Called from one frame, so that their stacks lie in the same place. */
static __attribute__((noinline)) void paint(void) {
  volatile unsigned char area[Painted];
  size_t i;
  for (i = 0; i < Painted; i++)
    area[i] = Paint;
  stackTop = (MutatorWord)area + Painted;
}

static __attribute__((noinline, no_sanitize("address"))) size_t used(void) {
  const volatile unsigned char *byte = (const unsigned char *)(stackTop - Painted);
  size_t i;
  for (i = 0; i < Painted && byte[i] == Paint; i++)
    ;
  return Painted - i;
}

static void prepare(void) {
  domainTestMake(&test, "test", 5, 2, 1);
  domainTestMake(&holey, "holey", 4, 8, 0);
  domainTestClose(&test);
  domainTestClose(&holey);
  nativeUnmap(holey.base + 2 * holey.stride, nativePageSize()); /* the longest way */
  test.range[2].next = &test.range[2];
  CHECK(MutatorDomainEnter(&test.domain) == MutatorResOK, "enter");
}

static void check(void) {
  size_t i;
  CHECK(result == MutatorResFAIL, "%s", MutatorResName(result));
  DOMAIN_TEST_EXPECT(found, holes, nativePageSize());
  DOMAIN_TEST_EXPECT(found, corrupt, 1);
  DOMAIN_TEST_EXPECT(found, locks, 1);
  DOMAIN_TEST_EXPECT(found, ranges, 9);
  for (i = 0; i < test.count; i++)
    CHECK(domainTestIsOpen(&test, i), "range %zu", i);
  test.range[2].next = &test.range[3];
  domainTestFinish(&test);
  domainTestFinish(&holey);
}

static void inCallback(DomainTest in) {
  (void)in;
  die();
}

int main(void) {
  size_t bytes;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  prepare();
  die(); /* the dynamic linker's own stack is not what is measured */
  check();

  prepare();
  paint();
  die();
  bytes = used();
  check();
  (void)printf("%zu bytes of stack\n", bytes);
  CHECK(FAULT_TEST_ASAN || (bytes > 200 && bytes < Allowed), "%zu bytes of stack", bytes);

  prepare();
  test.inside = inCallback;
  *(volatile unsigned char *)test.base = 1;
  check();
  return 0;
}
