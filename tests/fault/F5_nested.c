/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F5_nested.c -- a callback that faults in another range, to the depth asked for at set-up
 */

#include "support/fault_test.h"

enum { Depth = 4, Pages = Depth + 1 };

static unsigned char *page[Pages];
static volatile unsigned inside, deepest;

/* Page n's callback writes to page n + 1 before it opens its own. */
static MutatorFaultResult nest(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  size_t n = (size_t)(uintptr_t)closure;
  unsigned char big[2048];
  (void)range;
  (void)context;
  CHECK(address == page[n] && access == MutatorAccessWRITE, "page %zu", n);
  if (++inside > deepest)
    deepest = inside;
  big[0] = 1;
  if (n + 1 < Pages)
    *(volatile unsigned char *)page[n + 1] = *(volatile unsigned char *)big;
  CHECK(MutatorFaultQuiesce(0) == MutatorResBUSY, "somebody is inside");
  nativeProtect(page[n], nativePageSize(), NativeREADWRITE);
  inside--;
  return MutatorFaultHANDLED;
}

int main(void) {
  static MutatorFaultRangeStruct range[Pages];
  MutatorOptionsStruct options;
  size_t i;
  CHECK(MutatorOptionsInit(&options) == MutatorResOK, "options");
  options.depth = Depth;
  CHECK(MutatorFaultSetup(&options) == MutatorResOK, "setup");
  for (i = 0; i < Pages; i++) {
    page[i] = faultTestPageNew(FaultTestPageNOACCESS);
    CHECK(MutatorFaultRangeAdd(&range[i], page[i], page[i] + nativePageSize(), nest, (void *)i, NULL) == MutatorResOK,
          "add");
  }
  *(volatile unsigned char *)page[0] = 1;
  CHECK(deepest == Pages && inside == 0, "%u deep", deepest);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside");
  return 0;
}
