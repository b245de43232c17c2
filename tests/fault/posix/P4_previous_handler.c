/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P4_previous_handler.c -- after a post-mortem the domain's faults go to the previous handler, past
 * every handler of the library's
 */

#include "support/domain_test.h"

#include <signal.h>
#include <string.h>

static DomainTestStruct test;
static volatile unsigned previous, above;
static void *volatile address;

static void handler(int signal, siginfo_t *info, void *ucontext) {
  (void)ucontext;
  CHECK(signal == SIGSEGV || signal == SIGBUS, "signal %d", signal);
  previous++;
  CHECK(previous < 10, "an endless loop");
  address = info->si_addr;
  faultTestProtect((void *)((MutatorWord)info->si_addr & ~(faultTestPageSize() - 1)), faultTestPageSize(), 3);
}

static MutatorFaultResult watch(MutatorFaultHandler of, MutatorContext context, void *closure) {
  (void)of, (void)context, (void)closure;
  above++;
  return MutatorFaultDECLINED;
}

static void expect(unsigned callback, unsigned watched, unsigned handed) {
  CHECK(test.calls == callback, "callback: %u, expected %u", test.calls, callback);
  CHECK(above == watched, "handler above the ranges: %u, expected %u", above, watched);
  CHECK(previous == handed, "previous handler: %u, expected %u", previous, handed);
}

int main(void) {
  static MutatorFaultHandlerStruct higher;
  MutatorCountersStruct before, after;
  struct sigaction action;
  unsigned char *page;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultHandlerAdd(&higher, 50, watch, NULL) == MutatorResOK, "handler");
  domainTestMake(&test, "test", 3, 2, 1);
  domainTestClose(&test);
  page = test.base + test.stride + faultTestPageSize();

  *(volatile unsigned char *)(page + 5) = 1;
  expect(1, 1, 0);
  CHECK(MutatorDomainPostMortem(&test.domain, NULL) == MutatorResOK, "post-mortem");
  *(volatile unsigned char *)(page + 5) = 2;
  expect(1, 1, 0);

  faultTestProtect(page, faultTestPageSize(), 0);
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  *(volatile unsigned char *)(page + 5) = 3;
  expect(1, 1, 1);
  CHECK(address == page + 5, "%p, expected %p", address, (void *)(page + 5));
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.forwarded - before.forwarded == 1 && after.handled == before.handled, "counted as forwarded");

  /* What is nobody's, and past the domain's last range, is as before. */
  faultTestProtect(test.base + test.stride - faultTestPageSize(), faultTestPageSize(), 0);
  *(volatile unsigned char *)(test.base + test.stride - 1) = 3;
  expect(1, 2, 2);
  return 0;
}
