/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pin.c -- readers counted in stripes (F3): the epoch waits for those inside
 */

#include <pthread.h>
#include <stdlib.h>

#include "cc/atomic.h"
#include "support/unit.h"

/* pin.c is compiled here, with a delay now and then before its atomic operations,
 * since the races it has to withstand are a few nanoseconds wide otherwise. */

static AtomicWord delays;

static void delay(void) {
  static _Thread_local unsigned random = 1;
  volatile unsigned i;
  random = random * 1103515245 + 12345;
  if (!atomicLoadRelaxed(&delays) || (random >> 16) % 16 != 0)
    return;
  for (i = (random >> 20) % 1024; i > 0; --i)
    continue;
}

#define atomicLoad(word) (delay(), atomicLoad(word))
#define atomicAdd(word, value) (delay(), atomicAdd(word, value))
#define atomicSubtract(word, value) (delay(), atomicSubtract(word, value))
#define atomicCompareAndSwap(word, expected, desired) (delay(), atomicCompareAndSwap(word, expected, desired))
#include "core/pin.c"
#undef atomicLoad
#undef atomicAdd
#undef atomicSubtract
#undef atomicCompareAndSwap

static PinSetStruct set;

static MutatorWord advanced(unsigned times) {
  MutatorWord before = mutatorPinEpoch(&set);
  while (times-- > 0)
    mutatorPinAdvance(&set);
  return mutatorPinEpoch(&set) - before;
}

START_TEST(advances_freely_when_nobody_is_inside) { ck_assert_uint_eq(advanced(10), 10); }
END_TEST

START_TEST(advances_once_while_a_reader_is_inside) {
  PinStruct pin;
  mutatorPinEnter(&set, &pin);
  ck_assert_uint_eq(advanced(10), 1);
  mutatorPinLeave(&set, &pin);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

/* From odd epochs as from even ones. */
START_TEST(advances_once_from_the_other_parity) {
  PinStruct pin;
  mutatorPinAdvance(&set);
  mutatorPinEnter(&set, &pin);
  ck_assert_uint_eq(advanced(10), 1);
  mutatorPinLeave(&set, &pin);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

START_TEST(waits_for_the_older_of_two_readers) {
  PinStruct old, young;
  mutatorPinEnter(&set, &old);
  ck_assert_uint_eq(advanced(1), 1);
  mutatorPinEnter(&set, &young);
  ck_assert_uint_eq(advanced(10), 0);
  mutatorPinLeave(&set, &old);
  ck_assert_uint_eq(advanced(10), 1);
  mutatorPinLeave(&set, &young);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

START_TEST(stays_nest_and_leave_in_any_order) {
  PinStruct pin[3];
  int i;
  for (i = 0; i < 3; ++i)
    mutatorPinEnter(&set, &pin[i]);
  for (i = 0; i < 3; ++i) {
    ck_assert_uint_le(advanced(10), 1);
    mutatorPinLeave(&set, &pin[i]);
  }
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

static void *enter(void *pin) {
  mutatorPinEnter(&set, pin);
  return NULL;
}

START_TEST(sees_readers_of_other_threads) {
  PinStruct pin[8];
  pthread_t thread;
  int i;
  for (i = 0; i < 8; ++i) {
    ck_assert_int_eq(pthread_create(&thread, NULL, enter, &pin[i]), 0);
    pthread_join(thread, NULL);
  }
  for (i = 0; i < 8; ++i) {
    ck_assert_uint_le(advanced(10), 1);
    mutatorPinLeave(&set, &pin[i]);
  }
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

START_TEST(a_forked_child_has_no_reader_inside) {
  PinStruct pin;
  mutatorPinEnter(&set, &pin);
  mutatorPinForked(&set);
  ck_assert_uint_eq(advanced(10), 10);
  mutatorPinLeave(&set, &pin);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

START_TEST(the_epoch_wraps) {
  PinStruct pin;
  set.epoch = (AtomicWord)0 - 2;
  ck_assert_uint_eq(advanced(1), 1);
  mutatorPinEnter(&set, &pin);
  ck_assert_uint_eq(advanced(10), 1);
  mutatorPinLeave(&set, &pin);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

/* A reader that enters while the epoch is being advanced.  Without the second
 * look at the epoch in Enter, this fails within milliseconds. */

#define STAYS 300000

static AtomicWord finished;
static AtomicWord overtaken;

static void *advance(void *closure) {
  (void)closure;
  while (!atomicLoad(&finished))
    mutatorPinAdvance(&set);
  return NULL;
}

static void stay(void) {
  PinStruct pin;
  MutatorWord epoch;
  int i;
  mutatorPinEnter(&set, &pin);
  epoch = mutatorPinEpoch(&set);
  for (i = 0; i < 50; ++i) {
    if (mutatorPinEpoch(&set) - epoch > 1)
      (void)atomicAdd(&overtaken, 1);
  }
  mutatorPinLeave(&set, &pin);
}

static void *stayOften(void *closure) {
  int i;
  (void)closure;
  for (i = 0; i < STAYS; ++i)
    stay();
  return NULL;
}

START_TEST(no_race_of_enter_and_advance_overtakes_a_reader) {
  pthread_t readers[2], writers[2];
  MutatorWord before = mutatorPinEpoch(&set);
  int i;
  atomicStore(&delays, 1);
  for (i = 0; i < 2; ++i)
    pthread_create(&readers[i], NULL, stayOften, NULL);
  for (i = 0; i < 2; ++i)
    pthread_create(&writers[i], NULL, advance, NULL);
  for (i = 0; i < 2; ++i)
    pthread_join(readers[i], NULL);
  atomicStore(&finished, 1);
  for (i = 0; i < 2; ++i)
    pthread_join(writers[i], NULL);
  ck_assert_uint_eq(atomicLoad(&overtaken), 0);
  ck_assert_uint_gt(mutatorPinEpoch(&set) - before, 0); /* how often is the machine's affair */
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pin");
  TCase *tests = tcase_create("pin");

  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, advances_freely_when_nobody_is_inside);
  tcase_add_test(tests, advances_once_while_a_reader_is_inside);
  tcase_add_test(tests, advances_once_from_the_other_parity);
  tcase_add_test(tests, waits_for_the_older_of_two_readers);
  tcase_add_test(tests, stays_nest_and_leave_in_any_order);
  tcase_add_test(tests, sees_readers_of_other_threads);
  tcase_add_test(tests, a_forked_child_has_no_reader_inside);
  tcase_add_test(tests, the_epoch_wraps);
  tcase_add_test(tests, no_race_of_enter_and_advance_overtakes_a_reader);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
