/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/reporter.c -- a crash reporter and we (F2)
 *
 * reporter ORDER [crash]
 *
 * The reporter is ours, and behaves as the usual ones do: one handler for
 * every fatal signal, on an alternate stack, with all of them blocked and
 * without SA_NODEFER.  It may ask a first-chance handler whether the fault is
 * somebody's; otherwise it reports it, puts the default action back, and
 * returns, so that the process dies at the fault.
 *
 * reporter-first  we are in front: it sees what is nobody's, and nothing else
 * reporter-looks  it was there before, and yet looks first (earlierFirst): what has a range it leaves alone
 * reporter-last   it is in front, with MutatorFaultDispatch as its first-chance handler
 * alone           without us, for comparison
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "neighbour.h"
#include "watch.h"

#define ROUNDS 500
#define THREADS 3

static const int fatal[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS, SIGTRAP};
#define FATAL (sizeof fatal / sizeof fatal[0])

static MutatorBool (*firstChance)(int signal, siginfo_t *info, ucontext_t *ucontext);
static MutatorBool looksFirst;
static volatile unsigned long reports, looks;

/* the reporter -------------------------------------------------------------------- */

static void report(const siginfo_t *info, const ucontext_t *ucontext) {
  (void)__atomic_add_fetch(&reports, 1, __ATOMIC_RELAXED);
  (void)dprintf(STDOUT_FILENO, "report signal=%d pc=%#llx address=%p\n", info->si_signo,
                (unsigned long long)ucontext->uc_mcontext.gregs[REG_RIP], info->si_addr);
}

static MutatorBool hasRange(const siginfo_t *info) {
  MutatorFaultRange range;
  return MutatorFaultRangeFind(info->si_addr, &range) == MutatorResOK;
}

static void reporterHandler(int signal, siginfo_t *info, void *pointer) {
  struct sigaction action;
  (void)__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
  if (firstChance != NULL && firstChance(signal, info, pointer))
    return;
  if (looksFirst && hasRange(info))
    return;
  report(info, pointer);
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  (void)sigaction(signal, &action, NULL);
  /* A fault comes again by itself; what was sent must be sent again. */
  if (info->si_code <= 0 || signal == SIGABRT)
    (void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

static void reporterSetup(void) {
  static unsigned char memory[1 << 16] __attribute__((aligned(16)));
  const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
  struct sigaction action;
  size_t i;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = reporterHandler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (i = 0; i < FATAL; ++i)
    (void)sigaddset(&action.sa_mask, fatal[i]);
  NEIGHBOUR_CHECK(sigaltstack(&stack, NULL) == 0, "sigaltstack");
  for (i = 0; i < FATAL; ++i)
    NEIGHBOUR_CHECK(sigaction(fatal[i], &action, NULL) == 0, "sigaction %d", fatal[i]);
}

/* both ------------------------------------------------------------------------------ */

static void *user(void *argument) {
  neighbourUse((unsigned)(MutatorWord)argument, ROUNDS);
  return argument;
}

static void together(void) {
  pthread_t threads[THREADS];
  MutatorWord i;
  for (i = 0; i < THREADS; ++i)
    NEIGHBOUR_CHECK(pthread_create(&threads[i], NULL, user, (void *)(i + 1)) == 0, "thread");
  neighbourUse(0, ROUNDS);
  for (i = 0; i < THREADS; ++i)
    (void)pthread_join(threads[i], NULL);
}

static void setup(const char *order) {
  if (strcmp(order, "reporter-first") == 0) {
    reporterSetup();
    neighbourSetup();
    NEIGHBOUR_CHECK(neighbourOnTop(), "we are in front");
  } else if (strcmp(order, "reporter-looks") == 0) {
    reporterSetup();
    neighbourSetupBehind();
    looksFirst = 1;
  } else if (strcmp(order, "reporter-last") == 0) {
    neighbourSetup();
    reporterSetup();
    firstChance = MutatorFaultDispatch;
    NEIGHBOUR_CHECK(!neighbourOnTop(), "the reporter is in front");
  } else {
    NEIGHBOUR_CHECK(strcmp(order, "alone") == 0, "an order, not %s", order);
    reporterSetup();
  }
}

int main(int argc, char **argv) {
  NEIGHBOUR_CHECK(argc >= 2, "usage: reporter ORDER [crash]");
  setup(argv[1]);
  if (strcmp(argv[1], "alone") != 0) {
    neighbourOpen();
    together();
    NEIGHBOUR_CHECK(neighbourSteps() == 8 * ROUNDS * (THREADS + 1), "%lu steps", neighbourSteps());
  }
  NEIGHBOUR_CHECK(reports == 0, "%lu reports of faults that were ours", reports);
  NEIGHBOUR_CHECK(looks == (firstChance != NULL || looksFirst ? neighbourSteps() : 0),
                  "the reporter was called %lu times", looks);
  if (argc > 2)
    neighbourCrash();
  watchCrashes(argv[1], SIGSEGV, 1, "report signal=11 pc=0x%p address=0x%A\n");
  (void)printf("%lu steps, none of them reported; the crash was\n", neighbourSteps());
  return 0;
}
