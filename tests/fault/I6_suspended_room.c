/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I6: a suspended thread's stack has room as far as it can grow, though nobody
 * has touched it yet, and its guard is left alone; beyond that it is refused
 */

#include <pthread.h>
#include <string.h>

#include "cc/atomic.h"
#include "support/fault_test.h"
#include "support/inject.h"

enum { Deep = 192 << 10, Threads = 8, FrameSIZE = 2048 };

static MutatorThreadStruct thread;
static void *area;
static AtomicWord ready, called, stop;

static unsigned descend(unsigned left) {
  volatile unsigned char frame[FrameSIZE];
  memset((void *)(uintptr_t)frame, (int)left, sizeof frame);
  return left == 0 ? frame[7] : descend(left - 1) + frame[left % sizeof frame];
}

static void callback(MutatorContext context, void *closure) {
  (void)context, (void)closure;
  CHECK(descend(Deep / FrameSIZE * 3 / 4) != 0, "sum");
  (void)atomicAdd(&called, 1);
}

static void *work(void *room) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .room = *(const size_t *)room};
  MutatorWord turns = 0;
  CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  area = injectAttach(1, &options);
  atomicStore(&ready, 1);
  while (!atomicLoad(&stop))
    turns++;
  injectDetach(area, 1);
  /* The guard is there still: the stack can grow. */
  CHECK(turns != 0 && descend(2 * Deep / FrameSIZE) != 0, "sum");
  CHECK(MutatorThreadDeregister(&thread) == MutatorResOK, "deregister");
  return NULL;
}

static void run(size_t room, MutatorRes expected) {
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  MutatorContextStruct context;
  pthread_t id;
  MutatorRes res;
  atomicStore(&ready, 0);
  atomicStore(&stop, 0);
  atomicStore(&called, 0);
  memset(&thread, 0, sizeof thread);
  CHECK(pthread_create(&id, NULL, work, &room) == 0, "thread");
  while (!atomicLoad(&ready))
    nativeSleep(1);
  nativeSleep(10);
  CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  res = MutatorInjectThread(&thread, &context, area, callback, NULL, &refusal);
  CHECK(res == expected, "%u bytes: result %d, refusal %d", (unsigned)room, res, (int)refusal);
  CHECK(refusal == (expected == MutatorResOK ? MutatorInjectRefusalNONE : MutatorInjectRefusalROOM), "refusal %d",
        (int)refusal);
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  while (expected == MutatorResOK && atomicLoad(&called) == 0)
    nativeSleep(1);
  atomicStore(&stop, 1);
  CHECK(pthread_join(id, NULL) == 0, "join");
}

int main(void) {
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "threads");
  for (i = 0; i < Threads; i++)
    run(Deep, MutatorResOK);
  run((size_t)1 << 30, MutatorResLIMIT);
  return 0;
}
