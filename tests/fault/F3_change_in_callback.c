/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_change_in_callback.c -- a callback splits its range, removes itself, and adds others
 */

#include "support/fault_test.h"

static unsigned char *pages;
static MutatorFaultRangeStruct whole, half[2];
static volatile unsigned calls;

static MutatorFaultResult open_(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)context;
  (void)access;
  (void)closure;
  CHECK(range == &half[(unsigned char *)address >= pages + nativePageSize()], "the half that holds the address");
  nativeProtect(MutatorFaultRangeBase(range), nativePageSize(), NativeREADWRITE);
  CHECK(MutatorFaultRangeRemove(range) == MutatorResOK, "remove itself");
  calls++;
  return MutatorFaultHANDLED;
}

/* HANDLED although nothing was opened: the access faults again, in a half. */
static MutatorFaultResult split(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  unsigned char *middle = pages + nativePageSize();
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  CHECK(MutatorFaultRangeRemove(range) == MutatorResOK, "remove itself");
  CHECK(MutatorFaultRangeAdd(&half[0], pages, middle, open_, NULL, NULL) == MutatorResOK, "lower half");
  CHECK(MutatorFaultRangeAdd(&half[1], middle, middle + nativePageSize(), open_, NULL, NULL) == MutatorResOK,
        "upper half");
  calls++;
  return MutatorFaultHANDLED;
}

int main(void) {
  MutatorFaultRange range;
  pages = faultTestPageNew(FaultTestPageNOACCESS);
  nativeProtect(pages + nativePageSize(), nativePageSize(), NativeNONE);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&whole, pages, pages + 2 * nativePageSize(), split, NULL, NULL) == MutatorResOK, "add");
  *(volatile unsigned char *)pages = 1;
  CHECK(calls == 2, "%u calls", calls);
  ((volatile unsigned char *)pages)[nativePageSize()] = 1;
  CHECK(calls == 3, "%u calls", calls);
  CHECK(MutatorFaultRangeFind(pages, &range) == MutatorResFAIL, "all removed");
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside");
  return 0;
}
