/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_plan_cache.c -- plans remembered by PC, and verified by bytes (C12)
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <mutator/setup.h>

#include "arch/arch.h"
#include "core/plan_cache.h"
#include "support/native.h"
#include "support/unit.h"

#define THREADS 4
#define PC ((MutatorWord)0x401000)

static const unsigned char load[16] = {0x66, 0x8b, 0x43, 0x10};         /* mov ax, [rbx + 16] */
static const unsigned char other[16] = {0x66, 0x8b, 0x43, 0x18};        /* mov ax, [rbx + 24] */
static const unsigned char longer[16] = {0x66, 0x8b, 0x83, 1, 2, 3, 4}; /* mov ax, [rbx + 0x04030201] */

static void set_up(void) {
  MutatorOptionsStruct options;
  ck_assert_int_eq(MutatorOptionsInit(&options), MutatorResOK);
  options.plans = 16; /* so that threads meet in slots */
  ck_assert_int_eq(MutatorSetup(&options), MutatorResOK);
}

static ArchPlanStruct plan_of(const unsigned char *bytes) {
  ArchPlanStruct plan;
  ck_assert_int_eq(mutatorArchPlan(&plan, bytes, 16, PC), MutatorDeclineNONE);
  return plan;
}

START_TEST(an_empty_cache_has_nothing) {
  static const unsigned char zeros[16];
  ArchPlanStruct plan;
  ck_assert(!mutatorPlanCacheFind(&plan, PC, load, 16));
  ck_assert(!mutatorPlanCacheFind(&plan, 0, zeros, 16)); /* what an unwritten slot would match */
}
END_TEST

START_TEST(what_is_added_is_found) {
  ArchPlanStruct plan = plan_of(load), found;
  mutatorPlanCacheAdd(&plan, PC, load);
  ck_assert(mutatorPlanCacheFind(&found, PC, load, 16));
  ck_assert_mem_eq(&found, &plan, sizeof plan);
}
END_TEST

START_TEST(not_at_another_pc) {
  ArchPlanStruct plan = plan_of(load);
  MutatorWord pc;
  mutatorPlanCacheAdd(&plan, PC, load);
  for (pc = PC + 1; pc < PC + 4096; ++pc)
    ck_assert(!mutatorPlanCacheFind(&plan, pc, load, 16));
}
END_TEST

/* A JIT has rewritten the code: any byte of the instruction may have changed. */
START_TEST(not_for_other_bytes) {
  ArchPlanStruct plan = plan_of(load), found;
  size_t byte;
  unsigned bit;
  mutatorPlanCacheAdd(&plan, PC, load);
  for (byte = 0; byte < 4; ++byte)
    for (bit = 0; bit < 8; ++bit) {
      unsigned char bytes[16];
      memcpy(bytes, load, sizeof bytes);
      bytes[byte] = (unsigned char)(bytes[byte] ^ 1u << bit);
      ck_assert(!mutatorPlanCacheFind(&found, PC, bytes, 16));
    }
}
END_TEST

START_TEST(bytes_after_the_instruction_do_not_matter) {
  ArchPlanStruct plan = plan_of(load), found;
  unsigned char bytes[16];
  memset(bytes, 0xcc, sizeof bytes);
  memcpy(bytes, load, 4);
  mutatorPlanCacheAdd(&plan, PC, load);
  ck_assert(mutatorPlanCacheFind(&found, PC, bytes, 16));
}
END_TEST

START_TEST(rewritten_code_replaces_the_plan) {
  ArchPlanStruct first = plan_of(load), second = plan_of(other), found;
  mutatorPlanCacheAdd(&first, PC, load);
  mutatorPlanCacheAdd(&second, PC, other);
  ck_assert(!mutatorPlanCacheFind(&found, PC, load, 16));
  ck_assert(mutatorPlanCacheFind(&found, PC, other, 16));
  ck_assert_mem_eq(&found, &second, sizeof found);
}
END_TEST

/* C6: fewer bytes could be fetched than the cached instruction has; the rest are zeros. */
START_TEST(a_truncated_fetch_matches_nothing_longer) {
  ArchPlanStruct plan = plan_of(longer), found;
  size_t count;
  mutatorPlanCacheAdd(&plan, PC, longer);
  for (count = 1; count < 7; ++count)
    ck_assert(!mutatorPlanCacheFind(&found, PC, longer, count));
  ck_assert(mutatorPlanCacheFind(&found, PC, longer, 7));
}
END_TEST

/* A thread stopped in the middle of a write: nobody waits for it. */
START_TEST(a_slot_being_written_is_a_miss) {
  ArchPlanStruct plan = plan_of(load), found;
  size_t slot;
  mutatorPlanCacheAdd(&plan, PC, load);
  for (slot = 0; slot <= mutatorPlanCacheMask; ++slot)
    mutatorPlanCacheSlots[slot].sequence |= 1;
  ck_assert(!mutatorPlanCacheFind(&found, PC, load, 16));
  mutatorPlanCacheAdd(&plan, PC, load);
  ck_assert(!mutatorPlanCacheFind(&found, PC, load, 16));
}
END_TEST

/* hammering ------------------------------------------------------------------- */

static ArchPlanStruct pattern;

/* `longer` with another displacement, and a plan whose first and last words say so. */
static void make(unsigned displacement, ArchPlanStruct *plan, unsigned char *bytes) {
  memcpy(bytes, longer, 16);
  memcpy(bytes + 3, &displacement, sizeof displacement);
  *plan = pattern;
  plan->word[0] = plan->word[3] = displacement;
}

static unsigned long hits[THREADS], torn;
static int finished;

/* Every thread writes and reads the same slot: in between, somebody else has written another plan. */
static void *hammer(void *closure) {
  unsigned long *mine = closure;
  unsigned round = (unsigned)(mine - hits);
  while (!__atomic_load_n(&finished, __ATOMIC_RELAXED)) {
    ArchPlanStruct plan, found;
    unsigned char bytes[16];
    make(++round % 3, &plan, bytes);
    if (round % 2 == 0)
      mutatorPlanCacheAdd(&plan, PC, bytes);
    if (!mutatorPlanCacheFind(&found, PC, bytes, 16))
      continue;
    ++*mine;
    if (memcmp(&found, &plan, sizeof plan) != 0)
      __atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

static void hammer_all(void) {
  pthread_t threads[THREADS];
  unsigned i;
  pattern = plan_of(longer);
  for (i = 0; i < THREADS; ++i)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, &hits[i]), 0);
  nativeSleep(1500);
  __atomic_store_n(&finished, 1, __ATOMIC_RELAXED);
  for (i = 0; i < THREADS; ++i)
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

START_TEST(no_reader_sees_half_a_plan) {
  unsigned i;
  hammer_all();
  ck_assert_uint_eq(torn, 0);
  for (i = 0; i < THREADS; ++i)
    ck_assert_uint_gt(hits[i], 0);
}
END_TEST

START_TEST(no_slot_is_left_locked) {
  size_t slot;
  hammer_all();
  for (slot = 0; slot <= mutatorPlanCacheMask; ++slot)
    ck_assert_uint_eq(mutatorPlanCacheSlots[slot].sequence & 1, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("plan cache");
  TCase *tests = tcase_create("plan cache");

  tcase_set_timeout(tests, 50);
  tcase_add_checked_fixture(tests, set_up, NULL);
  tcase_add_test(tests, an_empty_cache_has_nothing);
  tcase_add_test(tests, what_is_added_is_found);
  tcase_add_test(tests, not_at_another_pc);
  tcase_add_test(tests, not_for_other_bytes);
  tcase_add_test(tests, bytes_after_the_instruction_do_not_matter);
  tcase_add_test(tests, rewritten_code_replaces_the_plan);
  tcase_add_test(tests, a_truncated_fetch_matches_nothing_longer);
  tcase_add_test(tests, a_slot_being_written_is_a_miss);
  tcase_add_test(tests, no_reader_sees_half_a_plan);
  tcase_add_test(tests, no_slot_is_left_locked);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
