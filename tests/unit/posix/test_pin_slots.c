/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pin_slots.c -- threads' own places among the pins (F3): taken, waited for, given back
 */

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mutator.h>

#include "core/pin.h"
#include "os/os.h"
#include "support/unit.h"

static MutatorWord advanced(unsigned times) {
  const MutatorWord before = mutatorPinEpoch(&mutatorPinCallbacks);
  while (times-- > 0)
    mutatorPinAdvanceCallbacks();
  return mutatorPinEpoch(&mutatorPinCallbacks) - before;
}

/* Where the system has no barrier for all threads there are no slots to test. */
static PinSlot own(void) {
  ck_assert_int_eq(MutatorFaultSetup(NULL), MutatorResOK);
  return mutatorOSBarrier() ? mutatorOSLocal()->slot : NULL;
}

static unsigned taken(void) {
  unsigned i, count = 0;
  for (i = 0; i < PIN_SLOTS; ++i)
    count += mutatorPinSlots[i].taken != 0;
  return count;
}

START_TEST(advances_once_while_a_thread_stays_in_its_slot) {
  PinSlot slot = own();
  if (slot == NULL)
    return;
  ck_assert_uint_eq(advanced(10), 10);
  mutatorPinEnterSlot(slot);
  ck_assert_uint_eq(advanced(10), 1);
  mutatorPinLeaveSlot(slot);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

/* A thread that has loaded the epoch and is late: nothing moves, and nothing breaks. */
START_TEST(an_epoch_long_over_stops_the_epoch) {
  PinSlot slot = own();
  if (slot == NULL)
    return;
  slot->inside = mutatorPinMark(mutatorPinEpoch(&mutatorPinCallbacks) - 5);
  ck_assert_uint_eq(advanced(10), 0);
  mutatorPinLeaveSlot(slot);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

START_TEST(readers_in_stripes_are_waited_for_as_well) {
  PinStruct pin;
  (void)own();
  mutatorPinEnter(&mutatorPinCallbacks, &pin);
  ck_assert_uint_eq(advanced(10), 1);
  mutatorPinLeave(&mutatorPinCallbacks, &pin);
  ck_assert_uint_eq(advanced(10), 10);
}
END_TEST

static void *takeSlot(void *closure) {
  ck_assert_int_eq(MutatorFaultStackInstall(), MutatorResOK);
  *(PinSlot *)closure = mutatorOSLocal()->slot;
  return NULL;
}

START_TEST(a_thread_that_exits_gives_its_slot_back) {
  unsigned i, before;
  if (own() == NULL)
    return;
  before = taken();
  for (i = 0; i < 100; ++i) {
    PinSlot slot = NULL;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, takeSlot, &slot), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_ptr_nonnull(slot);
  }
  ck_assert_uint_eq(taken(), before);
}
END_TEST

static void *exitInside(void *closure) {
  (void)takeSlot(closure);
  mutatorPinEnterSlot(mutatorOSLocal()->slot);
  return NULL;
}

/* Its stack may be somebody else's by now, and the range is in use for ever. */
START_TEST(a_thread_that_exits_inside_keeps_its_slot) {
  PinSlot slot = NULL;
  pthread_t thread;
  if (own() == NULL)
    return;
  ck_assert_int_eq(pthread_create(&thread, NULL, exitInside, &slot), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_uint_ne(slot->taken, 0);
  ck_assert_uint_eq(advanced(10), 1);
}
END_TEST

START_TEST(without_a_free_slot_a_thread_has_none) {
  PinSlot slot = NULL;
  pthread_t thread;
  unsigned i;
  if (own() == NULL)
    return;
  for (i = 0; i < PIN_SLOTS; ++i)
    mutatorPinSlots[i].taken = 1;
  ck_assert_int_eq(pthread_create(&thread, NULL, takeSlot, &slot), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_ptr_null(slot);
}
END_TEST

static void *stayForEver(void *closure) {
  (void)takeSlot(closure);
  mutatorPinEnterSlot(mutatorOSLocal()->slot);
  for (;;)
    (void)pause();
  return NULL;
}

/* The thread that stays is not in the child; the one that forked has its slot there. */
START_TEST(a_forked_child_waits_for_nobody) {
  PinSlot slot = NULL;
  pthread_t thread;
  int status;
  pid_t child;
  if (own() == NULL)
    return;
  ck_assert_int_eq(pthread_create(&thread, NULL, stayForEver, &slot), 0);
  while (*(PinSlot volatile *)&slot == NULL || slot->inside == 0)
    (void)usleep(100);
  ck_assert_uint_le(advanced(10), 1);
  child = fork();
  if (child == 0)
    _exit(advanced(10) == 10 && taken() == 1 && mutatorOSLocal()->slot->taken != 0 ? 0 : 1);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pin_slots");
  TCase *tests = tcase_create("pin_slots");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, advances_once_while_a_thread_stays_in_its_slot);
  tcase_add_test(tests, an_epoch_long_over_stops_the_epoch);
  tcase_add_test(tests, readers_in_stripes_are_waited_for_as_well);
  tcase_add_test(tests, a_thread_that_exits_gives_its_slot_back);
  tcase_add_test(tests, a_thread_that_exits_inside_keeps_its_slot);
  tcase_add_test(tests, without_a_free_slot_a_thread_has_none);
  tcase_add_test(tests, a_forked_child_waits_for_nobody);
  suite_add_tcase(suite, tests);
  return unitRun(suite);
}
