/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/fault/nofault.h -- direct accesses to memory that is not accessible
 *
 * C15: they give ACCESS, nothing is written, nobody hears of it.  Run under the
 * library's hook and under a client's own handler.
 */

#ifndef mutator_tests_fault_nofault_h
#define mutator_tests_fault_nofault_h

#include "support/fault_test.h"

#include <string.h>

static const size_t nofaultSizes[] = {1, 2, 4, 8, 16};
enum { NofaultSizes = sizeof nofaultSizes / sizeof nofaultSizes[0], NofaultPage = 4096 };

static uint64_t nofaultRecovered(void) {
  MutatorCountersStruct counters;
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters.recovered;
}

/* One load, store or compare-and-swap that must give ACCESS, by one recovery. */
static void nofaultLoad(void *address, size_t size) {
  unsigned char buffer[16];
  uint64_t before = nofaultRecovered();
  nativeErrorSet();
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), buffer, address, size) == MutatorResACCESS, "load %zu at %p", size,
        address);
  CHECK(nofaultRecovered() == before + 1 && nativeErrorKept(), "load %zu at %p", size, address);
}

static void nofaultStore(void *address, size_t size) {
  static const unsigned char buffer[16] = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8,
                                           0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xb0};
  uint64_t before = nofaultRecovered();
  nativeErrorSet();
  CHECK(MutatorMemoryStore(MutatorMemoryDirect(), address, buffer, size) == MutatorResACCESS, "store %zu at %p", size,
        address);
  CHECK(nofaultRecovered() == before + 1 && nativeErrorKept(), "store %zu at %p", size, address);
}

static void nofaultSwap(void *address, size_t size) {
  unsigned char expected[16] = {1, 2, 3}, desired[16] = {4, 5, 6};
  const uint64_t before = nofaultRecovered();
  if (size > 2 * sizeof(MutatorWord)) { /* no CPU has that */
    CHECK(MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), address, expected, desired, size) == MutatorResUNIMPL,
          "swap %zu", size);
    return;
  }
  nativeErrorSet();
  CHECK(MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), address, expected, desired, size) == MutatorResACCESS,
        "swap %zu at %p", size, address);
  CHECK(nofaultRecovered() == before + 1 && nativeErrorKept(), "swap %zu at %p", size, address);
  CHECK(expected[0] == 1 && expected[1] == 2 && expected[2] == 3, "swap %zu at %p: *expected changed", size, address);
}

static void nofaultPage(unsigned char *page, MutatorBool readable) {
  size_t i, n;
  for (i = 0; i < NofaultSizes; i++) {
    size_t size = nofaultSizes[i];
    for (n = 0; n < size; n++) {
      if (!readable)
        nofaultLoad(page - n, size);
      nofaultStore(page - n, size);
      if (!readable && n > 0)
        nofaultLoad(page + NofaultPage - n, size);
      if (n > 0)
        nofaultStore(page + NofaultPage - n, size);
    }
    nofaultSwap(page, size);
    nofaultSwap(page + NofaultPage - size, size);
  }
}

/* The pages before and after have not changed. */
static void nofaultNeighbours(const unsigned char *page) {
  size_t i;
  for (i = 0; i < NofaultPage; i++) {
    CHECK(page[i - NofaultPage] == i % 251, "byte %zu before the page", i);
    CHECK(page[i + NofaultPage] == (i + 2 * NofaultPage) % 251 || page[i + NofaultPage] == i % 251,
          "byte %zu behind the page", i);
  }
}

static void nofaultOpen(unsigned char *page) {
  size_t i, n;
  for (i = 0; i < NofaultSizes; i++)
    for (n = 0; n < 16; n++) {
      size_t size = nofaultSizes[i];
      unsigned char in[16] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 11, 12, 13, 14, 15, 16}, out[17] = {0};
      memset(page - 64, 0x77, 128);
      CHECK(MutatorMemoryStore(MutatorMemoryDirect(), page - n, in, size) == MutatorResOK, "store %zu", size);
      CHECK(memcmp(page - n, in, size) == 0 && page[-(int)n - 1] == 0x77 && (page - n)[size] == 0x77, "store %zu",
            size);
      CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), out + 1, page - n, size) == MutatorResOK, "load %zu", size);
      CHECK(memcmp(out + 1, in, size) == 0 && out[0] == 0, "load %zu", size);
    }
}

static void nofaultSwaps(unsigned char *page) {
  size_t i;
  for (i = 0; i < NofaultSizes; i++) {
    size_t size = nofaultSizes[i];
    unsigned char expected[16], desired[16];
    MutatorRes res;
    memset(page, 1, 32);
    memset(expected, 2, sizeof expected);
    memset(desired, 3, sizeof desired);
    res = MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), page, expected, desired, size);
    if (size == 16 && res == MutatorResUNIMPL)
      continue;
    CHECK(res == MutatorResFAIL, "swap %zu: %s", size, MutatorResName(res));
    CHECK(memcmp(expected, page, size) == 0 && page[0] == 1, "swap %zu: what it held", size);
    CHECK(MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), page, expected, desired, size) == MutatorResOK, "swap");
    CHECK(memcmp(desired, page, size) == 0 && page[size] == 1, "swap %zu: what it holds", size);
    if (size > 1)
      CHECK(MutatorMemoryCompareAndSwap(MutatorMemoryDirect(), page + 1, expected, desired, size) == MutatorResPARAM,
            "swap %zu: misaligned", size);
  }
}

static void nofaultAll(unsigned char *noAccess) {
  static const MutatorWord impossible[] = {0, 16, FAULT_TEST_IMPOSSIBLE, ~(MutatorWord)15};
  static unsigned char *pages[FaultTestPageLIMIT];
  size_t i, j;
  if (pages[0] == NULL)
    for (i = 0; i < FaultTestPageLIMIT; i++)
      pages[i] = faultTestPageNew((FaultTestPage)i);
  nofaultPage(noAccess, 0);
  nofaultNeighbours(noAccess);
  nofaultPage(pages[FaultTestPageREADONLY], 1);
  nofaultNeighbours(pages[FaultTestPageREADONLY]);
  nofaultPage(pages[FaultTestPageUNMAPPED], 0);
  nofaultNeighbours(pages[FaultTestPageUNMAPPED]);
  if (pages[FaultTestPageHOLE] != NULL) {
    nofaultPage(pages[FaultTestPageHOLE], 0);
    nofaultNeighbours(pages[FaultTestPageHOLE]);
  }
  for (i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
    for (j = 0; j < NofaultSizes; j++) {
      nofaultLoad((void *)impossible[i], nofaultSizes[j] == 1 ? 2 : nofaultSizes[j]);
      nofaultStore((void *)impossible[i], nofaultSizes[j] == 1 ? 4 : nofaultSizes[j]);
    }
  nofaultOpen(pages[FaultTestPageOPEN]);
  nofaultSwaps(pages[FaultTestPageOPEN]);
}

#endif
