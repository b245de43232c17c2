/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I3: a suspended thread can be made to call a function, and goes on with what
 * it was doing; one that is inside a system call cannot, nor one that nobody suspended
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cc/atomic.h"
#include "support/fault_test.h"
#include "support/inject.h"

enum { Rounds = 300 };

static MutatorThreadStruct thread;
static void *area;
static AtomicWord ready, stop, sums, called, sleeping;
static MutatorThread callee;

static void callback(MutatorContext context, void *closure) {
  CHECK(closure == &called, "closure");
  CHECK(MutatorContextVariety(context) == MutatorContextTHREAD, "variety");
  CHECK(MutatorThreadSelf() == callee, "on another thread");
  (void)atomicAdd(&called, 1);
}

/* A sum that comes out wrong when any register has changed under way. */
static uint64_t sum(uint64_t from) {
  uint64_t a = from, b = from + 1, c = from + 2, d = from + 3;
  double x = 1, y = 2;
  unsigned i;
  for (i = 0; i < 200000; i++) {
    a = a * 6364136223846793005u + b;
    b ^= a >> 7;
    c += b * 3;
    d = d * c + 1;
    x = x * 1.0000001 + y;
    y = y * 0.9999999;
  }
  return a ^ b ^ c ^ d ^ (uint64_t)x ^ (uint64_t)(y * 1e6);
}

static void *worker(void *closure) {
  const uint64_t expected = sum(7);
  (void)closure;
  CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  area = injectAttach(2, NULL);
  callee = &thread;
  atomicStore(&ready, 1);
  while (!atomicLoad(&stop)) {
    const uint64_t got = sum(7);
    CHECK(got == expected, "sum %#llx, not %#llx", (unsigned long long)got, (unsigned long long)expected);
    (void)atomicAdd(&sums, 1);
  }
  atomicStore(&sleeping, 1);
  nativeSleep(1500);
  injectDetach(area, 2);
  CHECK(MutatorThreadDeregister(&thread) == MutatorResOK, "deregister");
  return NULL;
}

/* Another thread's area, another thread, and a context that is not its latest. */
static void wrongThread(MutatorContext context) {
  static MutatorThreadStruct stranger;
  MutatorContextStruct later;
  MutatorInjectRefusal refusal;
  void *mine = injectAttach(2, NULL);
  CHECK(MutatorInjectThread(&thread, context, mine, callback, NULL, &refusal) == MutatorResPARAM, "my area");
  injectDetach(mine, 2);
  CHECK(MutatorInjectThread(&stranger, context, area, callback, NULL, &refusal) == MutatorResPARAM, "a stranger");
  CHECK(MutatorThreadContext(&thread, &later) == MutatorResOK, "context");
  CHECK(MutatorInjectThread(&thread, context, area, callback, NULL, &refusal) == MutatorResSTATE, "an old context");
  CHECK(MutatorThreadContext(&thread, context) == MutatorResOK, "context");
}

static void readAll(MutatorContext context, MutatorWord value[MutatorRegisterLIMIT]) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)reg, &value[reg]) == MutatorResOK, "register %u", reg);
}

static void badArguments(MutatorContext context) {
  MutatorWord before[MutatorRegisterLIMIT], behind[MutatorRegisterLIMIT];
  MutatorContextStruct other;
  MutatorInjectRefusal refusal;
  memset(&other, 0, sizeof other);
  readAll(context, before);
  CHECK(MutatorInjectThread(NULL, context, area, callback, NULL, &refusal) == MutatorResPARAM, "no thread");
  CHECK(MutatorInjectThread(&thread, NULL, area, callback, NULL, &refusal) == MutatorResPARAM, "no context");
  CHECK(MutatorInjectThread(&thread, &other, area, callback, NULL, &refusal) == MutatorResPARAM, "no context");
  CHECK(MutatorInjectThread(&thread, context, NULL, callback, NULL, &refusal) == MutatorResPARAM, "no area");
  CHECK(MutatorInjectThread(&thread, context, area, NULL, NULL, &refusal) == MutatorResPARAM, "no callback");
  wrongThread(context);
  readAll(context, behind);
  CHECK(memcmp(before, behind, sizeof before) == 0, "the context has changed");
}

static void rounds(void) {
  MutatorContextStruct context;
  unsigned long injected = 0, refused = 0;
  MutatorInjectRefusal refusal;
  unsigned i;
  for (i = 0; i < Rounds; i++) {
    MutatorRes res;
    CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
    CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
    if (i == 0)
      badArguments(&context);
    res = MutatorInjectThread(&thread, &context, area, callback, &called, &refusal);
    CHECK(res == MutatorResOK || (res == MutatorResUNIMPL && refusal == MutatorInjectRefusalSYSTEMCALL),
          "result %d, refusal %d", res, (int)refusal);
    if (res == MutatorResOK)
      injected++;
    else
      refused++;
    CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
    CHECK(MutatorInjectThread(&thread, &context, area, callback, &called, &refusal) == MutatorResSTATE,
          "a thread that is running");
    while (atomicLoad(&called) < injected)
      nativeSleep(0);
  }
  printf("%lu injected, %lu refused\n", injected, refused);
  CHECK(injected > Rounds / 2, "%lu of %d injected", injected, Rounds);
}

static void inSystemCall(void) {
  MutatorWord before[MutatorRegisterLIMIT], behind[MutatorRegisterLIMIT];
  MutatorContextStruct context;
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  while (!atomicLoad(&sleeping))
    nativeSleep(1);
  nativeSleep(200);
  CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  readAll(&context, before);
  CHECK(MutatorInjectThread(&thread, &context, area, callback, &called, &refusal) == MutatorResUNIMPL &&
            refusal == MutatorInjectRefusalSYSTEMCALL,
        "a thread asleep: refusal %d", (int)refusal);
  readAll(&context, behind);
  CHECK(memcmp(before, behind, sizeof before) == 0, "the context has changed");
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
}

int main(void) {
  pthread_t id;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "threads");
  CHECK(pthread_create(&id, NULL, worker, NULL) == 0, "thread");
  while (!atomicLoad(&ready))
    nativeSleep(1);
  rounds();
  atomicStore(&stop, 1);
  inSystemCall();
  CHECK(pthread_join(id, NULL) == 0, "join");
  CHECK(atomicLoad(&sums) > 0, "no sums");
  return 0;
}
