/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F4_alternate_stack.c -- alternate stacks: size, guard page, whose they are
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/posix/posix.h"
#include "support/fault_test.h"

static MutatorRes inHandler[2];
static unsigned char small[16384], large[1 << 20];

static stack_t current(void) {
  stack_t stack;
  CHECK(sigaltstack(NULL, &stack) == 0, "sigaltstack");
  return stack;
}

static void use(void *base, size_t size) {
  stack_t stack = {.ss_sp = base, .ss_size = size, .ss_flags = base == NULL ? SS_DISABLE : 0};
  CHECK(sigaltstack(&stack, NULL) == 0, "sigaltstack");
}

static MutatorBool writable(void *address) {
  int ends[2];
  ssize_t count;
  CHECK(pipe(ends) == 0 && write(ends[1], "", 1) == 1, "pipe");
  count = read(ends[0], address, 1);
  (void)close(ends[0]);
  (void)close(ends[1]);
  return count == 1;
}

static void handler(int signal) {
  (void)signal;
  inHandler[0] = MutatorFaultStackInstall();
  inHandler[1] = MutatorFaultStackRemove();
}

static void onStack(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && raise(SIGUSR1) == 0, "raise");
  CHECK(inHandler[0] == MutatorResSTATE && inHandler[1] == MutatorResSTATE, "while it is in use");
}

static void *thread(void *closure) {
  stack_t stack;
  unsigned char *base;
  (void)closure;
  use(NULL, 0);
  CHECK(MutatorFaultStackRemove() == MutatorResSTATE, "none");
  CHECK(MutatorFaultStackInstall() == MutatorResOK, "install");
  stack = current();
  base = stack.ss_sp;
  CHECK((stack.ss_flags & SS_DISABLE) == 0, "enabled");
  CHECK(stack.ss_size >= 6 * (mutatorPosixFrameSize() + 16384), "%zu bytes", stack.ss_size);
  CHECK(writable(base) && writable(base + stack.ss_size - 1), "all of it");
  errno = 0;
  CHECK(!writable(base - 1) && !writable(base - nativePageSize()), "the guard page");
  CHECK(MutatorFaultStackInstall() == MutatorResOK && current().ss_sp == stack.ss_sp, "idempotent");
  onStack();
  CHECK(MutatorFaultStackRemove() == MutatorResOK, "remove");
  CHECK((current().ss_flags & SS_DISABLE) != 0, "none is left");
  CHECK(!writable(base), "freed");
  CHECK(MutatorFaultStackRemove() == MutatorResSTATE, "removed twice");

  use(large, sizeof large);
  CHECK(MutatorFaultStackInstall() == MutatorResOK && current().ss_sp == (void *)large, "a big one is kept");
  CHECK(MutatorFaultStackRemove() == MutatorResSTATE && current().ss_sp == (void *)large, "and not ours");
  onStack();

  use(small, sizeof small);
  CHECK(MutatorFaultStackInstall() == MutatorResOK && current().ss_sp != (void *)small, "a small one is replaced");
  onStack();
  CHECK(MutatorFaultStackRemove() == MutatorResOK && current().ss_sp == (void *)small, "and comes back");

  CHECK(mutatorOSStackInstall(2, 8192) == MutatorResOK && mutatorOSStackInstall(8, 8192) == MutatorResOK,
        "a larger one of ours");
  CHECK(MutatorFaultStackRemove() == MutatorResOK && current().ss_sp == (void *)small, "the thread's own comes back");

  CHECK(MutatorFaultStackInstall() == MutatorResOK, "install");
  base = current().ss_sp;
  use(large, sizeof large);
  CHECK(MutatorFaultStackRemove() == MutatorResSTATE && current().ss_sp == (void *)large,
        "somebody else's is left alone");
  CHECK(!writable(base), "ours is freed");
  use(NULL, 0);
  return NULL;
}

int main(void) {
  pthread_t other;
  CHECK(MutatorFaultStackInstall() == MutatorResSTATE, "before set-up");
  CHECK(MutatorSetup(NULL) == MutatorResOK, "set-up");
  CHECK(pthread_create(&other, NULL, thread, NULL) == 0 && pthread_join(other, NULL) == 0, "thread");
  (void)thread(NULL);
  return 0;
}
