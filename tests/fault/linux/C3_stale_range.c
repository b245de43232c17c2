/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C3_stale_range.c -- after faults in a range, signals that only look like one of them are not offered to it
 *
 * A thread sends itself the record of a real fault with another signal or code; the trap number and
 * the error code are still the real one's.  Each reaches the previous handler, and the range is not asked.
 */

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/fault_test.h"

static unsigned char *page;
static volatile unsigned asked, previous;
static siginfo_t real;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range, (void)closure;
  CHECK(context != NULL && address == page && access == MutatorAccessWRITE, "the fault");
  asked++;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

static void before(int signal, siginfo_t *info, void *ucontext) {
  (void)signal, (void)ucontext;
  previous++;
  real = *info;
}

static void fault(void) {
  nativeProtect(page, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)page = 1;
}

static void send(int signal, int code) {
  siginfo_t forged;
  const unsigned was = previous;
  memset(&forged, 0, sizeof forged);
  fault(); /* whose trap number and error code stay behind */
  CHECK(asked == 1, "a real one: %u", asked);
  asked = 0;
  forged.si_signo = signal;
  forged.si_code = code;
  forged.si_addr = page;
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), signal, &forged) != 0)
    faultTestSkip("rt_tgsigqueueinfo: %s", strerror(errno));
  CHECK(asked == 0, "signal %d, code %d: the range was asked", signal, code);
  CHECK(previous == was + 1, "signal %d, code %d: the previous handler was called %u times", signal, code,
        previous - was);
  CHECK(real.si_signo == signal && real.si_code == code && real.si_addr == page, "as it was sent");
}

int main(void) {
  static MutatorFaultRangeStruct range;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = before;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), callback, NULL, NULL) == MutatorResOK, "add");
  fault();
  asked = 0;
  send(SIGSEGV, SI_QUEUE);
  send(SIGSEGV, SI_TKILL);
  send(SIGSEGV, SI_USER);
  send(SIGSEGV, SI_KERNEL);
  send(SIGBUS, BUS_ADRALN);
  send(SIGSEGV, 3);
  return 0;
}
