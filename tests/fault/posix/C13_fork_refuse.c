/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_fork_refuse.c -- windows with policies REFUSE and SHARE in a forked child
 *
 * C13: both stay shared with the parent; through the first nothing is stepped in
 * the child, through the second everything is; the parent notices nothing.
 */

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"

static MutatorWindowStruct refused, adopted, shared;

static void adopt(MutatorWindow window, size_t size) {
  const int object = nativeMemoryObject();
  void *base, *alias;
  CHECK(object >= 0 && ftruncate(object, (off_t)size) == 0, "ftruncate");
  base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
  alias = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
  CHECK(base != MAP_FAILED && alias != MAP_FAILED, "mmap");
  CHECK(MutatorWindowAdopt(window, base, alias, size, MutatorWindowForkREFUSE) == MutatorResOK, "adopt");
}

static MutatorRes storeThrough(MutatorWindow window, unsigned value) {
  return MutatorMemoryStore(MutatorWindowMemory(window), MutatorWindowBase(window), &value, sizeof value);
}

static unsigned loadDirect(MutatorWindow window) { return *(unsigned *)MutatorWindowBase(window); }

static void checkRefused(MutatorWindow window) {
  void *alias = window;
  unsigned value = 0, outside = 5;
  CHECK(MutatorWindowCheck(window), "a live window");
  CHECK(MutatorWindowAlias(window, MutatorWindowBase(window), 1, &alias) == MutatorResACCESS, "alias");
  CHECK(alias == window, "alias");
  CHECK(storeThrough(window, 99) == MutatorResACCESS, "store");
  CHECK(MutatorMemoryLoad(MutatorWindowMemory(window), &value, MutatorWindowBase(window), 4) == MutatorResACCESS,
        "load");
  CHECK(MutatorMemoryLoad(MutatorWindowMemory(window), &value, &outside, 4) == MutatorResOK && value == 5,
        "outside the window nothing is refused");
}

static void child(void) {
  checkRefused(&refused);
  checkRefused(&adopted);
  CHECK(loadDirect(&refused) == 1 && loadDirect(&adopted) == 2, "the memory is there");
  CHECK(storeThrough(&shared, 33) == MutatorResOK, "the shared window works");
  CHECK(MutatorWindowDestroy(&refused) == MutatorResOK, "it can be destroyed");
  CHECK(MutatorWindowCreate(&refused, 1, MutatorWindowForkREFUSE) == MutatorResOK, "and made anew");
  CHECK(storeThrough(&refused, 4) == MutatorResOK, "a window of the child's own works");
}

int main(void) {
  int status;
  pid_t process;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&refused, 1, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowCreate(&shared, 1, MutatorWindowForkSHARE) == MutatorResOK, "window");
  adopt(&adopted, nativePageSize());
  CHECK(storeThrough(&refused, 1) == MutatorResOK && storeThrough(&adopted, 2) == MutatorResOK, "before");
  process = fork();
  CHECK(process >= 0, "fork");
  if (process == 0) {
    child();
    _exit(0);
  }
  CHECK(waitpid(process, &status, 0) == process && status == 0, "status %#x", (unsigned)status);
  CHECK(loadDirect(&shared) == 33, "the child's store");
  CHECK(storeThrough(&refused, 5) == MutatorResOK && loadDirect(&refused) == 5, "the parent is not refused");
  CHECK(storeThrough(&adopted, 6) == MutatorResOK && loadDirect(&adopted) == 6, "the parent is not refused");
  return 0;
}
