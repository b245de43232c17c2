/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_window_descriptors.c -- windows and file descriptors: none is kept, and without one nothing changes
 */

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <mutator.h>

#include "support/unit.h"

static MutatorWindowStruct window;

static void setup(void) { ck_assert_int_eq(MutatorSetup(NULL), MutatorResOK); }

START_TEST(create_without_descriptors_changes_nothing) {
  MutatorWindowStruct before;
  struct rlimit limit, none;
  MutatorRes res;
  setup();
  memset(&window, 0x5a, sizeof window);
  memcpy(&before, &window, sizeof window);
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = limit;
  none.rlim_cur = 0;
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
  res = MutatorWindowCreate(&window, 1, MutatorWindowForkREFUSE);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ck_assert_int_eq(res, MutatorResMEMORY);
  ck_assert_mem_eq(&window, &before, sizeof window);
}
END_TEST

START_TEST(no_descriptors_are_lost) {
  int before, after, i;
  setup();
  before = dup(0);
  (void)close(before);
  for (i = 0; i < 50; ++i) {
    ck_assert_int_eq(MutatorWindowCreate(&window, 1, (MutatorWindowFork)(i % 3)), MutatorResOK);
    ck_assert_int_eq(MutatorWindowDestroy(&window), MutatorResOK);
  }
  after = dup(0);
  (void)close(after);
  ck_assert_int_eq(after, before);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("window descriptors");
  TCase *tcase = tcase_create("descriptors");
  tcase_add_test(tcase, create_without_descriptors_changes_nothing);
  tcase_add_test(tcase, no_descriptors_are_lost);
  suite_add_tcase(suite, tcase);
  return unitRun(suite);
}
