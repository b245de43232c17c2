/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_decoder_pool.c -- one decoder for each decode at once, and no waiting (C12)
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <mutator/setup.h>

#include "arch/arch.h"
#include "arch/x86/decoder.h"
#include "arch/x86/plan.h"
#include "support/unit.h"

#define DECODERS 3
#define THREADS 8
#define ROUNDS 20000

static const unsigned char load[16] = {0x66, 0x8b, 0x43, 0x10};
static const unsigned char unknown[16] = {0x0f, 0x0b};
static const unsigned char prefixed[16] = {0xf0, 0x8b, 0x00};

static void set_up(void) {
  MutatorOptionsStruct options;
  ck_assert_int_eq(MutatorOptionsInit(&options), MutatorResOK);
  options.decoders = DECODERS;
  ck_assert_int_eq(MutatorSetup(&options), MutatorResOK);
}

static MutatorDecline plan(const unsigned char *bytes, size_t count) {
  ArchPlanStruct result;
  return mutatorArchPlan(&result, bytes, count, 0x401000);
}

static unsigned busy_decoders(void) {
  unsigned i, busy = 0;
  for (i = 0; i < DecoderMAX; ++i)
    busy += mutatorDecoders[i].busy != 0;
  return busy;
}

START_TEST(as_many_as_asked_for) {
  ck_assert_uint_eq(mutatorDecoderCount, DECODERS);
  ck_assert_uint_eq(busy_decoders(), 0);
}
END_TEST

START_TEST(none_free_is_declined_at_once) {
  unsigned i;
  for (i = 0; i < DECODERS; ++i)
    mutatorDecoders[i].busy = 1;
  ck_assert_int_eq(plan(load, 16), MutatorDeclineBUSY);
  ck_assert_uint_eq(busy_decoders(), DECODERS);
}
END_TEST

START_TEST(any_free_one_will_do) {
  unsigned one, i;
  for (one = 0; one < DECODERS; ++one) {
    for (i = 0; i < DECODERS; ++i)
      mutatorDecoders[i].busy = i != one;
    ck_assert_int_eq(plan(load, 16), MutatorDeclineNONE);
    ck_assert_uint_eq(mutatorDecoders[one].busy, 0);
  }
}
END_TEST

/* What the table refuses never reaches Capstone: some of it would allocate. */
START_TEST(declines_of_our_own_need_no_decoder) {
  unsigned i;
  for (i = 0; i < DECODERS; ++i)
    mutatorDecoders[i].busy = 1;
  ck_assert_int_eq(plan(unknown, 16), MutatorDeclineOPCODE);
  ck_assert_int_eq(plan(prefixed, 16), MutatorDeclinePREFIX);
  ck_assert_int_eq(plan(load, 3), MutatorDeclineTRUNCATED);
}
END_TEST

START_TEST(none_leaks) {
  unsigned round;
  for (round = 0; round < 100 * DECODERS; ++round) {
    (void)plan(load, 16);
    (void)plan(load, 3);
    (void)plan(unknown, 16);
    (void)plan(prefixed, 16);
  }
  ck_assert_uint_eq(busy_decoders(), 0);
  ck_assert_int_eq(plan(load, 16), MutatorDeclineNONE);
}
END_TEST

/* What Capstone contradicts gives its decoder back, too. */
START_TEST(none_leaks_when_capstone_disagrees) {
  PlanStruct wrong;
  unsigned round;
  ck_assert_int_eq(mutatorPlanMake(&wrong, load, 16), MutatorDeclineNONE);
  wrong.displacement += 1;
  for (round = 0; round < 10 * DECODERS; ++round)
    ck_assert_int_eq(mutatorDecodeVote(&wrong, load, 0x401000), MutatorDeclineDECODER);
  ck_assert_uint_eq(busy_decoders(), 0);
}
END_TEST

START_TEST(a_forked_child_has_all_of_them) {
  unsigned i;
  for (i = 0; i < DECODERS; ++i)
    mutatorDecoders[i].busy = 1;
  mutatorArchForked();
  ck_assert_uint_eq(busy_decoders(), 0);
  ck_assert_int_eq(plan(load, 16), MutatorDeclineNONE);
}
END_TEST

/* More threads than decoders: planned right or BUSY, and nothing else. */
static unsigned long planned, busy, wrong;

static void *hammer(void *closure) {
  unsigned round;
  (void)closure;
  for (round = 0; round < ROUNDS; ++round) {
    unsigned char bytes[16] = {0x66, 0x8b, 0x83}; /* mov ax, [rbx + disp32] */
    ArchPlanStruct result;
    MutatorDecline decline;
    memcpy(bytes + 3, &round, sizeof round);
    decline = mutatorArchPlan(&result, bytes, 16, 0x401000);
    if (decline == MutatorDeclineNONE && mutatorArchPlanLength(&result) == 7)
      __atomic_fetch_add(&planned, 1, __ATOMIC_RELAXED);
    else if (decline == MutatorDeclineBUSY)
      __atomic_fetch_add(&busy, 1, __ATOMIC_RELAXED);
    else
      __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

START_TEST(no_two_threads_share_a_decoder) {
  pthread_t threads[THREADS];
  unsigned i;
  for (i = 0; i < THREADS; ++i)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, NULL), 0);
  for (i = 0; i < THREADS; ++i)
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  ck_assert_uint_eq(wrong, 0);
  ck_assert_uint_eq(planned + busy, (unsigned long)THREADS * ROUNDS);
  ck_assert_uint_gt(planned, ROUNDS);
  ck_assert_uint_eq(busy_decoders(), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("decoder pool");
  TCase *tests = tcase_create("decoder pool");

  tcase_set_timeout(tests, 50);
  tcase_add_checked_fixture(tests, set_up, NULL);
  tcase_add_test(tests, as_many_as_asked_for);
  tcase_add_test(tests, none_free_is_declined_at_once);
  tcase_add_test(tests, any_free_one_will_do);
  tcase_add_test(tests, declines_of_our_own_need_no_decoder);
  tcase_add_test(tests, none_leaks);
  tcase_add_test(tests, none_leaks_when_capstone_disagrees);
  tcase_add_test(tests, a_forked_child_has_all_of_them);
  tcase_add_test(tests, no_two_threads_share_a_decoder);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
