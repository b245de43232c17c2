/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K5_many_stretches.c -- every second page of 300 MiB is written, and the library keeps to its limit of stretches
 */

#include "fault/stretches.h"

int main(void) {
  stretchesRun(8192);
  CHECK(stretchesCoarsened > 0, "nothing was opened along");
  return 0;
}
