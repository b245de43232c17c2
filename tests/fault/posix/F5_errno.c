/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F5_errno.c -- a fault leaves errno as it was, handled, declined or dispatched by another
 */

#include "support/fault_test.h"

#include <errno.h>
#include <string.h>

static unsigned char *page;
static MutatorFaultResult answer;
static volatile unsigned calls, previousCalls, dispatched;

static MutatorFaultResult spoil(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  CHECK(++calls < 10, "the same fault for ever");
  errno = 1000;
  if (answer == MutatorFaultHANDLED)
    nativeProtect(page, nativePageSize(), NativeREADWRITE);
  errno = 1001;
  return answer;
}

static void previous(int signal) {
  CHECK(signal == SIGSEGV && errno == 42, "the previous handler sees errno %d", errno);
  previousCalls++;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
}

static void onTop(int signal, siginfo_t *info, void *ucontext) {
  CHECK(MutatorFaultDispatch(signal, info, ucontext), "handled");
  CHECK(errno == 42, "after the dispatch errno is %d", errno);
  dispatched++;
}

static void fault(MutatorFaultResult its) {
  answer = its;
  nativeProtect(page, nativePageSize(), NativeNONE);
  errno = 42;
  *(volatile unsigned char *)page = 1;
  CHECK(errno == 42, "errno is %d", errno);
}

int main(void) {
  static MutatorFaultRangeStruct range;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = previous;
  action.sa_flags = SA_ONSTACK;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), spoil, NULL, NULL) == MutatorResOK, "add");
  fault(MutatorFaultHANDLED);
  CHECK(calls == 1 && previousCalls == 0, "handled");
  fault(MutatorFaultDECLINED);
  CHECK(calls == 2 && previousCalls == 1, "declined");
  fault((MutatorFaultResult)-1);
  CHECK(calls == 3 && previousCalls == 2, "an unknown answer declines");

  action.sa_sigaction = onTop;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  fault(MutatorFaultHANDLED);
  CHECK(calls == 4 && dispatched == 1, "dispatched by the handler on top");
  return 0;
}
