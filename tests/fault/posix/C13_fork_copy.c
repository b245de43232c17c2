/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_fork_copy.c -- a window with policy COPY gives a forked child memory of its own
 *
 * C13: as private memory would be: same contents, same protection page by page,
 * nothing shared either way, untouched pages still untouched, in children of
 * children too, and stepped through in both.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"

SNIPPET(codeStore, "mov " rAX ", (" rDI ")");

/* Many, so that the list of mappings does not fit one read of it. */
enum { Pages = 600, Sparse = 100, Windows = 3 };

static MutatorWindowStruct windows[Windows];
static unsigned char *bases[Windows];
static size_t page;

/* No access, read, read and write, in turn; and one page that may be executed. */
static int protectionOf(size_t i) {
  static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
  return i == 7 ? PROT_READ | PROT_EXEC : protections[i % 3];
}

static unsigned char *aliasOf(MutatorWindow window, void *address) {
  void *alias = NULL;
  CHECK(MutatorWindowAlias(window, address, 1, &alias) == MutatorResOK, "no alias of %p", address);
  return alias;
}

static void create(size_t n) {
  size_t i;
  CHECK(MutatorWindowCreate(&windows[n], Pages * page, MutatorWindowForkCOPY) == MutatorResOK, "window %zu", n);
  bases[n] = MutatorWindowBase(&windows[n]);
  for (i = 0; i < Pages - Sparse; ++i)
    memset(bases[n] + i * page, (int)(n + i) % 251, page);
  for (i = 0; i < Pages; ++i)
    CHECK(mprotect(bases[n] + i * page, page, protectionOf(i)) == 0, "mprotect");
}

/* The kernel's view: a write(2) from a page that cannot be read gives EFAULT. */
static MutatorBool readable(const void *address) {
  int ends[2];
  ssize_t count;
  CHECK(pipe(ends) == 0, "pipe");
  count = write(ends[1], address, 1);
  (void)close(ends[0]);
  (void)close(ends[1]);
  return count == 1;
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

static void checkProtection(size_t n) {
  size_t i;
  for (i = 0; i < Pages; ++i) {
    unsigned char *base = bases[n] + i * page, *alias = aliasOf(&windows[n], base);
    const unsigned char first = *alias;
    const int protection = protectionOf(i);
    CHECK(readable(base) == ((protection & PROT_READ) != 0), "page %zu of window %zu", i, n);
    CHECK(writable(base) == ((protection & PROT_WRITE) != 0), "page %zu of window %zu", i, n);
    *alias = first;
  }
}

/* The page that may be executed is, and returns. */
static void checkExecution(size_t n) {
  unsigned char *code = bases[n] + 7 * page + 16;
  *aliasOf(&windows[n], code) = 0xc3;
  ((void (*)(void))(uintptr_t)code)();
}

static int countDescriptors(void) {
  int descriptor, count = 0;
  for (descriptor = 0; descriptor < 256; ++descriptor)
    count += fcntl(descriptor, F_GETFD) >= 0;
  return count;
}

static void checkContents(size_t n, size_t changed) {
  size_t i;
  for (i = 0; i < Pages - Sparse; ++i) {
    const unsigned char *alias = aliasOf(&windows[n], bases[n] + i * page);
    const unsigned char expected = (unsigned char)((n + i) % 251 + (i == changed ? 1 : 0));
    CHECK(alias[0] == expected && alias[page - 1] == (n + i) % 251, "page %zu of window %zu", i, n);
  }
}

static void checkSparse(size_t n) {
  struct stat status;
  CHECK(fstat((int)windows[n].object, &status) == 0, "the object of window %zu", n);
  CHECK((size_t)status.st_blocks * 512 <= (Pages - Sparse) * page, "window %zu has %zu KiB", n,
        (size_t)status.st_blocks / 2);
}

/* A step in the child goes through the child's alias. */
static MutatorBool stepProbe(FaultTestStop stop) {
  MutatorMemory memory = MutatorWindowMemory(&windows[0]);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstructionWith(&stop->context, memory) == MutatorResOK, "the step");
  return 1;
}

static void checkStep(size_t target, unsigned char value) {
  FaultTestRegisters registers;
  memset(&registers, 0, sizeof registers);
  registers.word[FaultTestDI] = (MutatorWord)(bases[0] + target * page);
  registers.word[FaultTestAX] = 0x0101010101010100u + value;
  (void)FAULT_TEST_RUN(codeStore, &registers, stepProbe, NULL);
  CHECK(faultTestStops() == 1, "%u stops", faultTestStops());
  CHECK(*aliasOf(&windows[0], bases[0] + target * page) == value, "the stepped store is not there");
}

static void say(int to) { CHECK(write(to, "x", 1) == 1, "pipe"); }

static void hear(int from) {
  char c;
  CHECK(read(from, &c, 1) == 1, "pipe");
}

/* The parent changes page 3 when it hears of the child, which changes page 4. */
static void child(int toParent, int fromParent) {
  size_t n;
  for (n = 0; n < Windows; ++n) {
    checkSparse(n);
    checkContents(n, Pages);
    ++*aliasOf(&windows[n], bases[n] + 4 * page);
  }
  say(toParent);
  hear(fromParent);
  for (n = 0; n < Windows; ++n) {
    checkContents(n, 4);
    checkProtection(n);
    checkExecution(n);
  }
  checkStep(6, 77);
  *aliasOf(&windows[0], bases[0] + 6 * page) = 6;
}

static void waitFor(pid_t process) {
  int status;
  CHECK(waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x",
        (unsigned)status);
}

static void grandchild(void) {
  const pid_t process = fork();
  CHECK(process >= 0, "fork");
  if (process == 0) {
    checkContents(1, 4);
    checkProtection(1);
    *aliasOf(&windows[1], bases[1] + 9 * page) = 200;
    _exit(0);
  }
  waitFor(process);
  checkContents(1, 4);
}

int main(void) {
  int up[2], down[2], descriptors;
  pid_t process;
  size_t n;
  page = nativePageSize();
  faultTestSetup();
  for (n = 0; n < Windows; ++n)
    create(n);
  CHECK(pipe(up) == 0 && pipe(down) == 0, "pipe");
  descriptors = countDescriptors();
  process = fork();
  CHECK(process >= 0, "fork");
  CHECK(countDescriptors() == descriptors, "fork has left %d open", countDescriptors());
  if (process == 0) {
    (void)close(down[1]);
    child(up[1], down[0]);
    grandchild();
    _exit(0);
  }
  (void)close(up[1]);
  hear(up[0]);
  for (n = 0; n < Windows; ++n) {
    checkContents(n, Pages);
    ++*aliasOf(&windows[n], bases[n] + 3 * page);
  }
  say(down[1]);
  waitFor(process);
  for (n = 0; n < Windows; ++n) {
    checkContents(n, 3);
    checkProtection(n);
    CHECK(MutatorWindowDestroy(&windows[n]) == MutatorResOK, "window %zu", n);
  }
  return 0;
}
