/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_counters.c -- counters kept in stripes (C11)
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <mutator/counters.h>

#include "core/core.h"
#include "support/unit.h"

#define WORDS (sizeof(MutatorCountersStruct) / sizeof(uint64_t))
#define THREADS 8
#define EVENTS 100000

static void read_words(uint64_t *words) {
  MutatorCountersStruct counters;
  memset(&counters, 0xa5, sizeof counters);
  ck_assert_int_eq(MutatorCountersGet(&counters), MutatorResOK);
  memcpy(words, &counters, sizeof counters);
}

START_TEST(all_start_at_zero) {
  uint64_t words[WORDS];
  size_t i;
  read_words(words);
  for (i = 0; i < WORDS; ++i)
    ck_assert_uint_eq(words[i], 0);
}
END_TEST

/* Each in its own field, and in no other; faults are those handled and those forwarded. */
START_TEST(each_counts_for_itself) {
  uint64_t words[WORDS];
  size_t i, j;
  for (i = 0; i < WORDS; ++i) {
    for (j = 0; j <= i; ++j)
      mutatorCoreCount(i);
  }
  read_words(words);
  for (i = 0; i < WORDS; ++i)
    if (i != CORE_COUNTER(faults))
      ck_assert_uint_eq(words[i], i + 1);
  ck_assert_uint_eq(words[CORE_COUNTER(faults)], words[CORE_COUNTER(handled)] + words[CORE_COUNTER(forwarded)]);
}
END_TEST

START_TEST(bad_arguments) {
  MutatorCountersStruct counters[2];
  ck_assert_int_eq(MutatorCountersGet(NULL), MutatorResPARAM);
  ck_assert_int_eq(MutatorCountersGet((MutatorCounters)(void *)((char *)counters + 1)), MutatorResPARAM);
}
END_TEST

static void *count(void *closure) {
  int i;
  (void)closure;
  for (i = 0; i < EVENTS; ++i)
    mutatorCoreCount(CORE_COUNTER(steps));
  return NULL;
}

START_TEST(none_is_lost_among_threads) {
  pthread_t thread[THREADS];
  uint64_t words[WORDS];
  int i;
  for (i = 0; i < THREADS; ++i)
    ck_assert_int_eq(pthread_create(&thread[i], NULL, count, NULL), 0);
  for (i = 0; i < THREADS; ++i)
    pthread_join(thread[i], NULL);
  read_words(words);
  ck_assert_uint_eq(words[CORE_COUNTER(steps)], THREADS * EVENTS);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("counters");
  TCase *tests = tcase_create("counters");

  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, all_start_at_zero);
  tcase_add_test(tests, each_counts_for_itself);
  tcase_add_test(tests, bad_arguments);
  tcase_add_test(tests, none_is_lost_among_threads);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
