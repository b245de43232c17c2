/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9, I5: threads trap and are injected into, while another suspends them
 * wherever they are, callback included, scans their injections, and injects a
 * call of its own
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cc/atomic.h"
#include "support/fault_test.h"
#include "support/inject_trial.h"

enum { Threads = 3, Depth = 6, Rounds = 300, SecondsMOST = 8 };

typedef struct WorkerStruct {
  MutatorThreadStruct thread;
  TrialStruct trial;
  void *area;
  MutatorWord called;
  uint64_t seed;
  MutatorWord visits;
} WorkerStruct, *Worker;

static WorkerStruct workers[Threads];
static AtomicWord ready, stop, visited;
static unsigned char *page;
static unsigned long refusals[MutatorInjectRefusalLIMIT], injected, nested, scanned;

static Worker self(void) {
  Worker worker = workers;
  while (worker < workers + Threads && &worker->thread != MutatorThreadSelf())
    worker++;
  CHECK(worker < workers + Threads, "no worker");
  return worker;
}

/* At a trap: ordinary code. */
static void callback(MutatorContext context, void *closure) {
  Worker worker = self();
  void *area = closure;
  CHECK(area == page, "closure");
  worker->called++;
  injectDirty(&worker->seed);
  trialSkip(&worker->trial, context);
}

/* On a thread that was suspended: async-signal-safe. */
static void visit(MutatorContext context, void *closure) {
  Worker worker = closure;
  CHECK(MutatorContextVariety(context) == MutatorContextTHREAD, "variety");
  CHECK(MutatorThreadSelf() == &worker->thread, "on another thread");
  injectDirty(&(uint64_t){worker->visits++});
  (void)atomicAdd(&visited, 1);
}

static MutatorFaultResult onTrap(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  MutatorInjectRefusal refusal;
  (void)handler;
  CHECK(MutatorInject(context, callback, closure, &refusal) == MutatorResOK, "refused: %d, PC %p", (int)refusal,
        MutatorContextPC(context));
  return MutatorFaultHANDLED;
}

static const char *differs(const TrialStruct *trial) {
  return NATIVE_SUSPENSION_KEEPS_VECTORS ? trialDiffers(trial) : trialGeneralDiffers(trial);
}

static void *work(void *closure) {
  Worker worker = closure;
  const MutatorInjectOptionsStruct options = {
      .size = sizeof options, .back = worker == workers ? MutatorInjectBackTRAP : MutatorInjectBackAUTO};
  MutatorWord rounds = 0;
  CHECK(MutatorThreadRegister(&worker->thread) == MutatorResOK, "register");
  worker->area = injectAttach(Depth, &options);
  worker->seed = (uint64_t)(worker - workers) + 1;
  trialNew(&worker->trial, TrialTrapREAD, page);
  (void)atomicAdd(&ready, 1);
  for (; !atomicLoad(&stop); rounds++) {
    trialRandom(&worker->trial, &worker->seed, 0);
    trialRun(&worker->trial);
    CHECK(differs(&worker->trial) == NULL, "round %u: %s differs", (unsigned)rounds, differs(&worker->trial));
  }
  CHECK(worker->called == rounds, "%u calls in %u rounds", (unsigned)worker->called, (unsigned)rounds);
  CHECK(MutatorInjectDepth() == 0, "depth");
  injectDetach(worker->area, Depth);
  CHECK(MutatorThreadDeregister(&worker->thread) == MutatorResOK, "deregister");
  return NULL;
}

static MutatorRes count(void *base, void *limit, void *closure) {
  CHECK(base < limit, "an empty stretch");
  ++*(unsigned *)closure;
  return MutatorResOK;
}

static void visitOne(Worker worker) {
  MutatorContextStruct context;
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  unsigned stretches = 0;
  MutatorRes res;
  CHECK(MutatorThreadSuspend(&worker->thread, 10000) == MutatorResOK, "suspend");
  CHECK(MutatorThreadContext(&worker->thread, &context) == MutatorResOK, "context");
  CHECK(MutatorInjectScan(worker->area, count, &stretches) == MutatorResOK, "scan");
  scanned += stretches != 0;
  res = MutatorInjectThread(&worker->thread, &context, worker->area, visit, worker, &refusal);
  CHECK((res == MutatorResOK) == (refusal == MutatorInjectRefusalNONE), "result %d, refusal %d", res, (int)refusal);
  CHECK(refusal != MutatorInjectRefusalSETUP && refusal != MutatorInjectRefusalASYNC, "refusal %d", (int)refusal);
  refusals[refusal]++;
  nested += res == MutatorResOK && stretches != 0;
  injected += res == MutatorResOK;
  CHECK(MutatorThreadResume(&worker->thread) == MutatorResOK, "resume");
}

int main(void) {
  static MutatorFaultHandlerStruct handler;
  pthread_t threads[Threads];
  unsigned i, rounds;
  double end;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "threads");
  CHECK(MutatorFaultHandlerAdd(&handler, 10, onTrap, page) == MutatorResOK, "handler");
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0, "thread");
  while (atomicLoad(&ready) < Threads)
    nativeSleep(1);
  end = nativeSeconds() + SecondsMOST;
  for (i = 0; i < Rounds && nativeSeconds() < end; i++)
    visitOne(&workers[i % Threads]);
  rounds = i;
  atomicStore(&stop, 1);
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  printf("%lu injected, %lu of them on top of another; %lu scanned; refused:", injected, nested, scanned);
  for (i = 1; i < MutatorInjectRefusalLIMIT; i++)
    printf(" %lu", refusals[i]);
  printf("\n");
  CHECK(atomicLoad(&visited) == injected, "%u visits, %lu injections", (unsigned)atomicLoad(&visited), injected);
  /* Most of the time they are in the system, on their way to a handler or back. */
  CHECK(injected > rounds / 32, "%lu injections", injected);
  return 0;
}
