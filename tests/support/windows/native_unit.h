/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/native_unit.h -- a program runs itself again for each test
 *
 * There is no fork, and one test would find what another has left: of the
 * tests that are added, the program remembers the names, and runs itself with
 * each name in the environment.  Such a child adds that test alone.
 */

#ifndef mutator_tests_support_windows_native_unit_h
#define mutator_tests_support_windows_native_unit_h

/* Is it this process's to run?  Each round of a loop is a test. */
int unitWants(const char *name, int round);

#undef tcase_add_test
#undef tcase_add_loop_test
#define tcase_add_test(tcase, test) tcase_add_loop_test(tcase, test, 0, 1)
#define tcase_add_loop_test(tcase, test, first, limit)              \
  do {                                                              \
    int round_;                                                     \
    for (round_ = (first); round_ < (limit); ++round_)              \
      if (unitWants((test)->name, round_))                          \
        _tcase_add_test((tcase), (test), 0, 0, round_, round_ + 1); \
  } while (0)

#endif
