/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/domain.c -- is memory open?  VirtualQuery says so; Wine's ReadProcessMemory
 * reads what is closed
 */

#include "support/domain_test.h"

static MutatorBool allows(const void *base, size_t size, DWORD protections) {
  const unsigned char *at = base, *limit = at + size;
  MEMORY_BASIC_INFORMATION page;
  while (at < limit) {
    if (VirtualQuery(at, &page, sizeof page) != sizeof page || page.State != MEM_COMMIT ||
        (page.Protect & protections) == 0 || (page.Protect & PAGE_GUARD) != 0)
      return 0;
    at = (const unsigned char *)page.BaseAddress + page.RegionSize;
  }
  return 1;
}

MutatorBool domainTestReadable(const void *base, size_t size) {
  return allows(base, size, PAGE_READONLY | PAGE_READWRITE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE);
}

MutatorBool domainTestWritable(void *base, size_t size) {
  return allows(base, size, PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
}
