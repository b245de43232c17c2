/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K6_system_calls.c -- a system call does not write to a closed unit; after MutatorBackstepTouch it does, and is undone
 */

#include "support/backstep_test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static unsigned visits, closed;

static void fillPipe(void) { CHECK(write(ends[1], "outside!", 8) == 8, "pipe"); }

static void mutator(void) {
  char *to = (char *)backstepTest.base + nativePageSize() - 4;
  MutatorTick(BACKSTEP);
  CHECK(memcmp(to, "\0\0\0\0\0\0\0\0", 8) == 0, "not rewound");
  fillPipe();
  if (read(ends[0], to, 8) < 0) {
    CHECK(errno == EFAULT, "errno %d", errno);
    closed++;
    CHECK(MutatorBackstepTouch(BACKSTEP, to, to + 8) == MutatorResOK, "touch");
    CHECK(read(ends[0], to, 8) == 8, "read after touch: errno %d", errno);
  }
  CHECK(memcmp(to, "outside!", 8) == 0, "what was read");
  BACKSTEP_EXPECT(units, >= 2);
  if (++visits < 5)
    (void)MutatorBackstepTo(BACKSTEP, 1);
}

int main(void) {
  CHECK(pipe(ends) == 0, "pipe");
  backstepTestMake(4);
  backstepTest.options.density = 1;
  backstepTestRun(mutator);
  CHECK(visits == 5 && closed == 5, "%u visits, %u of them closed", visits, closed);
  return 0;
}
