/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_fork_copy_fails.c -- a window that cannot be copied is closed to the child, never shared with it
 */

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"

static MutatorWindowStruct window;

static MutatorRes storeThrough(unsigned value) {
  return MutatorMemoryStore(MutatorWindowMemory(&window), MutatorWindowBase(&window), &value, sizeof value);
}

/* The kernel reads the memory for us, and faults instead of us. */
static MutatorBool accessible(int pipeEnd, const void *address) {
  return write(pipeEnd, address, 1) == 1 || errno != EFAULT;
}

static void child(int pipeEnd, const void *alias) {
  void *found;
  CHECK(storeThrough(9) == MutatorResACCESS, "store");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 1, &found) == MutatorResACCESS, "alias");
  CHECK(!accessible(pipeEnd, MutatorWindowBase(&window)), "the child can read its parent's memory");
  CHECK(!accessible(pipeEnd, alias), "the child can read its parent's memory");
  CHECK(MutatorWindowDestroy(&window) == MutatorResOK, "it can be destroyed");
}

int main(void) {
  struct rlimit limit, none;
  void *alias;
  int status, ends[2];
  pid_t process;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, 1, MutatorWindowForkCOPY) == MutatorResOK, "window");
  CHECK(storeThrough(5) == MutatorResOK, "store");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 1, &alias) == MutatorResOK, "alias");
  CHECK(pipe(ends) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0, "pipe");
  none = limit;
  none.rlim_cur = 0;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0, "setrlimit");
  process = fork();
  CHECK(process >= 0, "fork");
  if (process == 0) {
    child(ends[1], alias);
    _exit(0);
  }
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
  CHECK(waitpid(process, &status, 0) == process && status == 0, "status %#x", (unsigned)status);
  CHECK(*(unsigned *)MutatorWindowBase(&window) == 5 && storeThrough(6) == MutatorResOK, "the parent notices nothing");
  CHECK(MutatorWindowDestroy(&window) == MutatorResOK, "window");
  return 0;
}
