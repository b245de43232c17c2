/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F5_error_kept.c -- a fault that is handled leaves the system's error code as it was, the first and every later one
 */

#include "support/fault_test.h"

static unsigned char *page;
static volatile unsigned calls;

static MutatorFaultResult spoil(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range, (void)context, (void)address, (void)access, (void)closure;
  CHECK(++calls < 10, "the same fault for ever");
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  nativeErrorSpoil();
  return MutatorFaultHANDLED;
}

int main(void) {
  static MutatorFaultRangeStruct range;
  unsigned i;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), spoil, NULL, NULL) == MutatorResOK, "add");
  for (i = 0; i < 4; i++) {
    nativeProtect(page, nativePageSize(), NativeNONE);
    nativeErrorSet();
    *(volatile unsigned char *)page = 1;
    CHECK(nativeErrorKept(), "fault %u", i);
    CHECK(calls == i + 1, "fault %u: %u calls", i, calls);
  }
  return 0;
}
