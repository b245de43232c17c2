/* SPDX-License-Identifier: BSD-2-Clause
 *
 * two_copies.c -- two copies of the library and a collector's own MutatorContext
 *
 * F9.  C89, C11 and C++.  ORDER says which header comes first, and whose hook.  The copies are
 * called one_ and two_; the library without a prefix is not linked.
 */

/* The order is the point. */
/* clang-format off */
#if ORDER == 1
#include <one_mutator.h>
#include "mps.h"
#include <two_mutator.h>
#elif ORDER == 2
#include <two_mutator.h>
#include <one_mutator.h>
#include "mps.h"
#else
#include "mps.h"
#include <one_mutator.h>
#include <two_mutator.h>
#endif
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "system.h"

#define COPY(name) one_##name
#include "copy.inc"
#undef COPY
#define COPY(name) two_##name
#include "copy.inc"
#undef COPY

/* Whose hook is installed first, and so is behind the other's. */
#if ORDER == 2
#define FIRST(name) two_##name
#define SECOND(name) one_##name
#else
#define FIRST(name) one_##name
#define SECOND(name) two_##name
#endif

/* The collector's own functions keep their names. */
Bool MutatorContextCheck(MutatorContext context) { return context != NULL && context->sig == MutatorContextSig; }
Res MutatorContextInitFault(MutatorContext context, void *info, void *ucontext) {
  (void)info;
  context->sig = MutatorContextSig;
  context->var = MutatorContextFAULT;
  context->ucontext = ucontext;
  return 0;
}

static int fail(const char *what) {
  fprintf(stderr, "two_copies: %s\n", what);
  return 1;
}

int main(void) {
  MutatorContextStruct collectors;
  int i;
  (void)MutatorContextInitFault(&collectors, NULL, NULL);
  if (!MutatorContextCheck(&collectors))
    return fail("the collector's own context");
  if (one_MutatorContextCheck((one_MutatorContext)NULL))
    return fail("one_MutatorContextCheck");
  if (strcmp(one_MutatorVersion(), two_MutatorVersion()) != 0)
    return fail("versions");
  if (strcmp(one_MutatorResName(one_MutatorResOK), "one_MutatorResOK") != 0)
    return fail("one_MutatorResName");
  if (!FIRST(begin)())
    return fail("setting up the first copy");
  if (!SECOND(begin)())
    return fail("setting up the second copy");
  for (i = 1; i <= 1000; i++) {
    if (!FIRST(use)(i))
      return fail("a step of the first copy, behind the second's hook");
    if (!SECOND(use)(-i))
      return fail("a step of the second copy");
  }
  if (FIRST(MutatorFaultFinish)() != (SystemANYORDER ? FIRST(MutatorResOK) : FIRST(MutatorResBUSY)))
    return fail("the first copy's hook is not on top");
  if (SystemANYORDER && !SECOND(use)(7))
    return fail("a step of the second copy, alone");
  if (SECOND(MutatorFaultFinish)() != SECOND(MutatorResOK))
    return fail("taking the second copy's hook away");
  if (!SystemANYORDER && !FIRST(use)(7))
    return fail("a step of the first copy, alone");
  if (!SystemANYORDER && FIRST(MutatorFaultFinish)() != FIRST(MutatorResOK))
    return fail("taking the first copy's hook away");
  if (one_stepped + two_stepped != 4002)
    return fail("each access stepped once, by its own copy");
  printf("two copies: %u and %u steps\n", one_stepped, two_stepped);
  return 0;
}
