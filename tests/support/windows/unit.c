/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/unit.c -- run a suite, each test in a process of its own
 */

#include "support/unit.h"
#include "support/windows/mark.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE "MUTATOR_UNIT_TEST"

enum { Most = 256 };
static struct {
  const char *name;
  int round;
} tests[Most];
static unsigned count;

/* NAME:ROUND, as the environment has it. */
static const char *labelOf(const char *name, int round) {
  static char label[256];
  (void)snprintf(label, sizeof label, "%s:%d", name, round);
  return label;
}

int unitWants(const char *name, int round) {
  const char *mine = getenv(VARIABLE);
  if (mine != NULL)
    return strcmp(mine, labelOf(name, round)) == 0;
  if (count == Most) {
    fprintf(stderr, "unit: more than %d tests\n", (int)Most);
    exit(EXIT_FAILURE);
  }
  tests[count].name = name;
  tests[count++].round = round;
  return 0;
}

static int runAlone(const char *label) {
  char setting[300];
  int status;
  (void)snprintf(setting, sizeof setting, VARIABLE "=%s", label);
  (void)_putenv(setting);
  markChild();
  fflush(stdout);
  status = (int)_spawnl(_P_WAIT, _pgmptr, _pgmptr, NULL);
  return status == 0 && !markChildEnded() ? -1 : status;
}

static int runEach(void) {
  unsigned i, failed = 0;
  for (i = 0; i < count; ++i) {
    const char *label = labelOf(tests[i].name, tests[i].round);
    const int status = runAlone(label);
    if (status != 0) {
      ++failed;
      printf("%s: status %#x\n", label, (unsigned)status);
    }
  }
  printf("%u tests, failed %u\n", count, failed);
  return failed == 0 && count != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int unitRun(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  int failed, ran;
  if (getenv(VARIABLE) == NULL) {
    srunner_free(runner);
    return runEach();
  }
  srunner_run_all(runner, CK_SILENT);
  ran = srunner_ntests_run(runner);
  failed = srunner_ntests_failed(runner);
  if (failed != 0)
    srunner_print(runner, CK_NORMAL);
  srunner_free(runner);
  return failed == 0 && ran != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
