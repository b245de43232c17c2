/* SPDX-License-Identifier: BSD-2-Clause
 *
 * P8_pages.c -- protection over several allocations, where memory is, memory by system call
 */

#include "support/fault_test.h"

#include <string.h>

#include "os/os.h"

#define PAGE ((size_t)4096)
#define GRAIN ((size_t)65536)

static DWORD protectionOf(const char *page) {
  MEMORY_BASIC_INFORMATION information;
  CHECK(VirtualQuery(page, &information, sizeof information) == sizeof information, "VirtualQuery");
  return information.State == MEM_COMMIT ? information.Protect : 0;
}

/* Two allocations side by side; VirtualProtect alone would refuse them in one call. */
static char *twoAllocations(void) {
  char *base = VirtualAlloc(NULL, 4 * GRAIN, MEM_RESERVE, PAGE_NOACCESS);
  CHECK(base != NULL && VirtualFree(base, 0, MEM_RELEASE), "room");
  CHECK(VirtualAlloc(base, GRAIN, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == base, "the first");
  CHECK(VirtualAlloc(base + GRAIN, GRAIN, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == base + GRAIN, "the second");
  return base;
}

static void protects(void) {
  static const struct {
    MutatorAccess access;
    DWORD protection;
  } rows[] = {
      {MutatorAccessNONE, PAGE_NOACCESS},
      {MutatorAccessREAD, PAGE_READONLY},
      {MutatorAccessREAD | MutatorAccessWRITE, PAGE_READWRITE},
      {MutatorAccessREAD | MutatorAccessEXECUTE, PAGE_EXECUTE_READ},
      {MutatorAccessREAD | MutatorAccessWRITE | MutatorAccessEXECUTE, PAGE_EXECUTE_READWRITE},
  };
  char *base = twoAllocations();
  size_t i;
  SetLastError(4711);
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    CHECK(mutatorOSProtect((MutatorWord)base + PAGE, 2 * GRAIN - 2 * PAGE, rows[i].access) == MutatorResOK, "row %u",
          (unsigned)i);
    CHECK(protectionOf(base + PAGE) == rows[i].protection, "row %u", (unsigned)i);
    CHECK(protectionOf(base + GRAIN) == rows[i].protection, "row %u", (unsigned)i);
    CHECK(protectionOf(base + 2 * GRAIN - 2 * PAGE) == rows[i].protection, "row %u", (unsigned)i);
    CHECK(protectionOf(base) == PAGE_READWRITE && protectionOf(base + 2 * GRAIN - PAGE) == PAGE_READWRITE, "edges");
  }
  CHECK(GetLastError() == 4711, "the last error");
  CHECK(mutatorOSProtect((MutatorWord)base, 4 * GRAIN, MutatorAccessREAD) == MutatorResMEMORY,
        "not all of it is memory");
}

static void finds(void) {
  char *base = VirtualAlloc(NULL, 4 * GRAIN, MEM_RESERVE, PAGE_NOACCESS);
  CHECK(base != NULL && VirtualAlloc(base + GRAIN + PAGE, PAGE, MEM_COMMIT, PAGE_NOACCESS) != NULL, "memory");
  CHECK(mutatorOSMapped((MutatorWord)base) == (MutatorWord)base + GRAIN + PAGE, "after a hole");
  CHECK(mutatorOSMapped((MutatorWord)base + GRAIN + PAGE + 5) == (MutatorWord)base + GRAIN + PAGE + 5, "inside");
  CHECK(mutatorOSMapped(~(MutatorWord)0) == ~(MutatorWord)0, "none");
}

static void transfers(void) {
  char *page = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), buffer[8] = {0};
  MutatorWord each[3];
  DWORD was;
  CHECK(page != NULL, "pages");
  memcpy(page, "abcdefg", 8);
  SetLastError(4711);
  CHECK(mutatorOSPeek(buffer, (MutatorWord)page, 8) && memcmp(buffer, "abcdefg", 8) == 0, "read");
  CHECK(mutatorOSPoke((MutatorWord)page + 2, "XY", 2) && memcmp(page, "abXYefg", 8) == 0, "written");
  (void)VirtualProtect(page + PAGE, PAGE, PAGE_READONLY, &was);
  CHECK(!mutatorOSPoke((MutatorWord)page + PAGE - 1, "PQ", 2) && page[PAGE - 1] == 0, "half of it is read-only");
  (void)VirtualProtect(page + PAGE, PAGE, PAGE_EXECUTE_READ, &was);
  CHECK(!mutatorOSPoke((MutatorWord)page + PAGE, "P", 1), "code");
  CHECK(protectionOf(page + PAGE) == PAGE_EXECUTE_READ, "and nothing was opened");
  (void)VirtualProtect(page, PAGE, PAGE_NOACCESS, &was);
  CHECK(!mutatorOSPeek(buffer, (MutatorWord)page, 8) && !mutatorOSPoke((MutatorWord)page, "P", 1), "closed");
  CHECK(!mutatorOSPeek(buffer, 16, 8), "nothing there");
  (void)VirtualProtect(page, PAGE, PAGE_READONLY, &was);
  each[0] = (MutatorWord)page + 4;
  each[1] = (MutatorWord)page;
  each[2] = 16;
  CHECK(mutatorOSPeekEach(buffer, 2, each, 3) == 2 && memcmp(buffer, "efab", 4) == 0, "two of three places");
  CHECK(MutatorMemoryProcess() == NULL, "a memory that would open pages is not offered");
}

int main(void) {
  CHECK(MutatorSetup(NULL) == MutatorResOK, "set-up");
  protects();
  finds();
  transfers();
  return 0;
}
