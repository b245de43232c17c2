/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P5_others_work.c -- when one domain has died the others, and plain ranges, work as before; also an
 * instruction that touches both
 */

#include "support/domain_test.h"

static DomainTestStruct dead, live;
static MutatorFaultRangeStruct plain;
static volatile unsigned plainCalls, liveCalls, deadCalls;

static MutatorFaultResult openPlain(MutatorFaultRange range, MutatorContext context, void *address,
                                    MutatorAccess access, void *closure) {
  (void)context, (void)address, (void)access, (void)closure;
  plainCalls++;
  nativeProtect(MutatorFaultRangeBase(range), nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

/* Opens its page and steps all the same. */
static MutatorFaultResult stepIt(MutatorDomain domain, MutatorDomainRange range, MutatorContext context, void *address,
                                 MutatorAccess access, void *closure) {
  MutatorRes res;
  (void)range, (void)address, (void)access, (void)closure;
  liveCalls++;
  CHECK(liveCalls < 10, "an endless loop");
  CHECK(MutatorDomainProtect(domain, NULL, NULL, DomainTestALL) == MutatorResOK, "open");
  res = MutatorFaultStep(context);
  CHECK(res == MutatorResOK, "step: %s", MutatorResName(res));
  return MutatorFaultHANDLED;
}

static MutatorFaultResult mustNot(MutatorDomain domain, MutatorDomainRange range, MutatorContext context, void *address,
                                  MutatorAccess access, void *closure) {
  (void)domain, (void)range, (void)context, (void)address, (void)access, (void)closure;
  deadCalls++;
  return MutatorFaultDECLINED;
}

static void store(unsigned char *address, uint32_t value) {
  __asm__ volatile("movl %1, (%0)" : : "r"(address), "r"(value) : "memory");
}

/* Half of the store is in live memory and half in dead, which is open: the step
 * may write there, and the dead domain's callback hears nothing. */
static void across(void) {
  static MutatorDomainStruct one, two;
  static MutatorDomainRangeStruct oneRange, twoRange;
  const size_t page = nativePageSize();
  unsigned char *base = domainTestMemory(2 * page), *edge = base + page;
  CHECK(MutatorDomainInit(&one, "one", stepIt, NULL) == MutatorResOK, "one");
  CHECK(MutatorDomainInit(&two, "two", mustNot, NULL) == MutatorResOK, "two");
  CHECK(MutatorDomainRangeAdd(&one, &oneRange, base, edge, 3, NULL, NULL) == MutatorResOK, "add");
  CHECK(MutatorDomainRangeAdd(&two, &twoRange, edge, edge + page, 3, NULL, NULL) == MutatorResOK, "add");
  CHECK(MutatorDomainProtect(&one, NULL, NULL, MutatorAccessREAD) == MutatorResOK, "close");
  CHECK(MutatorDomainProtect(&two, NULL, NULL, MutatorAccessNONE) == MutatorResOK, "close");
  CHECK(MutatorDomainPostMortem(&two, NULL) == MutatorResOK, "post-mortem");
  store(edge - 2, 0x44332211);
  CHECK(liveCalls == 1 && deadCalls == 0, "%u and %u calls", liveCalls, deadCalls);
  CHECK(edge[-2] == 0x11 && edge[-1] == 0x22 && edge[0] == 0x33 && edge[1] == 0x44, "the whole store");
}

int main(void) {
  const size_t page = nativePageSize();
  unsigned char *base = domainTestMemory(page);
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  domainTestMake(&dead, "dead", 3, 1, 1);
  domainTestMake(&live, "live", 3, 1, 1);
  CHECK(MutatorFaultRangeAdd(&plain, base, base + page, openPlain, NULL, NULL) == MutatorResOK, "plain");
  domainTestClose(&dead);
  domainTestClose(&live);
  CHECK(MutatorDomainEnter(&dead.domain) == MutatorResOK && MutatorDomainEnter(&live.domain) == MutatorResOK, "enter");
  CHECK(MutatorDomainPostMortem(&dead.domain, NULL) == MutatorResOK, "post-mortem");
  CHECK(MutatorDomainLive(&live.domain) && MutatorDomainBusy(&live.domain, NULL) == domainTestThread(), "the other");
  CHECK(MutatorDomainLeave(&live.domain) == MutatorResOK, "leave");

  for (i = 0; i < 5; i++) {
    domainTestClose(&live);
    nativeProtect(base, page, NativeNONE);
    live.base[live.stride * (i % 3)] = 1;
    *(volatile unsigned char *)base = 1;
    CHECK(live.handled == i + 1 && plainCalls == i + 1, "%u and %u", live.handled, plainCalls);
  }
  CHECK(dead.calls == 0, "the dead one's callback");
  domainTestFinish(&live);
  across();
  return 0;
}
