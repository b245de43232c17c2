/* SPDX-License-Identifier: BSD-2-Clause
 *
 * consumer.c -- the smallest program that needs the whole library
 */

#include <mutator.h>
#include <stdio.h>

int main(void) {
  MutatorRes res = MutatorFaultSetup(NULL);
  printf("mutator %s: %s\n", MutatorVersion(), MutatorResName(res));
  if (res != MutatorResOK)
    return 1;
  return MutatorFaultFinish() == MutatorResOK ? 0 : 1;
}
