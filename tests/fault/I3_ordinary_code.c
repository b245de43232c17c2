/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I3: the callback may allocate, print, lock, fault, be injected into as deep
 * as the area allows, and leave for good
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/fault_test.h"
#include "support/inject.h"

enum { Depth = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long called, deepest, refusals;
static MutatorInjectRefusal latest;
static jmp_buf outside;

/* UD2, two bytes. */
static void trap(void) { __asm__ volatile("ud2" ::: "memory"); }

static void skip(MutatorContext context) { injectSkip(context, 2); }

static void ordinary(MutatorContext context, void *closure) {
  char *text = malloc(4096);
  (void)closure;
  called++;
  CHECK(text != NULL, "malloc");
  CHECK(pthread_mutex_lock(&lock) == 0, "lock");
  snprintf(text, 4096, "%s at %p", "called", MutatorContextPC(context));
  puts(text);
  CHECK(pthread_mutex_unlock(&lock) == 0, "unlock");
  free(text);
  skip(context);
}

/* Every one but the last traps again. */
static void nested(MutatorContext context, void *closure) {
  const unsigned depth = MutatorInjectDepth();
  (void)closure;
  called++;
  if (depth > deepest)
    deepest = depth;
  trap();
  CHECK(MutatorInjectDepth() == depth, "depth %u after the nested one, not %u", MutatorInjectDepth(), depth);
  skip(context);
}

static void refused(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal) {
  CHECK(res == MutatorResLIMIT, "result %d", res);
  refusals++;
  latest = refusal;
  skip(context);
}

static void leave(MutatorContext context, void *closure) {
  (void)context, (void)closure;
  called++;
  CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
  longjmp(outside, 1);
}

/* Abandoned from two deep: the outer one too. */
static void leaveTwo(MutatorContext context, void *closure) {
  (void)context, (void)closure;
  called++;
  if (MutatorInjectDepth() < 2)
    trap();
  CHECK(MutatorInjectAbandon() == MutatorResOK && MutatorInjectAbandon() == MutatorResOK, "abandon");
  CHECK(MutatorInjectAbandon() == MutatorResSTATE, "a third");
  longjmp(outside, 1);
}

static void away(MutatorInjectCallback callback, unsigned count) {
  volatile unsigned i;
  injectHandlerInstall(callback, NULL);
  for (i = 0; i < count; i++)
    if (setjmp(outside) == 0)
      trap();
  CHECK(MutatorInjectDepth() == 0, "depth");
}

static void run(const MutatorInjectOptionsStruct *options) {
  void *area = injectAttach(Depth, options);
  called = deepest = refusals = 0;
  injectHandler.refused = NULL;
  injectHandlerInstall(ordinary, NULL);
  trap();
  CHECK(called == 1, "%lu calls", called);

  injectHandlerInstall(nested, NULL);
  injectHandler.refused = refused;
  trap();
  CHECK(called == 1 + Depth && deepest == Depth && refusals == 1, "%lu calls, %lu deep, %lu refused", called, deepest,
        refusals);
  CHECK(latest == MutatorInjectRefusalDEPTH, "refusal %d", (int)latest);
  injectHandler.refused = NULL;

  away(leave, 100);
  away(leaveTwo, 100);
  injectHandlerInstall(ordinary, NULL);
  trap();
  injectDetach(area, Depth);
}

int main(void) {
  static _Alignas(16) unsigned char stack[65536];
  const MutatorInjectOptionsStruct private = {.size = sizeof private, .stack = stack, .stackSize = sizeof stack};
  const MutatorInjectOptionsStruct second = {.size = sizeof second, .back = MutatorInjectBackTRAP};
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorInjectAbandon() == MutatorResSTATE, "abandon without an area");
  run(NULL);
  run(&second);
  run(&private);
  return 0;
}
