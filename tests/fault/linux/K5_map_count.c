/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K5_map_count.c -- without a limit of the library's own, the kernel's is met (vm.max_map_count), and nothing is lost
 */

#include "fault/stretches.h"

int main(void) {
  stretchesRun((size_t)1 << 30);
  if (stretchesCoarsened == 0)
    faultTestSkip("300 MiB do not exhaust vm.max_map_count");
  return 0;
}
