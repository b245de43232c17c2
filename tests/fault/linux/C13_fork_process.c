/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_fork_process.c -- after fork the process memory is the child's own
 */

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"

static MutatorRes storeProcess(void *address, unsigned value) {
  return MutatorMemoryStore(MutatorMemoryProcess(), address, &value, sizeof value);
}

static void child(unsigned *word) {
  unsigned value = 0;
  CHECK(MutatorMemoryLoad(MutatorMemoryProcess(), &value, word, sizeof value) == MutatorResOK && value == 1, "load");
  CHECK(storeProcess(word, 2) == MutatorResOK, "store");
  nativeProtect(word, nativePageSize(), NativeREAD);
  CHECK(*word == 2, "the child's store went elsewhere");
}

int main(void) {
  unsigned *word = mmap(NULL, nativePageSize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int status;
  pid_t process;
  CHECK(word != MAP_FAILED, "mmap");
  *word = 1;
  faultTestSetup();
  if (MutatorMemoryProcess() == NULL)
    faultTestSkip("no /proc/self/mem here");
  nativeProtect(word, nativePageSize(), NativeNONE);
  process = fork();
  CHECK(process >= 0, "fork");
  if (process == 0) {
    child(word);
    _exit(0);
  }
  CHECK(waitpid(process, &status, 0) == process && status == 0, "status %#x", (unsigned)status);
  nativeProtect(word, nativePageSize(), NativeREAD);
  CHECK(*word == 1, "the child wrote into its parent");
  CHECK(storeProcess(word, 3) == MutatorResOK && *word == 3, "the parent's is still open");
  return 0;
}
