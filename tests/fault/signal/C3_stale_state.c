/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C3_stale_state.c -- after a real fault, a kill(SIGSEGV) has no address, no error code, and is not handled
 *
 * Trap number and error code in a signal frame are those of the thread's
 * latest exception, whenever that was.
 */

#include "support/fault_test.h"

#include <string.h>
#include <unistd.h>

static unsigned char *page;
static volatile unsigned stepped, sent;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)closure;
  CHECK(context != NULL && address == page + 8 && access == MutatorAccessWRITE, "the real fault, at %p", address);
  CHECK(MutatorFaultStep(context) == MutatorResOK, "the real fault");
  stepped++;
  return MutatorFaultHANDLED;
}

static void previous(int signal, siginfo_t *info, void *pointer) {
  MutatorContextStruct context;
  void *address = &address;
  MutatorWord code = 77;
  const NativeStopStruct stop = {signal, info, pointer};
  CHECK(signal == SIGSEGV && info->si_code == SI_USER && info->si_pid == getpid(), "as it was sent");
  CHECK((nativeErrorCode(&stop) & 2) != 0, "the record is not stale: the test shows nothing");
  CHECK(MutatorContextInitFault(&context, info, pointer) == MutatorResOK, "InitFault");
  CHECK(MutatorContextKind(&context) == MutatorFaultKindASYNC, "kind %d", (int)MutatorContextKind(&context));
  CHECK(MutatorContextAddress(&context, &address) == MutatorResFAIL && address == &address, "no address");
  CHECK(MutatorContextErrorCode(&context, &code) == MutatorResFAIL && code == 77, "no error code");
  CHECK(MutatorContextAccess(&context) == MutatorAccessNONE, "no access");
  CHECK(!MutatorContextCanStepInstruction(&context), "not stepped");
  CHECK(MutatorContextDecline(&context) == MutatorDeclineASYNC, "not stepped");
  sent++;
}

int main(void) {
  static MutatorFaultRangeStruct range;
  static MutatorWindowStruct window;
  struct sigaction action;
  unsigned i;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = previous;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  page = MutatorWindowBase(&window);
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), callback, NULL, &window) == MutatorResOK, "add");
  nativeProtect(page, nativePageSize(), NativeNONE);
  for (i = 1; i <= 3; i++) {
    __asm__ volatile("mov %1, 8(%0)" : : "r"(page), "r"((MutatorWord)i) : "memory");
    CHECK(stepped == i, "%u steps", stepped);
    CHECK(kill(getpid(), SIGSEGV) == 0, "kill");
    CHECK(sent == i && stepped == i, "%u signals, %u steps", sent, stepped);
  }
  return 0;
}
