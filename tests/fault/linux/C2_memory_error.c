/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_memory_error.c -- memory that has failed is reported as MEMORY, forwarded, and never stepped or recovered from
 *
 * No machine fails on request: the siginfo of a real fault is changed.
 */

#include "support/fault_test.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/access_of.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);

static volatile unsigned forwarded;
static siginfo_t sent;

static void checkError(MutatorContext context, const siginfo_t *info) {
  void *address = NULL;
  CHECK(MutatorContextKind(context) == MutatorFaultKindMEMORY, "code %d", info->si_code);
  CHECK(MutatorContextAddress(context, &address) == MutatorResOK && address == info->si_addr, "code %d", info->si_code);
  CHECK(!MutatorContextCanStepInstruction(context), "code %d", info->si_code);
  CHECK(MutatorContextDecline(context) == MutatorDeclineKIND, "code %d", info->si_code);
  CHECK(MutatorContextStepInstruction(context) == MutatorResUNIMPL, "code %d", info->si_code);
}

/* A fault of the library's own access, if the memory had not failed. */
static void checkRecovery(siginfo_t *info, ucontext_t *ucontext) {
  MutatorWord pc = nativeUcontextGet(ucontext, MutatorRegisterPC);
  siginfo_t real = *info;
  real.si_signo = SIGSEGV;
  real.si_code = SEGV_ACCERR;
  nativeUcontextSet(ucontext, MutatorRegisterPC, accessOf(mutatorNativeLoad8));
  CHECK(!MutatorFaultRecover(info, ucontext), "failed memory");
  CHECK(nativeUcontextGet(ucontext, MutatorRegisterPC) == accessOf(mutatorNativeLoad8), "failed memory");
  CHECK(MutatorFaultRecover(&real, ucontext), "the test is right about the address");
  nativeUcontextSet(ucontext, MutatorRegisterPC, pc);
}

static MutatorBool probe(FaultTestStop stop) {
  static const int codes[] = {BUS_MCEERR_AR, BUS_MCEERR_AO};
  MutatorContextStruct context;
  siginfo_t info = *stop->native.info;
  size_t i;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "the real fault");
  info.si_signo = SIGBUS;
  for (i = 0; i < 2; i++) {
    info.si_code = codes[i];
    CHECK(MutatorContextInitFault(&context, &info, stop->native.ucontext) == MutatorResOK, "InitFault");
    checkError(&context, &info);
    checkRecovery(&info, stop->native.ucontext);
  }
  return 0;
}

static void previous(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  CHECK(signal == SIGBUS && info->si_code == sent.si_code && info->si_addr == sent.si_addr, "as it was sent");
  CHECK(MutatorContextInitFault(&context, info, ucontext) == MutatorResOK, "InitFault");
  checkError(&context, info);
  forwarded++;
}

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)context;
  (void)access;
  (void)closure;
  CHECK(0, "a callback for failed memory at %p", address);
  return MutatorFaultHANDLED;
}

static void sendThroughHook(unsigned char *page) {
  static const int codes[] = {BUS_MCEERR_AR, BUS_MCEERR_AO};
  static MutatorFaultRangeStruct range;
  struct sigaction action;
  size_t i;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = previous;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(SIGBUS, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), callback, NULL, NULL) == MutatorResOK, "add");
  for (i = 0; i < 2; i++) {
    memset(&sent, 0, sizeof sent);
    sent.si_signo = SIGBUS;
    sent.si_code = codes[i];
    sent.si_addr = page + 16;
    CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGBUS, &sent) == 0, "rt_tgsigqueueinfo");
    CHECK(forwarded == i + 1, "code %d: forwarded %u times", codes[i], forwarded);
  }
}

int main(void) {
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, NULL);
  sendThroughHook(page);
  return 0;
}
