/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9: four threads trap and are injected into while a profiling timer
 * interrupts them everywhere; its handler traps too
 */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "support/fault_test.h"
#include "support/posix/x86_64/inject_handler.h"
#include "support/posix/x86_64/inject_trial.h"

enum { Threads = 4, Rounds = 1000 };

static unsigned long called, storms, nested, refusals;
static _Thread_local TrialStruct *running;

/* Traps of the trials are skipped to their end, those of the storm by their two bytes. */
static void skip(MutatorContext context) {
  MutatorWord pc;
  unsigned char *at = MutatorContextPC(context);
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "PC");
  pc = running != NULL && at == running->trap ? (MutatorWord)at + running->trapSize : pc + 2;
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc) == MutatorResOK, "PC");
}

static void callback(MutatorContext context, void *closure) {
  static _Thread_local uint64_t seed = 1;
  (void)closure;
  __atomic_fetch_add(MutatorInjectDepth() == 1 ? &called : &nested, 1, __ATOMIC_RELAXED);
  trialDirty(&seed);
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
  __asm__ volatile("pushf\n andl $0xfffbffff, (%%rsp)\n popf" ::: "cc", "memory");
  __atomic_fetch_add(&storms, 1, __ATOMIC_RELAXED);
  if (running != NULL)
    __asm__ volatile("ud2");
}

static void *thread(void *second) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options,
                                              .back = second != NULL ? MutatorInjectBackTRAP : MutatorInjectBackAUTO};
  void *area = injectHandlerAttach(8, &options);
  TrialStruct trial;
  uint64_t seed = (uint64_t)(uintptr_t)&trial;
  unsigned i;
  CHECK(MutatorFaultStackInstall() == MutatorResOK, "stack");
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  for (i = 0; i < Rounds; i++) {
    trialRandom(&trial, &seed, 0);
    trial.data->in.reg[4] = (uint64_t)(uintptr_t)trial.stack + TrialSTACK - 256;
    memcpy((void *)(uintptr_t)(trial.data->in.reg[4] - sizeof trial.redZone), trial.redZone, sizeof trial.redZone);
    running = &trial;
    trialRun(&trial);
    running = NULL;
    CHECK(trialDiffers(&trial) == NULL, "round %u: %s differs", i, trialDiffers(&trial));
  }
  CHECK(MutatorFaultStackRemove() == MutatorResOK, "stack");
  injectHandlerDetach(area);
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
