/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I2: the callback runs off the alternate stack, and with the thread's signal mask
 */

#include <pthread.h>
#include <signal.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

static unsigned long called;

static void callback(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  stack_t stack;
  sigset_t mask;
  called++;
  CHECK(sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0, "no alternate stack");
  CHECK((stack.ss_flags & SS_ONSTACK) == 0, "on the alternate stack");
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0, "mask");
  CHECK(sigismember(&mask, SIGUSR1) == 1, "the thread's mask is not in force");
  CHECK(sigismember(&mask, SIGUSR2) == 0 && sigismember(&mask, SIGSEGV) == 0 && sigismember(&mask, SIGILL) == 0,
        "a signal is blocked");
  trialSkip(trial, context);
}

static void run(MutatorInjectBack back) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectAttach(1, &options);
  uint64_t seed = 7;
  unsigned trap;
  for (trap = 0; trap < TrialTrapLIMIT; trap++) {
    TrialStruct trial;
    sigset_t mask;
    trialNew(&trial, (TrialTrap)trap, faultTestPageNew(FaultTestPageNOACCESS));
    trialRandom(&trial, &seed, 0);
    injectHandlerInstall(callback, &trial);
    trialRun(&trial);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, SIGUSR1) == 1 &&
              sigismember(&mask, SIGUSR2) == 0,
          "the mask has changed");
    trialDelete(&trial);
  }
  injectDetach(area, 1);
}

int main(void) {
  sigset_t mask;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  CHECK(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0, "mask");
  run(MutatorInjectBackAUTO);
  run(MutatorInjectBackTRAP);
  CHECK(called == 2 * TrialTrapLIMIT, "%lu calls", called);
  return 0;
}
