/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_access.c -- single accesses that cannot fault their caller (C15, C10)
 */

#include <Zydis/Zydis.h>
#include <stdlib.h>
#include <string.h>

#include <mutator.h>

#include "arch/arch.h"
#include "arch/x86/native.h"
#include "support/native.h"
#include "support/unit.h"

#define PAGE 4096

static const size_t sizes[] = {1, 2, 4, 8, 16};
#define SIZES (sizeof sizes / sizeof sizes[0])
#define SWAP_SIZES (sizeof(void *) == 8 ? SIZES : SIZES - 1) /* a 32-bit CPU compares eight bytes at most */

/* Two open pages between two that are not accessible. */
static unsigned char *pages;

static void set_up(void) {
  unsigned char *all = nativeMap(NULL, 4 * PAGE, NativeNONE);
  size_t i;
  ck_assert_int_eq(MutatorFaultSetup(NULL), MutatorResOK);
  pages = all + PAGE;
  nativeProtect(pages, 2 * PAGE, NativeREADWRITE);
  for (i = 0; i < 2 * PAGE; ++i)
    pages[i] = (unsigned char)(i * 7 + i / 256);
}

static uint64_t recovered(void) {
  MutatorCountersStruct counters;
  ck_assert_int_eq(MutatorCountersGet(&counters), MutatorResOK);
  return counters.recovered;
}

/* Every alignment, around the middle of the two pages. */
START_TEST(loads_of_every_size_and_alignment) {
  unsigned char buffer[18];
  size_t i, at;
  for (i = 0; i < SIZES; ++i)
    for (at = PAGE - 32; at < PAGE + 32; ++at) {
      memset(buffer, 0xee, sizeof buffer);
      ck_assert(mutatorArchNofaultLoad(buffer + 1, pages + at, sizes[i]));
      ck_assert_mem_eq(buffer + 1, pages + at, sizes[i]);
      ck_assert_uint_eq(buffer[0], 0xee);
      ck_assert_uint_eq(buffer[1 + sizes[i]], 0xee);
    }
}
END_TEST

START_TEST(stores_of_every_size_and_alignment) {
  unsigned char value[17], before[96];
  size_t i, at;
  for (i = 0; i < 17; ++i)
    value[i] = (unsigned char)(0xf0 - i);
  for (i = 0; i < SIZES; ++i)
    for (at = PAGE - 32; at < PAGE + 32; ++at) {
      memcpy(before, pages + PAGE - 48, sizeof before);
      ck_assert(mutatorArchNofaultStore(pages + at, value + 1, sizes[i]));
      memcpy(before + (at - (PAGE - 48)), value + 1, sizes[i]);
      ck_assert_mem_eq(before, pages + PAGE - 48, sizeof before);
    }
}
END_TEST

START_TEST(other_sizes_are_refused) {
  unsigned char buffer[32] = {0}, other[32] = {1};
  size_t size;
  for (size = 0; size <= 32; ++size) {
    if (size > 0 && (size & (size - 1)) == 0)
      continue;
    ck_assert(!mutatorArchNofaultLoad(buffer, other, size));
    ck_assert(!mutatorArchNofaultStore(buffer, other, size));
    ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(buffer, other, other, size), MutatorResUNIMPL);
    ck_assert_uint_eq(buffer[0], 0);
  }
}
END_TEST

/* An access whose last byte is the last of the open pages, and one byte further. */
START_TEST(loads_at_the_edge_of_a_page) {
  unsigned char buffer[16];
  size_t i, beyond;
  for (i = 0; i < SIZES; ++i) {
    ck_assert(mutatorArchNofaultLoad(buffer, pages + 2 * PAGE - sizes[i], sizes[i]));
    ck_assert(mutatorArchNofaultLoad(buffer, pages, sizes[i]));
    for (beyond = 1; beyond <= sizes[i]; ++beyond) {
      ck_assert(!mutatorArchNofaultLoad(buffer, pages + 2 * PAGE - sizes[i] + beyond, sizes[i]));
      ck_assert(!mutatorArchNofaultLoad(buffer, pages - beyond, sizes[i]));
    }
  }
}
END_TEST

/* Nothing on the open page, either. */
START_TEST(stores_at_the_edge_of_a_page_write_all_or_nothing) {
  static const unsigned char value[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  unsigned char before[2 * PAGE];
  size_t i, beyond;
  memcpy(before, pages, sizeof before);
  for (i = 0; i < SIZES; ++i)
    for (beyond = 1; beyond <= sizes[i]; ++beyond) {
      ck_assert(!mutatorArchNofaultStore(pages + 2 * PAGE - sizes[i] + beyond, value, sizes[i]));
      ck_assert(!mutatorArchNofaultStore(pages - beyond, value, sizes[i]));
    }
  ck_assert_mem_eq(before, pages, sizeof before);
}
END_TEST

START_TEST(each_failed_access_is_one_recovered_fault) {
  unsigned char buffer[16] = {0};
  size_t i;
  for (i = 0; i < SIZES; ++i) {
    uint64_t before = recovered();
    ck_assert(!mutatorArchNofaultLoad(buffer, pages + 2 * PAGE, sizes[i]));
    ck_assert_uint_eq(recovered(), before + 1);
    ck_assert(!mutatorArchNofaultStore(pages + 2 * PAGE, buffer, sizes[i]));
    ck_assert_uint_eq(recovered(), before + 2);
    if (i >= SWAP_SIZES)
      continue;
    ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(pages + 2 * PAGE, buffer, buffer, sizes[i]), MutatorResACCESS);
    ck_assert_uint_eq(recovered(), before + 3);
  }
}
END_TEST

/* General protection: no page can have it, and the record has no address. */
START_TEST(impossible_addresses_are_recovered_too) {
  unsigned char *address =
      (unsigned char *)(uintptr_t)UINT64_C(0x8000000000000000) /* NULL where addresses have 32 bits */;
  unsigned char buffer[16] = {0};
  size_t i;
  for (i = 0; i < SIZES; ++i) {
    ck_assert(!mutatorArchNofaultLoad(buffer, address, sizes[i]));
    ck_assert(!mutatorArchNofaultStore(address, buffer, sizes[i]));
    if (i < SWAP_SIZES)
      ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(address, buffer, buffer, sizes[i]), MutatorResACCESS);
  }
}
END_TEST

START_TEST(stores_to_a_read_only_page_fail) {
  static const unsigned char value[16] = {9};
  unsigned char before[PAGE];
  size_t i;
  memcpy(before, pages, PAGE);
  nativeProtect(pages, PAGE, NativeREAD);
  for (i = 0; i < SIZES; ++i) {
    unsigned char expected[16];
    memcpy(expected, pages + 64, 16);
    ck_assert(!mutatorArchNofaultStore(pages + 64, value, sizes[i]));
    if (i < SWAP_SIZES)
      ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(pages + 64, expected, value, sizes[i]), MutatorResACCESS);
  }
  ck_assert_mem_eq(before, pages, PAGE);
}
END_TEST

START_TEST(compare_and_swap_replaces_what_is_as_expected) {
  size_t i;
  for (i = 0; i < SWAP_SIZES; ++i) {
    unsigned char expected[16], desired[16], after[48];
    memcpy(expected, pages + 16, 16);
    memcpy(after, pages, 48);
    memset(desired, 0xd0 + (int)i, 16);
    ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(pages + 16, expected, desired, sizes[i]), MutatorResOK);
    memcpy(after + 16, desired, sizes[i]);
    ck_assert_mem_eq(after, pages, 48);
  }
}
END_TEST

/* A difference in any one byte. */
START_TEST(compare_and_swap_says_what_was_there) {
  size_t i, byte;
  for (i = 0; i < SWAP_SIZES; ++i)
    for (byte = 0; byte < sizes[i]; ++byte) {
      unsigned char expected[16], desired[16] = {0}, before[48];
      memcpy(before, pages, 48);
      memcpy(expected, pages + 16, 16);
      expected[byte] ^= 0x80;
      ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(pages + 16, expected, desired, sizes[i]), MutatorResFAIL);
      ck_assert_mem_eq(expected, pages + 16, sizes[i]);
      ck_assert_mem_eq(before, pages, 48);
    }
}
END_TEST

/* Across a line or page a locked operation is not what it should be; sixteen bytes must be aligned. */
START_TEST(split_compare_and_swap_is_not_offered) {
  size_t i;
  for (i = 1; i < SIZES; ++i) {
    unsigned char *address = pages + (sizes[i] == 16 ? 17 : 65 - sizes[i]);
    unsigned char expected[16], desired[16] = {0};
    memcpy(expected, address, 16);
    ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(address, expected, desired, sizes[i]), MutatorResUNIMPL);
    ck_assert_mem_eq(expected, address, 16);
  }
}
END_TEST

START_TEST(misaligned_compare_and_swap_in_a_line_is_offered) {
  size_t i;
  for (i = 1; i < SIZES && sizes[i] < 16; ++i) {
    unsigned char expected[16], desired[16];
    memcpy(expected, pages + 17, 16);
    memset(desired, 0xa5, sizeof desired);
    if (sizes[i] > sizeof(MutatorWord))
      continue;
    ck_assert_int_eq(mutatorArchNofaultCompareAndSwap(pages + 17, expected, desired, sizes[i]), MutatorResOK);
    ck_assert_mem_eq(pages + 17, desired, sizes[i]);
    ck_assert_mem_eq(pages + 17 + sizes[i], expected + sizes[i], 16 - sizes[i]);
  }
}
END_TEST

START_TEST(only_listed_instructions_are_fixed_up) {
  MutatorWord resume;
  ck_assert(!mutatorArchFixup(0, &resume));
  ck_assert(!mutatorArchFixup((MutatorWord)pages, &resume));
  ck_assert(!mutatorArchFixup((MutatorWord)set_up, &resume));
  ck_assert(!mutatorArchFixup(~(MutatorWord)0, &resume));
}
END_TEST

/* One instruction, one access (C10) -------------------------------------------- */

typedef struct NativeStruct {
  const char *name;
  MutatorWord address;
  size_t size;
} NativeStruct;

#define NATIVE(name, size) \
  { #name, (MutatorWord)name, size }
static const NativeStruct natives[] = {
    NATIVE(mutatorNativeLoad1, 1),    NATIVE(mutatorNativeLoad2, 2),    NATIVE(mutatorNativeLoad4, 4),
    NATIVE(mutatorNativeLoad8, 8),    NATIVE(mutatorNativeLoad16, 16),  NATIVE(mutatorNativeLoad16Aligned, 16),
    NATIVE(mutatorNativeStore1, 1),   NATIVE(mutatorNativeStore2, 2),   NATIVE(mutatorNativeStore4, 4),
    NATIVE(mutatorNativeStore8, 8),   NATIVE(mutatorNativeStore16, 16), NATIVE(mutatorNativeStore16Aligned, 16),
    NATIVE(mutatorNativeLoad32, 32),  NATIVE(mutatorNativeLoad64, 64),  NATIVE(mutatorNativeStore32, 32),
    NATIVE(mutatorNativeStore64, 64),
};
#define ACCESSES (sizeof natives / sizeof natives[0])

static const unsigned swapSizes[NativeSWAPS] = {1, 2, 4, 8, 16};
#define NATIVES (ACCESSES + NativeSWAPS)

/* All of them: the table's, then the compare-and-swaps of this mode. */
static NativeStruct native_at(size_t index) {
  NativeStruct swap = {"compare-and-swap", 0, 0};
  if (index < ACCESSES)
    return natives[index];
  swap.address = (MutatorWord)mutatorNativeSwaps[index - ACCESSES];
  swap.size = swapSizes[index - ACCESSES];
  return swap;
}

static size_t native_count(void) {
  size_t i, count = 0;
  for (i = 0; i < NATIVES; ++i)
    count += native_at(i).address != 0;
  return count;
}

/* The function that an instruction is in: the last that begins at or before it. */
static size_t native_of(MutatorWord pc) {
  size_t i, found = NATIVES;
  for (i = 0; i < NATIVES; ++i)
    if (native_at(i).address != 0 && native_at(i).address <= pc &&
        (found == NATIVES || native_at(i).address > native_at(found).address))
      found = i;
  ck_assert_uint_lt(found, NATIVES);
  return found;
}

static size_t operand_size(MutatorWord pc) {
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  ZydisDecodedInstruction instruction;
  ZydisDecoder decoder;
  size_t i;
  (void)ZydisDecoderInit(&decoder, sizeof(void *) == 8 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
                         sizeof(void *) == 8 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
  ck_assert(ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, (const void *)pc, 15, &instruction, operands)));
  for (i = 0; i < instruction.operand_count; ++i)
    if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
      return operands[i].size / 8u;
  return 0;
}

START_TEST(each_access_is_one_instruction_of_its_width) {
  unsigned found[NATIVES] = {0};
  const int32_t *pair;
  ck_assert_int_eq((mutatorNativeFixupsEnd - mutatorNativeFixups) / 2, (int)native_count());
  for (pair = mutatorNativeFixups; pair < mutatorNativeFixupsEnd; pair += 2) {
    MutatorWord pc = (MutatorWord)mutatorNativeBegin + (MutatorWord)(intptr_t)pair[0];
    size_t native = native_of(pc);
    ck_assert_msg(operand_size(pc) == native_at(native).size, "%s", native_at(native).name);
    ck_assert_msg(++found[native] == 1, "%s has two accesses", native_at(native).name);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("access");
  TCase *tests = tcase_create("access");

  tcase_add_checked_fixture(tests, set_up, NULL);
  tcase_add_test(tests, loads_of_every_size_and_alignment);
  tcase_add_test(tests, stores_of_every_size_and_alignment);
  tcase_add_test(tests, other_sizes_are_refused);
  tcase_add_test(tests, loads_at_the_edge_of_a_page);
  tcase_add_test(tests, stores_at_the_edge_of_a_page_write_all_or_nothing);
  tcase_add_test(tests, each_failed_access_is_one_recovered_fault);
  tcase_add_test(tests, impossible_addresses_are_recovered_too);
  tcase_add_test(tests, stores_to_a_read_only_page_fail);
  tcase_add_test(tests, compare_and_swap_replaces_what_is_as_expected);
  tcase_add_test(tests, compare_and_swap_says_what_was_there);
  tcase_add_test(tests, split_compare_and_swap_is_not_offered);
  tcase_add_test(tests, misaligned_compare_and_swap_in_a_line_is_offered);
  tcase_add_test(tests, each_access_is_one_instruction_of_its_width);
  tcase_add_test(tests, only_listed_instructions_are_fixed_up);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
