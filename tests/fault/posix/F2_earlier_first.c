/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_earlier_first.c -- with earlierFirst an earlier handler answers first, in whatever way it declines
 *
 * Handlers decline in two ways: those that return, and those that restore the
 * default action and return, to die of the fault when it comes again.
 */

#include "support/fault_test.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char *ours, *theirs, *nobodys;
static MutatorFaultRangeStruct range;
static volatile unsigned calls, previousCalls;
static volatile MutatorBool restores;
static sigset_t inCallback;

static MutatorFaultResult callback(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)of;
  (void)context;
  (void)access;
  (void)closure;
  CHECK(address == ours && errno == 42, "address %p, errno %d", address, errno);
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &inCallback) == 0, "mask");
  calls++;
  faultTestProtect(ours, faultTestPageSize(), 3);
  return MutatorFaultHANDLED;
}

/* Its own faults it cures by a register: the next page, which is open. */
static void previous(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  previousCalls++;
  if (info->si_code > 0 && info->si_addr == theirs) {
    faultTestSet(ucontext, FaultTestDI, (MutatorWord)theirs + faultTestPageSize());
    return;
  }
  if (restores) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    CHECK(sigaction(signal, &action, NULL) == 0, "sigaction");
  }
}

static void store(unsigned char *address) {
  errno = 42;
  __asm__ volatile("movb $1, (%0)" : "+D"(address) : : "memory");
  CHECK(errno == 42, "errno %d", errno);
}

static void install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = previous;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  (void)sigaddset(&action.sa_mask, SIGUSR1);
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
}

static void both(void) {
  unsigned i;
  for (i = 0; i < 3; i++) {
    calls = previousCalls = 0;
    store(theirs);
    CHECK(previousCalls == 1 && calls == 0, "theirs: %u and %u", previousCalls, calls);
    faultTestProtect(ours, faultTestPageSize(), 0);
    store(ours);
    CHECK(previousCalls == 2 && calls == 1, "ours: %u and %u", previousCalls, calls);
    CHECK(sigismember(&inCallback, SIGUSR1) == 0 && sigismember(&inCallback, SIGSEGV) == 0, "the hook blocks nothing");
  }
}

/* What is nobody's kills, as it would have without us. */
static void dies(void) {
  int status;
  pid_t child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0) {
    (void)alarm(20);
    store(nobodys);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child, "waitpid");
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %#x", (unsigned)status);
}

/* The library's own expected faults are no business of the handler's. */
static void recovers(void) {
  uint64_t word;
  previousCalls = 0;
  faultTestProtect(ours, faultTestPageSize(), 0);
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), &word, ours, 8) == MutatorResACCESS, "load");
  CHECK(previousCalls == 0, "it was asked");
}

int main(void) {
  MutatorFaultOptionsStruct options;
  MutatorCountersStruct before, after;
  ours = faultTestPageNew(FaultTestPageNOACCESS);
  theirs = faultTestPageNew(FaultTestPageNOACCESS);
  nobodys = faultTestPageNew(FaultTestPageNOACCESS);
  install();
  CHECK(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  options.earlierFirst = 1;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, ours, ours + faultTestPageSize(), callback, NULL, NULL) == MutatorResOK, "add");
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  both();
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.faults - before.faults == 3 && after.handled - before.handled == 3, "theirs never reach us");
  recovers();
  restores = 1;
  both();
  dies();
  CHECK(MutatorFaultFinish() == MutatorResOK, "the hook is on top again");

  /* The other order: the library answers before it, and theirs are forwarded. */
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  calls = previousCalls = 0;
  faultTestProtect(ours, faultTestPageSize(), 0);
  store(ours);
  CHECK(previousCalls == 0 && calls == 1, "ours: %u and %u", previousCalls, calls);
  store(theirs);
  CHECK(previousCalls == 1 && calls == 1, "theirs: %u and %u", previousCalls, calls);
  return 0;
}
