/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject_handler.c -- a client's own handler that injects a call at every trap
 */

#include "support/posix/x86_64/inject_handler.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fault_test.h"

InjectHandlerStruct injectHandler;

static void unexpected(MutatorContext context, MutatorInjectRefusal refusal) {
  static unsigned count;
  fprintf(stderr, "refused: %d, kind %d, pc %p\n", (int)refusal, (int)MutatorContextKind(context),
          MutatorContextPC(context));
  _exit(++count > 10 ? 3 : 2);
}

static void inject(MutatorContext context) {
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  const MutatorRes res = MutatorInject(context, injectHandler.callback, injectHandler.closure, &refusal);
  if (res == MutatorResOK)
    __atomic_fetch_add(&injectHandler.injected, 1, __ATOMIC_RELAXED);
  else if (injectHandler.refused != NULL)
    injectHandler.refused(context, res, refusal);
  else
    unexpected(context, refusal);
}

static void handler(int signal, siginfo_t *info, void *ucontext) {
  MutatorContextStruct context;
  /* The kernel leaves AC to the handler, and C code may make misaligned accesses. */
  __asm__ volatile("pushf\n andl $0xfffbffff, (%%rsp)\n popf" ::: "cc", "memory");
  (void)signal;
  if (MutatorFaultRecover(info, ucontext))
    return;
  if (MutatorContextInitFault(&context, info, ucontext) != MutatorResOK)
    _exit(2);
  if (MutatorInjectReturn(&context))
    __atomic_fetch_add(&injectHandler.returned, 1, __ATOMIC_RELAXED);
  else
    inject(&context);
}

void injectHandlerInstall(MutatorInjectCallback callback, void *closure) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  struct sigaction action;
  size_t i;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  injectHandler.callback = callback;
  injectHandler.closure = closure;
  injectHandler.injected = injectHandler.returned = 0;
  for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
    CHECK(sigaction(signals[i], &action, NULL) == 0, "sigaction");
}

void *injectHandlerAttach(unsigned depth, const MutatorInjectOptionsStruct *options) {
  const size_t size = MutatorInjectAreaSize(depth);
  void *area = aligned_alloc(64, (size + 63) / 64 * 64);
  MutatorRes res;
  CHECK(area != NULL && size != 0, "no area");
  memset(area, 0, size);
  res = MutatorInjectAttach(area, size, options);
  CHECK(res == MutatorResOK, "attach: %d", res);
  return area;
}

void injectHandlerDetach(void *area) {
  const MutatorRes res = MutatorInjectDetach();
  CHECK(res == MutatorResOK, "detach: %d", res);
  free(area);
}
