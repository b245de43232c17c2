/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9: four threads trap and are injected into while a profiling timer
 * interrupts them everywhere; its handler traps too
 */

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

enum { Threads = 4, Rounds = 1000 };

static unsigned long called, storms, nested, refusals;
static _Thread_local TrialStruct *running;

/* Traps of the trials are skipped to their end, those of the storm by their two bytes. */
static void skip(MutatorContext context) {
  if (running != NULL && MutatorContextPC(context) == running->trap)
    trialSkip(running, context);
  else
    injectSkip(context, 2);
}

static void callback(MutatorContext context, void *closure) {
  static _Thread_local uint64_t seed = 1;
  (void)closure;
  __atomic_fetch_add(MutatorInjectDepth() == 1 ? &called : &nested, 1, __ATOMIC_RELAXED);
  injectDirty(&seed);
  skip(context);
}

static void refused(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal) {
  /* On the alternate stack, where the storm has interrupted a handler, there is little room. */
  CHECK(res == MutatorResLIMIT, "result %d, refusal %d", res, (int)refusal);
  __atomic_fetch_add(&refusals, 1, __ATOMIC_RELAXED);
  skip(context);
}

/* On the thread's own stack: the trampoline's is below it. */
static void storm(int signal) {
  (void)signal;
  injectClearAC();
  __atomic_fetch_add(&storms, 1, __ATOMIC_RELAXED);
  if (running != NULL)
    __asm__ volatile("ud2");
}

static void *thread(void *second) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options,
                                              .back = second != NULL ? MutatorInjectBackTRAP : MutatorInjectBackAUTO};
  void *area = injectAttach(8, &options);
  TrialStruct trial;
  uint64_t seed = (uint64_t)(uintptr_t)&trial;
  unsigned i;
  CHECK(MutatorFaultStackInstall() == MutatorResOK, "stack");
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  for (i = 0; i < Rounds; i++) {
    trialRandom(&trial, &seed, 0);
    trialStackAt(&trial, trial.stack + TrialSTACK - 256);
    running = &trial;
    trialRun(&trial);
    running = NULL;
    CHECK(trialDiffers(&trial) == NULL, "round %u: %s differs", i, trialDiffers(&trial));
  }
  CHECK(MutatorFaultStackRemove() == MutatorResOK, "stack");
  injectDetach(area, 8);
  return NULL;
}

int main(void) {
  const struct itimerval timer = {{0, 1000}, {0, 1000}};
  struct sigaction action;
  pthread_t threads[Threads];
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  injectHandlerInstall(callback, NULL);
  injectHandler.refused = refused;
  memset(&action, 0, sizeof action);
  action.sa_handler = storm;
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGPROF, &action, NULL) == 0 && setitimer(ITIMER_PROF, &timer, NULL) == 0, "timer");
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&threads[i], NULL, thread, i % 2 != 0 ? (void *)threads : NULL) == 0, "thread");
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  CHECK(setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 0}}, NULL) == 0, "timer");
  CHECK(called + nested >= (unsigned long)Threads * Rounds, "%lu calls", called);
  CHECK(storms > 0 && injectHandler.returned > 0, "%lu storms, %lu second traps", storms, injectHandler.returned);
  return 0;
}
