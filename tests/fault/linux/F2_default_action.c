/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_default_action.c -- what nobody wants has the default action: death by the signal, at the original PC
 *
 * A child under ptrace(2) is watched by its parent: of the signal that kills,
 * the address, and the PC, must be those of the fault.  A fault while
 * executing has the PC as its address.
 */

#include "support/fault_test.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char *page;

/* Death -- how a child ended, and the last signal it was about to get */
typedef struct Death {
  int status;
  siginfo_t info;
} Death;

static void become(void (*child)(void)) {
  struct rlimit none = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  /* A fault that is repeated for ever must not outlive the test. */
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
  child();
  _exit(0);
}

static Death watch(void (*child)(void)) {
  Death death;
  pid_t pid = fork();
  unsigned stops = 0;
  memset(&death, 0, sizeof death);
  CHECK(pid >= 0, "fork");
  if (pid == 0)
    become(child);
  while (waitpid(pid, &death.status, 0) == pid && WIFSTOPPED(death.status)) {
    CHECK(++stops < 20, "the same signal for ever");
    CHECK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &death.info) == 0, "siginfo");
    CHECK(ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)WSTOPSIG(death.status)) == 0, "continue");
  }
  return death;
}

static MutatorFaultResult decline(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                  void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultDECLINED;
}

/* The page is not open, so the step meets the protection, and the library recovers. */
static MutatorFaultResult tryAndDecline(MutatorFaultRange range, MutatorContext context, void *address,
                                        MutatorAccess access, void *closure) {
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  CHECK(MutatorFaultStep(context) == MutatorResACCESS, "step");
  return MutatorFaultDECLINED;
}

static void setUp(void (*previous)(int)) {
  static MutatorFaultRangeStruct range, other;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = previous;
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + 16, decline, NULL, NULL) == MutatorResOK, "add");
  CHECK(MutatorFaultRangeAdd(&other, page + 16, page + 32, tryAndDecline, NULL, NULL) == MutatorResOK, "add");
}

static void readOutside(void) {
  setUp(SIG_DFL);
  (void)*(volatile unsigned char *)(page + 64);
}

static void readDeclined(void) {
  setUp(SIG_DFL);
  (void)*(volatile unsigned char *)(page + 4);
}

static void readTriedAndDeclined(void) {
  unsigned char byte;
  setUp(SIG_DFL);
  __asm__ volatile("movb (%1), %0" : "=q"(byte) : "r"(page + 24));
}

static void execute(void) {
  union {
    unsigned char *data;
    void (*code)(void);
  } target = {page + 32};
  setUp(SIG_DFL);
  target.code();
}

static void readIgnored(void) {
  setUp(SIG_IGN);
  (void)*(volatile unsigned char *)(page + 64);
}

static void sendDefault(void) {
  setUp(SIG_DFL);
  (void)kill(getpid(), SIGSEGV);
}

static void sendIgnored(void) {
  setUp(SIG_IGN);
  (void)kill(getpid(), SIGSEGV);
  (void)raise(SIGSEGV);
}

static void expectKilled(const char *what, void (*child)(void), size_t offset) {
  Death death = watch(child);
  CHECK(WIFSIGNALED(death.status) && WTERMSIG(death.status) == SIGSEGV, "%s: status %#x", what, (unsigned)death.status);
  CHECK(death.info.si_code > 0 && death.info.si_addr == page + offset, "%s: code %d, address %p", what,
        death.info.si_code, death.info.si_addr);
}

int main(void) {
  Death death;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  expectKilled("outside any range", readOutside, 64);
  expectKilled("declined by its range", readDeclined, 4);
  expectKilled("declined after a step in vain", readTriedAndDeclined, 24);
  expectKilled("executed", execute, 32);
  expectKilled("nobody can ignore a fault", readIgnored, 64);
  death = watch(sendDefault);
  CHECK(WIFSIGNALED(death.status) && WTERMSIG(death.status) == SIGSEGV, "sent: status %#x", (unsigned)death.status);
  CHECK(death.info.si_code == SI_USER && death.info.si_pid != getpid(), "as it was sent: code %d", death.info.si_code);
  death = watch(sendIgnored);
  CHECK(WIFEXITED(death.status) && WEXITSTATUS(death.status) == 0, "ignored: status %#x", (unsigned)death.status);
  return 0;
}
