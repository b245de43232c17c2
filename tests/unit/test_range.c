/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_range.c -- the public range functions (F3): results, and nothing changed unless OK
 */

#include <stdlib.h>
#include <string.h>

#include <mutator/fault.h>

#include "core/core.h"
#include "support/unit.h"

static unsigned char memory[4096];
static MutatorFaultRangeStruct one, two;

static MutatorFaultResult decline(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                  void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultDECLINED;
}

static void setUp(size_t ranges) {
  MutatorOptionsStruct options;
  ck_assert_int_eq(MutatorOptionsInit(&options), MutatorResOK);
  options.ranges = ranges;
  ck_assert_int_eq(MutatorSetup(&options), MutatorResOK);
}

static MutatorRes add(MutatorFaultRange range, size_t base, size_t limit) {
  return MutatorFaultRangeAdd(range, memory + base, memory + limit, decline, memory, NULL);
}

static MutatorFaultRange find(size_t offset) {
  MutatorFaultRange range = NULL;
  MutatorRes res = MutatorFaultRangeFind(memory + offset, &range);
  ck_assert_int_eq(res, range != NULL ? MutatorResOK : MutatorResFAIL);
  return range;
}

START_TEST(before_setup) {
  MutatorFaultRange range = &one;
  ck_assert_int_eq(add(&one, 0, 10), MutatorResSTATE);
  ck_assert_int_eq(MutatorFaultRangeRemove(&one), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeFind(memory, &range), MutatorResFAIL);
  ck_assert_ptr_eq(range, &one);
  ck_assert_int_eq(MutatorFaultQuiesce(0), MutatorResSTATE);
  ck_assert_int_eq(MutatorFaultStackInstall(), MutatorResSTATE);
  ck_assert_int_eq(MutatorFaultFinish(), MutatorResSTATE);
}
END_TEST

START_TEST(what_was_given_is_given_back) {
  setUp(10);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResOK);
  ck_assert_ptr_eq(MutatorFaultRangeBase(&one), memory + 16);
  ck_assert_ptr_eq(MutatorFaultRangeLimit(&one), memory + 32);
  ck_assert_ptr_eq(MutatorFaultRangeClosure(&one), memory);
  ck_assert_ptr_null(MutatorFaultRangeWindow(&one));
}
END_TEST

START_TEST(what_is_not_a_range_has_nothing) {
  MutatorFaultRange misaligned = (MutatorFaultRange)(void *)((char *)&one + 1);
  setUp(10);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResOK);
  ck_assert_ptr_null(MutatorFaultRangeBase(NULL));
  ck_assert_ptr_null(MutatorFaultRangeBase(&two));
  ck_assert_ptr_null(MutatorFaultRangeLimit(misaligned));
  ck_assert_ptr_null(MutatorFaultRangeWindow(&two));
  ck_assert_ptr_null(MutatorFaultRangeClosure(&two));
  ck_assert_int_eq(MutatorFaultRangeRemove(NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeRemove(&two), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeRemove(misaligned), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeFind(memory, NULL), MutatorResPARAM);
}
END_TEST

START_TEST(bad_arguments) {
  MutatorFaultRangeStruct before;
  setUp(10);
  memset(&one, 0x5a, sizeof one);
  before = one;
  ck_assert_int_eq(add(NULL, 0, 10), MutatorResPARAM);
  ck_assert_int_eq(add((MutatorFaultRange)(void *)((char *)&one + 1), 0, 10), MutatorResPARAM);
  ck_assert_int_eq(add(&one, 10, 10), MutatorResPARAM);
  ck_assert_int_eq(add(&one, 11, 10), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, memory, memory + 1, NULL, NULL, NULL), MutatorResPARAM);
  ck_assert_mem_eq(&one, &before, sizeof one);
  ck_assert_ptr_null(find(0));
}
END_TEST

START_TEST(an_overlap_changes_nothing) {
  MutatorFaultRangeStruct before;
  setUp(10);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResOK);
  memset(&two, 0x5a, sizeof two);
  before = two;
  ck_assert_int_eq(add(&two, 31, 40), MutatorResPARAM);
  ck_assert_mem_eq(&two, &before, sizeof two);
  ck_assert_int_eq(add(&two, 32, 40), MutatorResOK);
  ck_assert_ptr_eq(find(31), &one);
  ck_assert_ptr_eq(find(32), &two);
}
END_TEST

/* Also when it would go somewhere else. */
START_TEST(a_range_is_added_once) {
  setUp(10);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResOK);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResSTATE);
  ck_assert_int_eq(add(&one, 100, 200), MutatorResSTATE);
  ck_assert_ptr_eq(MutatorFaultRangeBase(&one), memory + 16);
  ck_assert_ptr_null(find(100));
}
END_TEST

START_TEST(a_range_is_removed_once_and_added_again) {
  setUp(10);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResOK);
  ck_assert_int_eq(MutatorFaultRangeRemove(&one), MutatorResOK);
  ck_assert_int_eq(MutatorFaultRangeRemove(&one), MutatorResSTATE);
  ck_assert_ptr_null(find(20));
  ck_assert_ptr_eq(MutatorFaultRangeBase(&one), memory + 16);
  ck_assert_int_eq(MutatorFaultQuiesce(0), MutatorResOK);
  ck_assert_int_eq(add(&one, 100, 200), MutatorResOK);
  ck_assert_ptr_eq(find(150), &one);
}
END_TEST

/* A copy is not the range, though it says the same. */
START_TEST(a_copy_is_not_registered) {
  setUp(10);
  ck_assert_int_eq(add(&one, 16, 32), MutatorResOK);
  two = one;
  ck_assert_int_eq(MutatorFaultRangeRemove(&two), MutatorResSTATE);
  ck_assert_ptr_eq(find(16), &one);
  ck_assert_int_eq(add(&two, 32, 48), MutatorResOK);
}
END_TEST

/* No limit can be above the last address, so no range holds it, and none wraps. */
START_TEST(the_end_of_the_address_space) {
  enum { Count = 60 }; /* more than one node of the index holds */
  static MutatorFaultRangeStruct many[Count];
  MutatorFaultRange found = NULL;
  const MutatorWord last = ~(MutatorWord)0;
  MutatorWord i;
  setUp(100);
  for (i = 0; i < Count; ++i)
    ck_assert_int_eq(
        MutatorFaultRangeAdd(&many[i], (void *)(last - 2 * i - 2), (void *)(last - 2 * i), decline, NULL, NULL),
        MutatorResOK);
  ck_assert_int_eq(MutatorFaultRangeFind((void *)last, &found), MutatorResFAIL);
  ck_assert_int_eq(MutatorFaultRangeFind((void *)(last - 1), &found), MutatorResOK);
  ck_assert_ptr_eq(found, &many[0]);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, (void *)last, (void *)4, decline, NULL, NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, (void *)last, (void *)last, decline, NULL, NULL), MutatorResPARAM);
  one = many[0];
  one.base = last; /* a damaged structure: nothing of the index is taken for it */
  ck_assert_int_eq(MutatorFaultRangeRemove(&one), MutatorResSTATE);
  for (i = 0; i < Count; ++i)
    ck_assert_int_eq(MutatorFaultRangeRemove(&many[i]), MutatorResOK);
}
END_TEST

START_TEST(as_many_as_asked_for) {
  setUp(1);
  ck_assert_int_eq(add(&one, 0, 1), MutatorResOK);
  ck_assert_int_eq(add(&two, 1, 2), MutatorResLIMIT);
  ck_assert_ptr_null(MutatorFaultRangeBase(&two));
  ck_assert_int_eq(MutatorFaultRangeRemove(&one), MutatorResOK);
  ck_assert_int_eq(add(&two, 1, 2), MutatorResOK);
}
END_TEST

START_TEST(the_window_contains_the_range) {
  static MutatorWindowStruct window, dead;
  char *base;
  size_t size;
  setUp(10);
  ck_assert_int_eq(MutatorWindowCreate(&window, 3 * 4096, MutatorWindowForkREFUSE), MutatorResOK);
  base = MutatorWindowBase(&window);
  size = MutatorWindowSize(&window);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, base - 1, base + 1, decline, NULL, &window), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, base, base + size + 1, decline, NULL, &window), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, base + size, base + size + 1, decline, NULL, &window), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, base, base + 1, decline, NULL, &dead), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultRangeAdd(&one, base, base + size, decline, NULL, &window), MutatorResOK);
  ck_assert_ptr_eq(MutatorFaultRangeWindow(&one), &window);
}
END_TEST

START_TEST(quiesce_waits_for_nobody_when_nobody_is_there) {
  setUp(10);
  ck_assert_int_eq(MutatorFaultQuiesce(0), MutatorResOK);
  ck_assert_int_eq(MutatorFaultQuiesce(1000), MutatorResOK);
}
END_TEST

/* Somebody in the index may be about to enter a callback, so the index is waited for, and first. */
START_TEST(quiesce_waits_for_the_index_first) {
  MutatorWord epoch;
  PinStruct pin;
  setUp(10);
  mutatorPinEnter(&mutatorPinIndex, &pin);
  epoch = mutatorPinEpoch(&mutatorPinCallbacks);
  ck_assert_int_eq(MutatorFaultQuiesce(2), MutatorResBUSY);
  ck_assert_uint_eq(mutatorPinEpoch(&mutatorPinCallbacks), epoch);
  mutatorPinLeave(&mutatorPinIndex, &pin);
  mutatorPinEnter(&mutatorPinCallbacks, &pin);
  ck_assert_int_eq(MutatorFaultQuiesce(2), MutatorResBUSY);
  mutatorPinLeave(&mutatorPinCallbacks, &pin);
  ck_assert_int_eq(MutatorFaultQuiesce(2), MutatorResOK);
}
END_TEST

START_TEST(step_declines_what_is_not_a_fault) {
  MutatorContextStruct context;
  memset(&context, 0, sizeof context);
  ck_assert_int_eq(MutatorFaultStep(NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultStep(&context), MutatorResPARAM);
  setUp(10);
  ck_assert_int_eq(MutatorFaultStep(NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorFaultQuiesce(0), MutatorResOK);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("range");
  TCase *tests = tcase_create("range");

  tcase_add_test(tests, before_setup);
  tcase_add_test(tests, what_was_given_is_given_back);
  tcase_add_test(tests, what_is_not_a_range_has_nothing);
  tcase_add_test(tests, bad_arguments);
  tcase_add_test(tests, an_overlap_changes_nothing);
  tcase_add_test(tests, a_range_is_added_once);
  tcase_add_test(tests, a_range_is_removed_once_and_added_again);
  tcase_add_test(tests, a_copy_is_not_registered);
  tcase_add_test(tests, the_end_of_the_address_space);
  tcase_add_test(tests, as_many_as_asked_for);
  tcase_add_test(tests, the_window_contains_the_range);
  tcase_add_test(tests, quiesce_waits_for_nobody_when_nobody_is_there);
  tcase_add_test(tests, quiesce_waits_for_the_index_first);
  tcase_add_test(tests, step_declines_what_is_not_a_fault);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
