/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/posix/unit.c -- run a suite
 */

#include "support/unit.h"

#include <stdlib.h>

int unitRun(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  int failed;
  srunner_run_all(runner, CK_NORMAL);
  failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
