/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_previous_gone.c -- a previous handler that has been unmapped behind us ends in a death, not in a loop
 */

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"

static unsigned char *page, *ours;
static MutatorFaultRangeStruct range;

static MutatorFaultResult open_(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)of;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  faultTestProtect(ours, faultTestPageSize(), 3);
  return MutatorFaultHANDLED;
}

/* A handler of one instruction, on a page of its own that is then unmapped. */
static void child(int flags) {
  unsigned char *code = mmap(NULL, faultTestPageSize(), 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action;
  (void)alarm(20);
  if (code == MAP_FAILED)
    _exit(1);
  code[0] = 0xc3; /* ret */
  memset(&action, 0, sizeof action);
  memcpy(&action.sa_sigaction, &code, sizeof code);
  action.sa_flags = flags;
  if (sigaction(SIGSEGV, &action, NULL) != 0 || MutatorFaultSetup(NULL) != MutatorResOK ||
      MutatorFaultRangeAdd(&range, ours, ours + faultTestPageSize(), open_, NULL, NULL) != MutatorResOK ||
      munmap(code, faultTestPageSize()) != 0)
    _exit(2);
  *(volatile unsigned char *)ours = 1; /* ours need no previous handler */
  *(volatile unsigned char *)page = 1;
  _exit(3);
}

static void dies(int flags) {
  int status;
  pid_t process = fork();
  CHECK(process >= 0, "fork");
  if (process == 0)
    child(flags);
  CHECK(waitpid(process, &status, 0) == process, "waitpid");
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "flags %#x: status %#x", (unsigned)flags, (unsigned)status);
}

int main(void) {
  page = faultTestPageNew(FaultTestPageNOACCESS);
  ours = faultTestPageNew(FaultTestPageNOACCESS);
  dies(SA_SIGINFO | SA_ONSTACK);
  dies(SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
  dies(SA_SIGINFO | SA_NODEFER);
  dies(0);
  return 0;
}
