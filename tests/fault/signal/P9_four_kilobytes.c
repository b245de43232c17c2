/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P9_four_kilobytes.c -- a post-mortem with 4 KiB of stack and nothing below, also in a handler; errno is kept
 */

#include "support/domain_test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

/* A sanitizer's stack frames are larger, and no measure. */
enum { Allowed = FAULT_TEST_ASAN ? 65536 : 4096, Paint = 0xa5 };

static DomainTestStruct test, holey;
static MutatorPostMortemReportStruct found;
static MutatorRes result;
static ucontext_t here, there;

static void die(void) {
  errno = 4711;
  result = MutatorDomainPostMortemAll(&found);
  CHECK(errno == 4711, "errno %d", errno);
  CHECK(MutatorDomainBusy(&test.domain, NULL) == 0, "free");
}

static void onSignal(int signal) {
  (void)signal;
  die();
}

/* Below the stack nothing is mapped.  Gives how much of it was used. */
static size_t withStack(size_t size) {
  unsigned char *stack = faultTestPageNew(FaultTestPageNOACCESS);
  size_t page = nativePageSize(), i;
  stack = mmap(stack - page, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(stack != MAP_FAILED && mprotect(stack, page, PROT_NONE) == 0, "stack");
  stack += page;
  memset(stack, Paint, size);
  CHECK(getcontext(&there) == 0, "getcontext");
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = size;
  there.uc_link = &here;
  makecontext(&there, die, 0);
  CHECK(swapcontext(&here, &there) == 0, "swapcontext");
  for (i = 0; i < size && stack[i] == Paint; i++)
    ;
  return size - i;
}

int main(void) {
  size_t used;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestDamage(&test, &holey);
  die(); /* the dynamic linker's own stack is not what is measured */
  domainTestDamaged(&test, &holey, result, &found);
  domainTestDamage(&test, &holey);
  used = withStack(Allowed);
  domainTestDamaged(&test, &holey, result, &found);
  (void)printf("%zu bytes of stack\n", used);

  domainTestDamage(&test, &holey);
  CHECK(signal(SIGUSR1, onSignal) != SIG_ERR && raise(SIGUSR1) == 0, "a handler");
  domainTestDamaged(&test, &holey, result, &found);
  return 0;
}
