/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_process_memory.c -- the memory that goes through /proc/self/mem (C13)
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mutator.h>

#include "support/unit.h"

static const size_t operandSizes[] = {1, 2, 4, 8, 16};
#define OPERAND_SIZES (sizeof operandSizes / sizeof operandSizes[0])

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* `count` open pages, private or shared, filled with the byte p. */
static unsigned char *pages(size_t count, int sharing) {
  unsigned char *base = mmap(NULL, count * page_size(), PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  ck_assert(base != MAP_FAILED);
  memset(base, 'p', count * page_size());
  return base;
}

static void protect(unsigned char *page, int protection) {
  ck_assert_int_eq(mprotect(page, page_size(), protection), 0);
}

static MutatorMemory process(void) {
  MutatorMemory memory;
  ck_assert_int_eq(MutatorSetup(NULL), MutatorResOK);
  memory = MutatorMemoryProcess();
  ck_assert_ptr_nonnull(memory);
  return memory;
}

START_TEST(process_reads_and_writes_through_protection) {
  static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
  MutatorMemory memory = process();
  unsigned char *page = pages(1, MAP_PRIVATE), byte;
  uint64_t value;
  size_t i;
  for (i = 0; i < sizeof protections / sizeof protections[0]; ++i) {
    const uint64_t mark = 0x1122334455667788u + i;
    protect(page, protections[i]);
    ck_assert_int_eq(MutatorMemoryStore(memory, page + 64, &mark, 8), MutatorResOK);
    ck_assert_int_eq(MutatorMemoryLoad(memory, &value, page + 64, 8), MutatorResOK);
    ck_assert_uint_eq(value, mark);
    ck_assert_int_eq(MutatorMemoryLoad(memory, &byte, page + 63, 1), MutatorResOK);
    ck_assert_uint_eq(byte, 'p');
  }
  ck_assert_uint_eq(*(uint64_t *)(void *)(page + 64), 0x1122334455667788u + 2);
}
END_TEST

START_TEST(process_opens_nothing) {
  MutatorMemory memory = process();
  unsigned char *page = pages(1, MAP_PRIVATE);
  uint32_t value = 1;
  int ends[2];
  protect(page, PROT_NONE);
  ck_assert_int_eq(MutatorMemoryStore(memory, page, &value, 4), MutatorResOK);
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq((int)write(ends[1], page, 4), -1); /* the kernel looks at the protection for us */
  ck_assert_int_eq(errno, EFAULT);
  (void)close(ends[0]);
  (void)close(ends[1]);
}
END_TEST

START_TEST(process_declines_a_store_that_crosses_a_page) {
  MutatorMemory memory = process();
  unsigned char *page = pages(2, MAP_PRIVATE), *edge = page + page_size();
  const unsigned char mark[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  size_t i, before;
  for (i = 0; i < OPERAND_SIZES; ++i)
    for (before = 1; before < operandSizes[i]; ++before)
      ck_assert_int_eq(MutatorMemoryStore(memory, edge - before, mark, operandSizes[i]), MutatorResUNIMPL);
  for (i = 0; i < 2 * page_size(); ++i)
    ck_assert_uint_eq(page[i], 'p');
}
END_TEST

START_TEST(process_stores_up_to_the_end_of_a_page) {
  MutatorMemory memory = process();
  unsigned char *page = pages(2, MAP_PRIVATE), *edge = page + page_size();
  const unsigned char mark[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  size_t i;
  for (i = 0; i < OPERAND_SIZES; ++i) {
    ck_assert_int_eq(MutatorMemoryStore(memory, edge - operandSizes[i], mark, operandSizes[i]), MutatorResOK);
    ck_assert_mem_eq(edge - operandSizes[i], mark, operandSizes[i]);
    ck_assert_int_eq(MutatorMemoryStore(memory, edge, mark, operandSizes[i]), MutatorResOK);
    ck_assert_mem_eq(edge, mark, operandSizes[i]);
  }
}
END_TEST

START_TEST(process_loads_across_a_page) {
  MutatorMemory memory = process();
  unsigned char *page = pages(2, MAP_PRIVATE), *edge = page + page_size();
  uint64_t value = 0, expected;
  memcpy(edge - 4, "abcdefgh", 8);
  memcpy(&expected, edge - 4, 8);
  protect(edge, PROT_NONE);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, edge - 4, 8), MutatorResOK);
  ck_assert_uint_eq(value, expected);
}
END_TEST

START_TEST(process_has_no_unmapped_memory) {
  MutatorMemory memory = process();
  unsigned char *page = pages(2, MAP_PRIVATE), *edge = page + page_size();
  uint64_t value = 0;
  ck_assert_int_eq(munmap(edge, page_size()), 0);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, edge, 8), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, edge - 4, 8), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryStore(memory, edge, &value, 8), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, NULL, 8), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, (void *)~(uintptr_t)15, 8), MutatorResACCESS);
}
END_TEST

START_TEST(process_cannot_write_protected_shared_memory) {
  MutatorMemory memory = process();
  unsigned char *page = pages(1, MAP_SHARED);
  uint32_t value = 1;
  protect(page, PROT_READ);
  ck_assert_int_eq(MutatorMemoryStore(memory, page, &value, 4), MutatorResACCESS);
  ck_assert_uint_eq(page[0], 'p');
}
END_TEST

START_TEST(process_has_no_swap) {
  MutatorMemory memory = process();
  uint32_t word = 1, expected = 1, desired = 2;
  ck_assert_int_eq(MutatorMemoryCompareAndSwap(memory, &word, &expected, &desired, 4), MutatorResUNIMPL);
  ck_assert_uint_eq(word, 1);
}
END_TEST

START_TEST(process_keeps_errno) {
  MutatorMemory memory = process();
  unsigned char *page = pages(1, MAP_SHARED);
  uint32_t value = 1;
  protect(page, PROT_READ);
  errno = 4711;
  ck_assert_int_eq(MutatorMemoryStore(memory, page, &value, 4), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, NULL, 4), MutatorResACCESS);
  ck_assert_int_eq(MutatorMemoryLoad(memory, &value, page, 4), MutatorResOK);
  ck_assert_int_eq(errno, 4711);
}
END_TEST

static void add_process(TCase *tcase) {
  tcase_add_test(tcase, process_reads_and_writes_through_protection);
  tcase_add_test(tcase, process_opens_nothing);
  tcase_add_test(tcase, process_declines_a_store_that_crosses_a_page);
  tcase_add_test(tcase, process_stores_up_to_the_end_of_a_page);
  tcase_add_test(tcase, process_loads_across_a_page);
  tcase_add_test(tcase, process_has_no_unmapped_memory);
  tcase_add_test(tcase, process_cannot_write_protected_shared_memory);
  tcase_add_test(tcase, process_has_no_swap);
  tcase_add_test(tcase, process_keeps_errno);
}

int main(void) {
  Suite *suite = suite_create("process memory");
  TCase *tcase = tcase_create("process");
  add_process(tcase);
  suite_add_tcase(suite, tcase);
  return unitRun(suite);
}
