/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9: bad arguments, areas and contexts are refused with a reason, and nothing changes
 */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/x86/native.h"
#include "support/fault_test.h"
#include "support/posix/x86_64/inject_handler.h"

static unsigned long called;

static void skip(MutatorContext context) {
  MutatorWord pc;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "PC");
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc + 2) == MutatorResOK, "PC");
}

static void callback(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  skip(context);
}

/* what a handler is refused -------------------------------------------------- */

static void (*inHandler)(siginfo_t *info, ucontext_t *ucontext);

static void onSignal(int signal, siginfo_t *info, void *ucontext) {
  (void)signal;
  if (!MutatorFaultRecover(info, ucontext))
    inHandler(info, ucontext);
}

static void install(int signal, void (*function)(siginfo_t *, ucontext_t *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  inHandler = function;
  CHECK(sigaction(signal, &action, NULL) == 0, "sigaction");
}

/* Refused with that, and the record is the same to the byte. */
static void expect(siginfo_t *info, ucontext_t *ucontext, MutatorRes res, MutatorInjectRefusal reason) {
  const ucontext_t before = *ucontext;
  MutatorInjectRefusal refusal = MutatorInjectRefusalLIMIT;
  MutatorContextStruct context;
  MutatorRes got;
  CHECK(MutatorContextInitFault(&context, info, ucontext) == MutatorResOK, "context");
  got = MutatorInject(&context, callback, NULL, &refusal);
  CHECK(got == res && refusal == reason, "result %d, refusal %d; not %d, %d", got, (int)refusal, res, (int)reason);
  CHECK(memcmp(&before, ucontext, sizeof before) == 0, "the record has changed");
  CHECK(!MutatorInjectReturn(&context), "taken for a second trap");
}

static void sent(siginfo_t *info, ucontext_t *ucontext) {
  expect(info, ucontext, MutatorResUNIMPL, MutatorInjectRefusalASYNC);
}

static void unattached(siginfo_t *info, ucontext_t *ucontext) {
  expect(info, ucontext, MutatorResSTATE, MutatorInjectRefusalSETUP);
  ucontext->uc_mcontext.gregs[REG_RIP] += 2;
}

static void manyThings(siginfo_t *info, ucontext_t *ucontext) {
  MutatorContextStruct context;
  MutatorInjectRefusal refusal;
  ucontext_t copy = *ucontext;
  CHECK(MutatorContextInitThread(&context, ucontext) == MutatorResOK, "context");
  CHECK(MutatorInject(&context, callback, NULL, &refusal) == MutatorResPARAM, "a THREAD context");
  CHECK(MutatorContextInitFault(&context, info, ucontext) == MutatorResOK, "context");
  CHECK(MutatorInject(&context, NULL, NULL, &refusal) == MutatorResPARAM, "no callback");
  CHECK(MutatorInject(NULL, callback, NULL, &refusal) == MutatorResPARAM, "no context");
  CHECK(!MutatorInjectReturn(NULL), "no context is a second trap");

  copy.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)mutatorNativeInjectEntry;
  expect(info, &copy, MutatorResUNIMPL, MutatorInjectRefusalOWNCODE);
  copy.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)mutatorNativeInjectEnd - 1;
  expect(info, &copy, MutatorResUNIMPL, MutatorInjectRefusalOWNCODE);
  copy = *ucontext;
  copy.uc_mcontext.gregs[REG_CSGSFS] = (copy.uc_mcontext.gregs[REG_CSGSFS] & ~(greg_t)0xffff) | 0x23;
  expect(info, &copy, MutatorResUNIMPL, MutatorInjectRefusalSTATE);
  copy = *ucontext;
  copy.uc_mcontext.fpregs = NULL;
  expect(info, &copy, MutatorResUNIMPL, MutatorInjectRefusalSTATE);
  copy = *ucontext;
  copy.uc_mcontext.gregs[REG_RSP] = 4096;
  expect(info, &copy, MutatorResLIMIT, MutatorInjectRefusalROOM);
  copy.uc_mcontext.gregs[REG_RSP] = -4096;
  expect(info, &copy, MutatorResLIMIT, MutatorInjectRefusalROOM);
  ucontext->uc_mcontext.gregs[REG_RIP] += 2;
}

/* areas ---------------------------------------------------------------------- */

static void *other(void *area) {
  CHECK(MutatorInjectAttach(area, MutatorInjectAreaSize(1), NULL) == MutatorResBUSY, "another thread's area");
  CHECK(MutatorInjectDetach() == MutatorResSTATE, "detached without an area");
  CHECK(MutatorInjectDepth() == 0, "depth");
  return NULL;
}

static void options(unsigned char *area, size_t size) {
  static unsigned char stack[32768];
  MutatorInjectOptionsStruct bad[] = {
      {.size = 8},
      {.size = sizeof bad[0], .back = (MutatorInjectBack)9},
      {.size = sizeof bad[0], .stack = stack, .stackSize = 100},
      {.size = sizeof bad[0], .stack = NULL, .stackSize = 32768},
      {.size = sizeof bad[0], .stack = (void *)~(uintptr_t)4095, .stackSize = 32768},
  };
  size_t i;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
    CHECK(MutatorInjectAttach(area, size, &bad[i]) == MutatorResPARAM, "options %zu", i);
}

static void areas(void) {
  const size_t size = MutatorInjectAreaSize(1);
  unsigned char *area = aligned_alloc(64, size * 2);
  pthread_t thread;
  CHECK(area != NULL && size % 64 == 0, "%zu bytes", size);
  memset(area, 0, size * 2);
  CHECK(MutatorInjectAreaSize(0) == 0 && MutatorInjectAreaSize(65) == 0, "sizes");
  CHECK(MutatorInjectAreaSize(64) > 63 * (size - 512), "sizes");
  CHECK(MutatorInjectAttach(NULL, size, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorInjectAttach(area + 8, size, NULL) == MutatorResPARAM, "misaligned");
  CHECK(MutatorInjectAttach(area, size - 1, NULL) == MutatorResPARAM, "too small");
  options(area, size);
  CHECK(MutatorInjectAttach(area, size, NULL) == MutatorResOK, "attach");
  CHECK(MutatorInjectAttach(area + size, size, NULL) == MutatorResSTATE, "twice");
  CHECK(pthread_create(&thread, NULL, other, area) == 0 && pthread_join(thread, NULL) == 0, "thread");
  CHECK(MutatorInjectDetach() == MutatorResOK, "detach");
  CHECK(MutatorInjectDetach() == MutatorResSTATE, "detach twice");
  free(area);
}

static void detachInside(MutatorContext context, void *closure) {
  called++;
  (void)closure;
  CHECK(MutatorInjectDetach() == MutatorResBUSY, "detached under its feet");
  skip(context);
}

/* A callback that returns after it gave up its injection, whose frame has served another. */
static void returning(MutatorContext context, void *closure) {
  (void)closure;
  if (MutatorInjectDepth() == 1 && called++ == 0) {
    CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
    return;
  }
  skip(context);
}

static void lost(void) {
  int status;
  const pid_t child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0) {
    (void)injectHandlerAttach(1, NULL);
    called = 0;
    injectHandlerInstall(returning, NULL);
    (void)signal(SIGSEGV, SIG_DFL);
    __asm__ volatile("ud2");
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %#x",
        status);
}

int main(void) {
  unsigned char memory[64 * 3];
  CHECK(MutatorInjectAttach((void *)((uintptr_t)(memory + 63) & ~(uintptr_t)63), 64, NULL) == MutatorResPARAM,
        "before set-up, too small");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  areas();
  install(SIGILL, unattached);
  __asm__ volatile("ud2");
  {
    void *area = injectHandlerAttach(1, NULL);
    install(SIGSEGV, manyThings);
    install(SIGILL, manyThings);
    __asm__ volatile("ud2");
    install(SIGILL, sent);
    CHECK(raise(SIGILL) == 0, "raise");
    CHECK(called == 0, "called all the same");
    injectHandlerInstall(detachInside, NULL);
    __asm__ volatile("ud2");
    CHECK(called == 1, "not called");
    injectHandlerDetach(area);
  }
  lost();
  return 0;
}
