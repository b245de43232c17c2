/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_debugger_breakpoint.c -- a debugger's breakpoint over the instruction that faults
 *
 * What faulted is what the program's file says, as long as a debugger is
 * there and nothing but breakpoints differs.  In every other case the byte in
 * memory counts, and a breakpoint makes no access: declined.
 */

#include "support/fault_test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the program's text, at the beginning of a page, so that only this page becomes writable. */
extern unsigned char loadCode[];
__asm__(".text\n"
        ".balign 4096\n"
        ".globl loadCode\n"
        "loadCode:\n"
        "  movzbl (%rdi), %eax\n" /* 0F B6 07 */
        "  ret\n"
        "  .balign 4096\n");

#define VALUE 0x5a

static unsigned char *code;
static struct { unsigned char offset, value; /* a byte that is changed besides; offset 0 for none */ } more;
static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static volatile MutatorRes result;
static volatile MutatorBool could;

static MutatorFaultResult callback(MutatorFaultRange faulted, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  const unsigned char first = code[0], other = code[more.offset];
  (void)faulted;
  (void)address;
  (void)access;
  (void)closure;
  code[more.offset] = more.value;
  code[0] = 0xcc;
  could = MutatorContextCanStepInstruction(context);
  result = MutatorFaultStep(context);
  code[more.offset] = other;
  code[0] = first;
  if (result != MutatorResOK)
    faultTestProtect(MutatorWindowBase(&window), faultTestPageSize(), PROT_READ);
  return MutatorFaultHANDLED;
}

static unsigned load(const unsigned char *at) {
  union {
    unsigned char *data;
    unsigned (*function)(const unsigned char *);
  } pointer = {code};
  return pointer.function(at);
}

static void try(const char *what, unsigned char *where, unsigned char offset, unsigned char value,
                MutatorRes expected) {
  const unsigned char *base = MutatorWindowBase(&window);
  code = where;
  more.offset = offset;
  more.value = value;
  faultTestProtect(MutatorWindowBase(&window), faultTestPageSize(), PROT_NONE);
  CHECK(load(base + 9) == VALUE, "%s: the byte", what);
  CHECK(result == expected && could == (expected == MutatorResOK), "%s: step gives %d, can step %d", what, (int)result,
        could);
}

static void setUp(void) {
  const size_t page = faultTestPageSize();
  void *alias;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorWindowCreate(&window, page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), page, &alias) == MutatorResOK, "alias");
  memset(alias, VALUE, page);
  CHECK(MutatorFaultRangeAdd(&range, MutatorWindowBase(&window), (char *)MutatorWindowBase(&window) + page, callback,
                             NULL, &window) == MutatorResOK,
        "range");
  faultTestProtect(loadCode, page, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static unsigned char *copyOfCode(void) {
  unsigned char *copy =
      mmap(NULL, faultTestPageSize(), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(copy != MAP_FAILED, "mmap");
  memcpy(copy, loadCode, 16);
  return copy;
}

static void child(void) {
  setUp();
  try("without a debugger", loadCode, 0, 0xcc, MutatorResUNIMPL);
  CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
  try("with one", loadCode, 0, 0xcc, MutatorResOK);
  try("with another breakpoint behind it", loadCode, 3, 0xcc, MutatorResOK);
  try("with other code", loadCode, 1, 0xbe, MutatorResUNIMPL);
  try("in code of no file", copyOfCode(), 0, 0xcc, MutatorResUNIMPL);
  _exit(0);
}

int main(void) {
  int status;
  pid_t pid = fork();
  CHECK(pid >= 0, "fork");
  if (pid == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    child();
  }
  while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
    CHECK(ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)WSTOPSIG(status)) == 0, "continue");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's status is %#x", (unsigned)status);
  return 0;
}
