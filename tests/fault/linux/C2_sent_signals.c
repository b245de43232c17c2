/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_sent_signals.c -- what kill, raise, sigqueue, tgkill and timers send is ASYNC, and never handled
 *
 * Each signal is sent to a process with the library's hook in front of the
 * program's own handler, which must get it as it was sent.
 */

#include "support/fault_test.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
  volatile int signal; /* the latest */
  volatile unsigned count;
  siginfo_t info;
} seen;

static void check(MutatorContext context) {
  MutatorInstructionStruct instruction;
  void *address = &address;
  MutatorWord code = 77;
  CHECK(MutatorContextKind(context) == MutatorFaultKindASYNC, "kind %d", (int)MutatorContextKind(context));
  CHECK(MutatorContextAddress(context, &address) == MutatorResFAIL && address == &address, "no address");
  CHECK(MutatorContextErrorCode(context, &code) == MutatorResFAIL && code == 77, "no error code");
  CHECK(MutatorContextAccess(context) == MutatorAccessNONE, "no access");
  CHECK(MutatorContextAccessSource(context) == MutatorSourceNONE, "no access");
  CHECK(!MutatorContextCanStepInstruction(context), "not stepped");
  CHECK(MutatorContextDecline(context) == MutatorDeclineASYNC, "not stepped");
  CHECK(MutatorContextStepInstruction(context) == MutatorResUNIMPL, "not stepped");
  (void)MutatorContextDecode(context, &instruction); /* may have an answer, must not crash */
}

static void handler(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  seen.signal = signal;
  seen.count++;
  seen.info = *info;
  CHECK(MutatorContextInitFault(&context, info, ucontext) == MutatorResOK, "InitFault");
  check(&context);
  CHECK(!MutatorFaultRecover(info, ucontext), "nothing to recover from");
  CHECK(!MutatorFaultDispatch(signal, info, ucontext), "never handled");
}

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)context;
  (void)access;
  (void)closure;
  CHECK(0, "a callback for address %p", address);
  return MutatorFaultHANDLED;
}

static void install(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(signal, &action, NULL) == 0, "sigaction");
}

static void byTimer(int signal) {
  struct itimerspec soon;
  struct sigevent event;
  timer_t timer;
  memset(&soon, 0, sizeof soon);
  memset(&event, 0, sizeof event);
  soon.it_value.tv_nsec = 1000000;
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
  CHECK(timer_settime(timer, 0, &soon, NULL) == 0, "timer_settime");
  while (seen.count == 0)
    continue;
  (void)timer_delete(timer);
}

static void expect(int signal, int code, const char *how) {
  CHECK(seen.count == 1 && seen.signal == signal, "%s: signal %d arrived %u times", how, signal, seen.count);
  CHECK(seen.info.si_code == code, "%s: code %d", how, seen.info.si_code);
  seen.count = 0;
}

static void everyWay(int signal) {
  const union sigval value = {.sival_int = 42};
  CHECK(kill(getpid(), signal) == 0, "kill");
  expect(signal, SI_USER, "kill");
  CHECK(raise(signal) == 0, "raise");
  expect(signal, SI_TKILL, "raise");
  CHECK(sigqueue(getpid(), signal, value) == 0, "sigqueue");
  CHECK(seen.info.si_value.sival_int == 42, "sigqueue: the value");
  expect(signal, SI_QUEUE, "sigqueue");
  CHECK(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal) == 0, "tgkill");
  expect(signal, SI_TKILL, "tgkill");
  byTimer(signal);
  expect(signal, SI_TIMER, "timer");
}

int main(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  static MutatorFaultRangeStruct range;
  MutatorCountersStruct before, after;
  size_t i;
  for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
    install(signals[i]);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "MutatorFaultSetup");
  /* Everything a stale or misread siginfo could name. */
  CHECK(MutatorFaultRangeAdd(&range, NULL, (void *)0x7ffffffff000, callback, NULL, NULL) == MutatorResOK, "RangeAdd");
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
    everyWay(signals[i]);
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(after.handled == before.handled, "nothing was handled");
  CHECK(after.steps == before.steps, "nothing was stepped");
  return 0;
}
