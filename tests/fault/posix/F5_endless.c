/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F5_endless.c -- a fault inside the library that nothing cures ends the process at once, after a counted few
 *
 * A range's structure inside the memory that it describes: to ask the callback
 * the library must read the structure, and faults again.  And a callback that
 * faults in its own range, over and over.
 */

#include "support/fault_test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { Depth = 4 };

static unsigned char *page;
static volatile unsigned *calls; /* shared with the child */

static MutatorFaultResult again(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  ++*calls;
  *(volatile unsigned char *)page = 2;
  return MutatorFaultHANDLED;
}

static void dies(const char *what, void (*run)(void)) {
  int status;
  pid_t child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0) {
    (void)alarm(20); /* a loop would last */
    run();
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child, "waitpid");
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "%s: status %#x", what, (unsigned)status);
}

static void structureInside(void) {
  MutatorFaultRange range = (MutatorFaultRange)(void *)page;
  faultTestProtect(page, faultTestPageSize(), 3);
  if (MutatorFaultRangeAdd(range, page, page + faultTestPageSize(), again, NULL, NULL) != MutatorResOK)
    _exit(1);
  faultTestProtect(page, faultTestPageSize(), 0);
  *(volatile unsigned char *)page = 1;
}

static void inItsOwnRange(void) {
  static MutatorFaultRangeStruct range;
  if (MutatorFaultRangeAdd(&range, page, page + faultTestPageSize(), again, NULL, NULL) != MutatorResOK)
    _exit(1);
  *(volatile unsigned char *)page = 1;
}

int main(void) {
  MutatorOptionsStruct options;
  calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(calls != MAP_FAILED, "mmap");
  CHECK(MutatorOptionsInit(&options) == MutatorResOK, "options");
  options.depth = Depth;
  CHECK(MutatorFaultSetup(&options) == MutatorResOK, "setup");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  dies("a structure in its own range", structureInside);
  CHECK(*calls == 0, "its callback was never reached");
  dies("a callback in its own range", inItsOwnRange);
  /* The fault, those nested to the stated depth, and one more; once more for the retry before the default action. */
  (void)printf("%u calls\n", *calls);
  CHECK(*calls == Depth + 2, "%u calls", *calls);
  return 0;
}
