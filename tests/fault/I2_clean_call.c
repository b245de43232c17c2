/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I2: the callback finds what any function finds: an aligned stack that is not
 * the alternate one, the direction flag clear, default floating-point control,
 * the thread's signal mask; errno is kept
 */

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "support/fault_test.h"
#include "support/posix/x86_64/inject_handler.h"
#include "support/posix/x86_64/inject_trial.h"

static unsigned char *private;
enum { PrivateSIZE = 65536 };
static unsigned long called;

static void checkMask(void) {
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0, "mask");
  CHECK(sigismember(&mask, SIGUSR1) == 1, "the thread's mask is not in force");
  CHECK(sigismember(&mask, SIGUSR2) == 0 && sigismember(&mask, SIGSEGV) == 0, "a signal is blocked");
}

static void checkStack(const TrialStruct *trial) {
  stack_t stack;
  const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  CHECK(sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) == 0, "on the alternate stack");
  /* A frame's address is 16-byte aligned when the caller's stack was. */
  CHECK(here % 16 == 0, "frame at %p", (void *)here);
  if (private != NULL)
    CHECK(here - (uintptr_t) private < PrivateSIZE, "not on the private stack");
  else
    CHECK(here - (uintptr_t)trial->stack < TrialSTACK, "not on the thread's stack");
}

__attribute__((noinline)) static void callback(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  uint16_t control;
  uintptr_t flags;
  __asm__ volatile("fnstcw %0\n pushf\n pop %1" : "=m"(control), "=r"(flags));
  called++;
  CHECK(control == 0x037f, "x87 control word %#x", control);
  CHECK(_mm_getcsr() == 0x1f80, "MXCSR %#x", _mm_getcsr());
  CHECK((flags & 0x40500) == 0, "flags %#lx: AC, DF or TF", (unsigned long)flags);
  checkStack(trial);
  checkMask();
  errno = EPIPE;
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)(trial->trap + trial->trapSize)) ==
            MutatorResOK,
        "PC");
}

static void run(MutatorInjectBack back) {
  const MutatorInjectOptionsStruct options = {
      .size = sizeof options, .back = back, .stack = private, .stackSize = private != NULL ? PrivateSIZE : 0};
  void *area = injectHandlerAttach(1, &options);
  uint64_t seed = 7;
  unsigned trap;
  for (trap = 0; trap < TrialTrapLIMIT; trap++) {
    TrialStruct trial;
    trialNew(&trial, (TrialTrap)trap, faultTestPageNew(FaultTestPageNOACCESS));
    trialRandom(&trial, &seed, 0);
    trial.data->in.flags |= 0x40400;
    injectHandlerInstall(callback, &trial);
    errno = ENOENT;
    trialRun(&trial);
    CHECK(errno == ENOENT, "errno %d", errno);
    CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  }
  injectHandlerDetach(area);
}

int main(void) {
  sigset_t mask;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  CHECK(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0, "mask");
  run(MutatorInjectBackAUTO);
  run(MutatorInjectBackTRAP);
  private = aligned_alloc(4096, PrivateSIZE);
  CHECK(private != NULL, "no stack");
  run(MutatorInjectBackAUTO);
  run(MutatorInjectBackTRAP);
  CHECK(called == 4 * TrialTrapLIMIT, "%lu calls", called);
  return 0;
}
