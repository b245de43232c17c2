/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_fork_bare.c -- a child that ran no atfork handlers
 *
 * C13: a bare clone(2) has the windows and the open /proc/self/mem of its parent;
 * it must not write into it.
 */

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"

static MutatorWindowStruct windows[MutatorWindowForkLIMIT];
static volatile unsigned word = 7;

static MutatorRes storeThrough(MutatorWindow window, unsigned value) {
  return MutatorMemoryStore(MutatorWindowMemory(window), MutatorWindowBase(window), &value, sizeof value);
}

static void child(void) {
  MutatorMemory process = MutatorMemoryProcess();
  unsigned value = 8;
  void *alias;
  CHECK(storeThrough(&windows[MutatorWindowForkREFUSE], 9) == MutatorResACCESS, "REFUSE");
  CHECK(storeThrough(&windows[MutatorWindowForkCOPY], 9) == MutatorResACCESS, "COPY was not copied");
  CHECK(MutatorWindowAlias(&windows[MutatorWindowForkCOPY], MutatorWindowBase(&windows[MutatorWindowForkCOPY]), 1,
                           &alias) == MutatorResACCESS,
        "COPY was not copied");
  CHECK(storeThrough(&windows[MutatorWindowForkSHARE], 9) == MutatorResOK, "SHARE");
  CHECK(process != NULL, "there is no /proc/self/mem");
  CHECK(MutatorMemoryStore(process, (void *)(uintptr_t)&word, &value, sizeof value) == MutatorResUNIMPL, "store");
  CHECK(MutatorMemoryLoad(process, &value, (void *)(uintptr_t)&word, sizeof value) == MutatorResUNIMPL, "load");
}

int main(void) {
  int status;
  long process;
  unsigned n;
  faultTestSetup();
  if (MutatorMemoryProcess() == NULL)
    faultTestSkip("no /proc/self/mem here");
  for (n = 0; n < MutatorWindowForkLIMIT; ++n)
    CHECK(MutatorWindowCreate(&windows[n], 1, (MutatorWindowFork)n) == MutatorResOK, "window");
  process = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
  CHECK(process >= 0, "clone");
  if (process == 0) {
    child();
    _exit(0);
  }
  CHECK(waitpid((pid_t)process, &status, 0) == process && status == 0, "status %#x", (unsigned)status);
  CHECK(word == 7, "the child wrote into its parent");
  for (n = 0; n < MutatorWindowForkLIMIT; ++n) {
    const unsigned expected = n == MutatorWindowForkSHARE ? 9 : 0;
    CHECK(*(unsigned *)MutatorWindowBase(&windows[n]) == expected, "policy %u", n);
    CHECK(storeThrough(&windows[n], 1) == MutatorResOK, "the parent is not refused");
  }
  return 0;
}
