/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C15_nofault_hook.c -- direct accesses under the library's own hook never reach a callback or the previous handler
 */

#include "fault/nofault.h"

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)context;
  (void)access;
  (void)closure;
  CHECK(0, "a callback for the library's own access to %p", address);
  return MutatorFaultDECLINED;
}

static MutatorFaultResult open(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  (void)range, (void)context, (void)access, (void)closure;
  nativeProtect(address, NofaultPage, NativeREADWRITE);
  return MutatorFaultHANDLED;
}

/* Faults of the thread's own, after which its faults go the quick way. */
static void faultBefore(void) {
  static MutatorFaultRangeStruct range;
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  unsigned i;
  CHECK(MutatorFaultRangeAdd(&range, page, page + NofaultPage, open, NULL, NULL) == MutatorResOK, "RangeAdd");
  for (i = 0; i < 3; i++) {
    nativeProtect(page, NofaultPage, NativeNONE);
    *(volatile unsigned char *)page = 1;
  }
}

int main(void) {
  static MutatorFaultRangeStruct range;
  MutatorCountersStruct before, after;
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + NofaultPage, callback, NULL, NULL) == MutatorResOK, "RangeAdd");
  faultBefore();
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  nofaultAll(page);
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.faults == before.faults, "they are not among the faults");
  return 0;
}
