/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_fetch.c -- instruction bytes at the edges of what can be read (C6)
 */

#include <stdlib.h>
#include <string.h>

#include <mutator.h>

#include "arch/arch.h"
#include "support/native.h"
#include "support/unit.h"

#define PAGE 4096

/* A page of code; the page before it and the one after are not mapped. */
static unsigned char *code;

static void set_up(void) {
  unsigned char *all = nativeMap(NULL, 3 * PAGE, NativeREADWRITE);
  size_t i;
  ck_assert_int_eq(MutatorFaultSetup(NULL), MutatorResOK);
  nativeUnmap(all, PAGE);
  nativeUnmap(all + 2 * PAGE, PAGE);
  code = all + PAGE;
  for (i = 0; i < PAGE; ++i)
    code[i] = (unsigned char)(i + 1);
}

START_TEST(sixteen_bytes_wherever_they_are) {
  unsigned char bytes[ARCH_FETCH_MAX];
  size_t at;
  for (at = 0; at <= PAGE - ARCH_FETCH_MAX; ++at) {
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(mutatorArchFetch(bytes, (MutatorWord)(code + at)), ARCH_FETCH_MAX);
    ck_assert_mem_eq(bytes, code + at, ARCH_FETCH_MAX);
  }
}
END_TEST

START_TEST(fewer_at_the_end_and_zeros_after_them) {
  static const unsigned char zeros[ARCH_FETCH_MAX];
  size_t count;
  for (count = 0; count < ARCH_FETCH_MAX; ++count) {
    unsigned char bytes[ARCH_FETCH_MAX];
    memset(bytes, 0xee, sizeof bytes);
    ck_assert_uint_eq(mutatorArchFetch(bytes, (MutatorWord)(code + PAGE - count)), count);
    ck_assert_mem_eq(bytes, code + PAGE - count, count);
    ck_assert_mem_eq(bytes + count, zeros, ARCH_FETCH_MAX - count);
  }
}
END_TEST

START_TEST(none_before_the_page) {
  unsigned char bytes[ARCH_FETCH_MAX];
  size_t before;
  for (before = 1; before <= 32; ++before)
    ck_assert_uint_eq(mutatorArchFetch(bytes, (MutatorWord)(code - before)), 0);
}
END_TEST

START_TEST(none_at_impossible_addresses) {
  unsigned char bytes[ARCH_FETCH_MAX];
  ck_assert_uint_eq(mutatorArchFetch(bytes, (MutatorWord)UINT64_C(0x8000000000000000)), 0);
  ck_assert_uint_eq(mutatorArchFetch(bytes, (MutatorWord)UINT64_C(0x00007ffffffffff8)), 0);
  ck_assert_uint_eq(mutatorArchFetch(bytes, (MutatorWord)UINT64_C(0xffff800000000000)), 0);
  ck_assert_uint_eq(mutatorArchFetch(bytes, ~(MutatorWord)0 - 4), 0);
  ck_assert_uint_eq(mutatorArchFetch(bytes, 0), 0);
}
END_TEST

/* decoding at the edge, through a context ---------------------------------------- */

static MutatorRes decode_at(unsigned char *pc, MutatorDecline *decline, MutatorInstruction instruction) {
  MutatorContextStruct context;
  NativeStopStruct stop;
  MutatorRes res;
  nativeFake(&stop);
  ck_assert_int_eq(nativeInit(&context, &stop), MutatorResOK);
  ck_assert_int_eq(MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)pc), MutatorResOK);
  res = MutatorContextDecode(&context, instruction);
  *decline = MutatorContextDecline(&context);
  return res;
}

START_TEST(an_instruction_may_end_with_the_page) {
  static const unsigned char bytes[] = {0x3e, 0xc7, 0x84, 0x88, 1, 2, 3, 4, 5, 6, 7, 8};
  MutatorInstructionStruct instruction;
  MutatorDecline decline;
  memcpy(code + PAGE - sizeof bytes, bytes, sizeof bytes);
  ck_assert_int_eq(decode_at(code + PAGE - sizeof bytes, &decline, &instruction), MutatorResOK);
  ck_assert_uint_eq(instruction.length, sizeof bytes);
}
END_TEST

START_TEST(every_beginning_at_the_end_of_a_page_is_truncated) {
  static const unsigned char bytes[] = {0x3e, 0xc7, 0x84, 0x88, 1, 2, 3, 4, 5, 6, 7, 8};
  size_t count;
  for (count = 1; count < sizeof bytes; ++count) {
    MutatorInstructionStruct instruction;
    MutatorDecline decline;
    memcpy(code + PAGE - count, bytes, count);
    ck_assert_int_eq(decode_at(code + PAGE - count, &decline, &instruction), MutatorResUNIMPL);
    ck_assert_int_eq(decline, MutatorDeclineTRUNCATED);
  }
}
END_TEST

/* MOV is complete in two bytes of the page, whatever would come after. */
START_TEST(zeros_after_the_end_are_not_the_instruction) {
  MutatorInstructionStruct instruction;
  MutatorDecline decline;
  memcpy(code + PAGE - 2, "\x8b\x00", 2);
  ck_assert_int_eq(decode_at(code + PAGE - 2, &decline, &instruction), MutatorResOK);
  ck_assert_uint_eq(instruction.length, 2);
  memcpy(code + PAGE - 2, "\x8b\x40", 2); /* with an 8-bit displacement, which is not there */
  ck_assert_int_eq(decode_at(code + PAGE - 2, &decline, &instruction), MutatorResUNIMPL);
  ck_assert_int_eq(decline, MutatorDeclineTRUNCATED);
}
END_TEST

START_TEST(fifteen_prefixes_are_declined) {
  size_t count;
  for (count = 1; count <= 15; ++count) {
    MutatorInstructionStruct instruction;
    MutatorDecline decline;
    memset(code + PAGE - count, 0x66, count);
    ck_assert_int_eq(decode_at(code + PAGE - count, &decline, &instruction), MutatorResUNIMPL);
    ck_assert_int_eq(decline, MutatorDeclineTRUNCATED);
  }
}
END_TEST

START_TEST(nothing_to_fetch_is_declined) {
  MutatorInstructionStruct instruction;
  MutatorDecline decline;
  ck_assert_int_eq(decode_at(code + PAGE, &decline, &instruction), MutatorResUNIMPL);
  ck_assert_int_eq(decline, MutatorDeclineFETCH);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("fetch");
  TCase *tests = tcase_create("fetch");

  tcase_add_checked_fixture(tests, set_up, NULL);
  tcase_add_test(tests, sixteen_bytes_wherever_they_are);
  tcase_add_test(tests, fewer_at_the_end_and_zeros_after_them);
  tcase_add_test(tests, none_before_the_page);
  tcase_add_test(tests, none_at_impossible_addresses);
  tcase_add_test(tests, an_instruction_may_end_with_the_page);
  tcase_add_test(tests, every_beginning_at_the_end_of_a_page_is_truncated);
  tcase_add_test(tests, zeros_after_the_end_are_not_the_instruction);
  tcase_add_test(tests, fifteen_prefixes_are_declined);
  tcase_add_test(tests, nothing_to_fetch_is_declined);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
