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
static MutatorRes result;
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

static void inCallback(DomainTest in) {
  (void)in;
  die();
}

int main(void) {
  size_t bytes;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestDamage(&test, &holey);
  die(); /* the dynamic linker's own stack is not what is measured */
  domainTestDamaged(&test, &holey, result, &found);

  domainTestDamage(&test, &holey);
  paint();
  die();
  bytes = used();
  domainTestDamaged(&test, &holey, result, &found);
  (void)printf("%zu bytes of stack\n", bytes);
  CHECK(FAULT_TEST_ASAN || (bytes > 200 && bytes < Allowed), "%zu bytes of stack", bytes);

  domainTestDamage(&test, &holey);
  test.inside = inCallback;
  *(volatile unsigned char *)test.base = 1;
  domainTestDamaged(&test, &holey, result, &found);
  return 0;
}
