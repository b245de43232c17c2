/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_second_range.c -- a step that touches another range asks it first, and declines if it does
 */

#include "support/fault_test.h"

static unsigned char *base;
static MutatorWindowStruct window;
static MutatorFaultRangeStruct left, right;
static MutatorFaultResult answer;
static volatile unsigned asked, faulted;
static void *askedAddress;
static MutatorAccess askedAccess;

static MutatorFaultResult beAsked(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                  void *closure) {
  (void)closure;
  CHECK(range == &right && context == NULL, "asked without a context");
  asked++;
  askedAddress = address;
  askedAccess = access;
  return answer;
}

static MutatorFaultResult step(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  MutatorRes res;
  (void)closure;
  (void)access;
  CHECK(range == &left && address == base + nativePageSize() - sizeof(MutatorWord) / 2, "the fault at %p", address);
  faulted++;
  res = MutatorFaultStep(context);
  if (res == MutatorResOK)
    return MutatorFaultHANDLED;
  CHECK(res == MutatorResUNIMPL, "%s", MutatorResName(res));
  nativeProtect(base, 2 * nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

static void storeAcross(MutatorWord value, MutatorFaultResult its) {
  answer = its;
  asked = faulted = 0;
  askedAddress = NULL;
  nativeProtect(base, 2 * nativePageSize(), NativeNONE);
  __asm__ volatile("mov %1, (%0)" : : "r"(base + nativePageSize() - sizeof(MutatorWord) / 2), "r"(value) : "memory");
}

static MutatorWord loadAcross(void) {
  MutatorWord value;
  nativeProtect(base, 2 * nativePageSize(), NativeREADWRITE);
  __asm__ volatile("mov (%1), %0" : "=r"(value) : "r"(base + nativePageSize() - sizeof(MutatorWord) / 2) : "memory");
  return value;
}

int main(void) {
  unsigned char *middle;
  MutatorCountersStruct before, after;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorWindowCreate(&window, 2 * nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  middle = base + nativePageSize();
  CHECK(MutatorFaultRangeAdd(&left, base, middle, step, NULL, &window) == MutatorResOK, "add");
  CHECK(MutatorFaultRangeAdd(&right, middle, middle + nativePageSize(), beAsked, NULL, &window) == MutatorResOK, "add");

  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  storeAcross((MutatorWord)UINT64_C(0x1122334455667788), MutatorFaultHANDLED);
  CHECK(MutatorCountersGet(&after) == MutatorResOK && after.steps == before.steps + 1, "stepped");
  CHECK(faulted == 1 && asked >= 1, "%u faults, asked %u times", faulted, asked);
  CHECK(askedAddress == middle && askedAccess == MutatorAccessWRITE, "for the first byte that is its");
  CHECK(loadAcross() == (MutatorWord)UINT64_C(0x1122334455667788), "stored");

  storeAcross(0x99, MutatorFaultDECLINED);
  CHECK(MutatorCountersGet(&before) == MutatorResOK && after.steps == before.steps, "not stepped");
  CHECK(asked >= 1 && askedAddress == middle && loadAcross() == 0x99, "by the CPU, when it was open");

  storeAcross(0x77, (MutatorFaultResult)5);
  CHECK(MutatorCountersGet(&after) == MutatorResOK && after.steps == before.steps, "an unknown answer declines");
  return 0;
}
