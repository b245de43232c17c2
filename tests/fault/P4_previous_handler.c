/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P4_previous_handler.c -- after a post-mortem the domain's faults go to the previous handler, past
 * every handler of the library's
 */

#include "support/domain_test.h"

static DomainTestStruct test, second;
static volatile unsigned previous, above, below;
static void *volatile address;

static MutatorBool handler(NativeStop stop) {
  const MutatorWord at = nativeStopAddress(stop), page = nativePageSize();
  CHECK(nativeStopKind(stop) == NativeStopMEMORY, "stop %d", nativeStopNumber(stop));
  previous++;
  CHECK(previous < 10, "an endless loop");
  address = (void *)at;
  nativeProtect((void *)(at & ~(page - 1)), page, NativeREADWRITE);
  return 1;
}

static MutatorFaultResult watch(MutatorFaultHandler of, MutatorContext context, void *closure) {
  (void)of, (void)context, (void)closure;
  above++;
  return MutatorFaultDECLINED;
}

static MutatorFaultResult watchBelow(MutatorFaultHandler of, MutatorContext context, void *closure) {
  (void)of, (void)context, (void)closure;
  below++;
  return MutatorFaultDECLINED;
}

/* Where nobody is asked before the ranges, and the thread has just been in that one. */
static void fromTheQuickWay(void) {
  static MutatorFaultHandlerStruct lower;
  const unsigned handed = previous;
  unsigned i;
  CHECK(MutatorFaultHandlerAdd(&lower, -1, watchBelow, NULL) == MutatorResOK, "handler");
  domainTestMake(&second, "second", 1, 2, 1);
  for (i = 0; i < 3; i++) {
    domainTestClose(&second);
    *(volatile unsigned char *)second.base = 1;
  }
  CHECK(second.calls == 3 && below == 0, "calls %u", second.calls);
  CHECK(MutatorDomainPostMortem(&second.domain, NULL) == MutatorResOK, "post-mortem");
  nativeProtect(second.base, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)second.base = 2;
  CHECK(second.calls == 3 && below == 0 && previous == handed + 1, "below %u, previous %u", below, previous);
}

static void expect(unsigned callback, unsigned watched, unsigned handed) {
  CHECK(test.calls == callback, "callback: %u, expected %u", test.calls, callback);
  CHECK(above == watched, "handler above the ranges: %u, expected %u", above, watched);
  CHECK(previous == handed, "previous handler: %u, expected %u", previous, handed);
}

int main(void) {
  static MutatorFaultHandlerStruct higher;
  MutatorCountersStruct before, after;
  unsigned char *page;
  nativeHandle(handler);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  fromTheQuickWay();
  previous = 0;
  CHECK(MutatorFaultHandlerAdd(&higher, 50, watch, NULL) == MutatorResOK, "handler");
  domainTestMake(&test, "test", 3, 2, 1);
  domainTestClose(&test);
  page = test.base + test.stride + nativePageSize();

  *(volatile unsigned char *)(page + 5) = 1;
  expect(1, 1, 0);
  CHECK(MutatorDomainPostMortem(&test.domain, NULL) == MutatorResOK, "post-mortem");
  *(volatile unsigned char *)(page + 5) = 2;
  expect(1, 1, 0);

  nativeProtect(page, nativePageSize(), NativeNONE);
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  *(volatile unsigned char *)(page + 5) = 3;
  expect(1, 1, 1);
  CHECK(address == page + 5, "%p, expected %p", address, (void *)(page + 5));
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.forwarded - before.forwarded == 1 && after.handled == before.handled, "counted as forwarded");

  /* What is nobody's, and past the domain's last range, is as before. */
  nativeProtect(test.base + test.stride - nativePageSize(), nativePageSize(), NativeNONE);
  *(volatile unsigned char *)(test.base + test.stride - 1) = 3;
  expect(1, 2, 2);
  return 0;
}
