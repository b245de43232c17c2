/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F1_setup_finish.c -- the hook goes in once, comes out only from the top, and leaves what was there
 */

#include "support/fault_test.h"

#include <string.h>

static unsigned char *page;
static volatile unsigned calls;

static MutatorFaultResult open_(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  calls++;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

static void other(int signal, siginfo_t *info, void *ucontext) {
  (void)signal;
  (void)info;
  (void)ucontext;
  faultTestFail(__FILE__, __LINE__, "not called", "a handler that must not be called");
}

static struct sigaction actionOf(int signal) {
  struct sigaction action;
  CHECK(sigaction(signal, NULL, &action) == 0, "sigaction");
  return action;
}

static void install(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = other;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  (void)sigaddset(&action.sa_mask, SIGUSR1);
  CHECK(sigaction(signal, &action, NULL) == 0, "sigaction");
}

static void expectOther(int signal) {
  struct sigaction action = actionOf(signal);
  CHECK(action.sa_sigaction == other &&
            (action.sa_flags & (SA_SIGINFO | SA_RESTART | SA_ONSTACK)) == (SA_SIGINFO | SA_RESTART),
        "signal %d: the previous handler and its flags", signal);
  CHECK(sigismember(&action.sa_mask, SIGUSR1) == 1 && sigismember(&action.sa_mask, SIGUSR2) == 0, "its mask");
}

static void fault(unsigned expected) {
  nativeProtect(page, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)page = 1;
  CHECK(calls == expected, "%u calls", calls);
}

static void expectHook(int signal) {
  struct sigaction action = actionOf(signal);
  const int flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  CHECK(action.sa_sigaction != other && (action.sa_flags & flags) == flags, "signal %d: the hook", signal);
}

int main(void) {
  static MutatorFaultRangeStruct range;
  struct sigaction hook;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  install(SIGSEGV);
  install(SIGBUS);
  CHECK(MutatorFaultFinish() == MutatorResSTATE, "not installed");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorFaultSetup(NULL) == MutatorResOK, "setup twice");
  expectHook(SIGSEGV);
  expectHook(SIGBUS);
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), open_, NULL, NULL) == MutatorResOK, "add");
  fault(1);

  hook = actionOf(SIGSEGV);
  install(SIGSEGV);
  CHECK(MutatorFaultFinish() == MutatorResBUSY, "somebody is on top");
  expectOther(SIGSEGV);
  expectHook(SIGBUS);
  CHECK(sigaction(SIGSEGV, &hook, NULL) == 0, "sigaction");
  fault(2);

  CHECK(MutatorFaultFinish() == MutatorResOK, "finish");
  expectOther(SIGSEGV);
  expectOther(SIGBUS);
  CHECK(MutatorFaultFinish() == MutatorResSTATE, "finished");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup again");
  fault(3);
  return 0;
}
