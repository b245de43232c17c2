/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/unit.h -- Check, with each test in a process of its own everywhere
 *
 * Check forks for each test, where there is fork.  <native_unit.h>, of the
 * system's folder, says how its tests are added elsewhere.
 */

#ifndef mutator_tests_support_unit_h
#define mutator_tests_support_unit_h

#include <check.h>

/* Run all tests of the suite and free it; what main returns. */
int unitRun(Suite *suite);

#include <native_unit.h>

#endif
