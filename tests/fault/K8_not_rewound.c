/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K8_not_rewound.c -- what the header lists as not rewound is not; region, stack and registers are
 */

#include "support/backstep_test.h"

#include <errno.h>
#include <stdlib.h>

static volatile unsigned statics;
static _Thread_local volatile unsigned threads;
static volatile unsigned *allocated;

static void mutator(void) {
  volatile unsigned *rewound = (volatile unsigned *)(void *)backstepTest.base;
  volatile unsigned onStack = 0;
  MutatorTick(BACKSTEP);
  CHECK(*rewound == 0 && onStack == 0, "region %u, stack %u", *rewound, onStack);
  CHECK(statics == threads && statics == *allocated, "%u, %u, %u", statics, threads, *allocated);
  CHECK(statics == 0 || errno == 1000 + (int)statics, "errno %d", errno);
  ++*rewound;
  ++onStack;
  ++statics;
  ++threads;
  ++*allocated;
  errno = 1000 + (int)statics;
  if (statics < 10)
    (void)MutatorBackstepTo(BACKSTEP, 1);
  CHECK(statics == 10 && *rewound == 1 && onStack == 1, "%u, %u, %u", statics, *rewound, onStack);
}

int main(void) {
  allocated = calloc(1, sizeof *allocated);
  backstepTestMake(1);
  backstepTestRun(mutator);
  return 0;
}
