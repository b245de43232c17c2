/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_fault_that_is_over.c -- a declined fault that does not come again leaves the hook in place
 *
 * F2, F3: a range is opened and removed between a fault and our looking for it.
 * Nothing is wrong then, and later faults must still be served.
 */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fault_test.h"

static unsigned char *page;
static volatile unsigned calls;

/* The page is open by the time that nobody wants the fault. */
static MutatorFaultResult openAndDecline(MutatorFaultRange range, MutatorContext context, void *address,
                                         MutatorAccess access, void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  ++calls;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return MutatorFaultDECLINED;
}

static void store(size_t offset) {
  nativeProtect(page, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)(page + offset) = 1;
}

int main(void) {
  static MutatorFaultRangeStruct range;
  struct sigaction action;
  unsigned i;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), openAndDecline, NULL, NULL) == MutatorResOK, "add");
  for (i = 0; i < 4; ++i) {
    store(8 * i);
    CHECK(calls == i + 1, "%u calls", calls);
  }
  CHECK(MutatorFaultFinish() == MutatorResOK, "the hook is still there");
  return 0;
}
