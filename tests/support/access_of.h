/* SPDX-License-Identifier: BSD-2-Clause
 *
 * access_of.h -- which instruction of a native routine is the access that may fault
 */

#ifndef tests_support_access_of_h
#define tests_support_access_of_h

#include "arch/x86/native.h"

/* The first that the fix-up table lists at or after the routine's beginning. */
static inline MutatorWord accessOf(NativeLoad routine) {
  const MutatorWord begin = (MutatorWord)mutatorNativeBegin;
  MutatorWord first = ~(MutatorWord)0;
  const int32_t *pair;
  for (pair = mutatorNativeFixups; pair < mutatorNativeFixupsEnd; pair += 2) {
    const MutatorWord access = begin + (MutatorWord)(intptr_t)pair[0];
    if (access >= (MutatorWord)routine && access < first)
      first = access;
  }
  return first;
}

#endif
