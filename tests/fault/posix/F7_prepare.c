/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F7_prepare.c -- a system call on protected memory fails without a signal; after MutatorFaultPrepare it does not
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fault_test.h"

enum { Pages = 5, Refusing = 3 };

static unsigned char *base;
static size_t page;
static MutatorFaultRangeStruct ranges[2];
static unsigned asked[Pages];
static volatile unsigned faults;
static MutatorAccess lastAccess;
static MutatorBool leaveClosed;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  const size_t n = (size_t)((unsigned char *)address - base) / page;
  (void)closure;
  CHECK(range == &ranges[n >= 2] && n < Pages, "page %zu", n);
  if (context != NULL) {
    faults++;
    CHECK((access & MutatorAccessOPEN) == 0, "a fault");
  } else {
    CHECK((access & MutatorAccessOPEN) != 0, "the page itself");
    asked[n]++;
    lastAccess = access & ~(MutatorAccess)MutatorAccessOPEN;
  }
  if (n == Refusing)
    return MutatorFaultDECLINED;
  if (!leaveClosed)
    faultTestProtect(base + n * page, page, (access & MutatorAccessWRITE) ? PROT_READ | PROT_WRITE : PROT_READ);
  return MutatorFaultHANDLED;
}

static void close_(void) {
  faultTestProtect(base, Pages * page, PROT_NONE);
  memset(asked, 0, sizeof asked);
}

static void expect(const char *what, unsigned a, unsigned b, unsigned c) {
  CHECK(asked[0] == a && asked[1] == b && asked[2] == c && asked[4] == 0, "%s: asked %u %u %u %u", what, asked[0],
        asked[1], asked[2], asked[4]);
}

static MutatorRes prepare(size_t from, size_t to, MutatorAccess access) {
  return MutatorFaultPrepare(base + from, base + to, access);
}

int main(void) {
  unsigned char byte;
  int ends[2];
  page = faultTestPageSize();
  CHECK(MutatorFaultPrepare(&byte, &byte + 1, MutatorAccessREAD) == MutatorResSTATE, "before set-up");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && pipe(ends) == 0, "set-up");
  base = mmap(NULL, (Pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(base != MAP_FAILED, "mmap");
  memset(base, 7, Pages * page);
  CHECK(MutatorFaultRangeAdd(&ranges[0], base, base + 2 * page, callback, NULL, NULL) == MutatorResOK &&
            MutatorFaultRangeAdd(&ranges[1], base + 2 * page, base + Pages * page, callback, NULL, NULL) ==
                MutatorResOK,
        "add");

  close_();
  CHECK(write(ends[1], base, 2 * page) == -1 && errno == EFAULT && faults == 0, "EFAULT, and nobody is told");
  CHECK(prepare(10, 2 * page + 1, MutatorAccessREAD) == MutatorResOK, "prepare");
  expect("three pages", 1, 1, 1);
  CHECK(lastAccess == MutatorAccessREAD, "to read");
  CHECK(write(ends[1], base + 10, 2 * page - 10) == (ssize_t)(2 * page - 10), "write goes through");
  CHECK(prepare(10, 2 * page + 1, MutatorAccessREAD) == MutatorResOK, "again");
  expect("what is open is not asked for", 1, 1, 1);
  CHECK(read(ends[0], base, page) == -1 && errno == EFAULT, "open to read, not to write");
  CHECK(prepare(page - 1, page + 1, MutatorAccessWRITE) == MutatorResOK, "to write, over an edge");
  expect("two pages", 2, 2, 1);
  CHECK(lastAccess == MutatorAccessWRITE, "to write");
  base[page - 1] = base[page] = 9; /* as it says */
  CHECK(prepare(page - 1, page + 1, MutatorAccessREAD | MutatorAccessWRITE) == MutatorResOK && base[page] == 9,
        "no byte changes");
  CHECK(read(ends[0], base + page - 1, 2) == 2 && base[page - 1] == 7, "read goes through");
  CHECK(prepare(0, page, MutatorAccessREAD) == MutatorResOK, "ends at the page's end");
  expect("and asks for no more", 2, 2, 1);

  close_();
  CHECK(prepare(0, 4 * page, MutatorAccessREAD) == MutatorResACCESS && asked[Refusing] == 1, "declined");
  expect("what lies before is open", 1, 1, 1);
  CHECK(base[2 * page] == 7 && faults == 0, "open");
  close_();
  leaveClosed = 1;
  CHECK(prepare(0, 1, MutatorAccessREAD) == MutatorResACCESS, "left closed");
  expect("once", 1, 0, 0);
  leaveClosed = 0;
  faultTestProtect(base + Pages * page, page, PROT_NONE);
  CHECK(MutatorFaultPrepare(base + Pages * page, base + (Pages + 1) * page, MutatorAccessREAD) == MutatorResACCESS,
        "nobody's");
  CHECK(MutatorFaultPrepare((void *)~(uintptr_t)4095, (void *)~(uintptr_t)0, MutatorAccessREAD) == MutatorResACCESS,
        "at the end of the address space");
  CHECK(prepare(0, 0, MutatorAccessREAD) == MutatorResOK, "nothing");
  CHECK(prepare(1, 0, MutatorAccessREAD) == MutatorResPARAM, "upside down");
  CHECK(prepare(0, 1, MutatorAccessNONE) == MutatorResPARAM && prepare(0, 1, MutatorAccessEXECUTE) == MutatorResPARAM &&
            prepare(0, 1, MutatorAccessREAD | MutatorAccessOPEN) == MutatorResPARAM,
        "no such access");
  expect("nobody was asked", 1, 0, 0);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "inside nothing");
  return 0;
}
