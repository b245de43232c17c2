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

int main(void) {
  static MutatorFaultRangeStruct range;
  MutatorCountersStruct before, after;
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + NofaultPage, callback, NULL, NULL) == MutatorResOK, "RangeAdd");
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  nofaultAll(page);
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.faults == before.faults, "they are not among the faults");
  return 0;
}
