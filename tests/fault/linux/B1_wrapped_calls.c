/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B1_wrapped_calls.c -- a JIT that writes by calls, and knows nothing of the library: the linker hands the calls over
 *
 * Seeded writes by each of the calls, of any length, in pieces, across the edges of the region and of its
 * pages.  What is read is what was written, and breakpoints stay.  MUTATOR_SEED chooses others.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/fault_test.h"

enum { Pages = 5, Steps = 5000, Breaks = 24, Longest = 9000, Pieces = 3 };

static unsigned char *memory, *truth; /* the region is all pages but the first and the last */
static size_t page;
static MutatorCodeStruct region;
static MutatorBreakStruct breaks[Breaks];
static uint64_t seed = 20261128;
static int file;

static size_t below(size_t limit) { return faultTestRandom(&seed) % limit; }

/* Cut into pieces. */
static void cut(struct iovec *pieces, unsigned char *at, size_t size) {
  size_t i;
  for (i = 0; i < Pieces; i++) {
    pieces[i].iov_base = at;
    pieces[i].iov_len = i == Pieces - 1 ? size : below(size + 1);
    at += pieces[i].iov_len;
    size -= pieces[i].iov_len;
  }
}

static ssize_t writeBy(unsigned call, unsigned char *to, unsigned char *from, size_t size) {
  struct iovec local[Pieces], remote[Pieces];
  const off_t offset = (off_t)(uintptr_t)to;
  cut(local, from, size);
  cut(remote, to, size);
  switch (call) {
  case 0: return process_vm_writev(getpid(), local, Pieces, remote, Pieces, 0);
  case 1: return pwrite(file, from, size, offset);
  case 2: return pwrite64(file, from, size, (off64_t)(uintptr_t)to);
  case 3: return pwritev(file, local, Pieces, offset);
  default: return pwritev64(file, local, Pieces, (off64_t)(uintptr_t)to);
  }
}

static void look(const char *when) {
  static unsigned char read[Pages << 16];
  const size_t edge = (Pages - 1) * page;
  CHECK(MutatorCodeRead(memory + page, read, (Pages - 2) * page) == MutatorResOK, "read");
  CHECK(memcmp(read, truth + page, (Pages - 2) * page) == 0, "%s: another truth", when);
  CHECK(memcmp(memory, truth, page) == 0 && memcmp(memory + edge, truth + edge, page) == 0, "%s: outside", when);
}

static void step(void) {
  static unsigned char bytes[Longest];
  const size_t at = below(Pages * page - 1), most = Pages * page - at < Longest ? Pages * page - at : Longest;
  const size_t size = 1 + below(below(2) == 0 ? (most < 16 ? most : 16) : most);
  const unsigned call = (unsigned)below(5);
  size_t i;
  ssize_t count;
  for (i = 0; i < size; i++)
    bytes[i] = (unsigned char)faultTestRandom(&seed);
  count = writeBy(call, memory + at, bytes, size);
  CHECK(count == (ssize_t)size, "call %u: %ld of %lu: %s", call, (long)count, (unsigned long)size, strerror(errno));
  memcpy(truth + at, bytes, size);
}

/* As without the library. */
static void others(void) {
  const int object = memfd_create("other", MFD_CLOEXEC);
  unsigned char bytes[4] = {1, 2, 3, 4}, read[4] = {0};
  struct iovec local = {bytes, 4}, remote = {NULL, 4};
  CHECK(object >= 0 && pwrite(object, bytes, 2, 0) == 2 && pwritev(object, &local, 1, 2) == 4, "another file");
  CHECK(pread(object, read, 4, 1) == 4 && read[0] == 2 && read[1] == 1, "its bytes");
  CHECK(pwrite(-1, bytes, 1, (off_t)(uintptr_t)(memory + page)) == -1 && errno == EBADF, "no file");
  CHECK(process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == -1 && errno == EFAULT, "nowhere");
  CHECK(process_vm_writev(getpid(), &local, 1, &remote, 1, 1) == -1 && errno == EINVAL, "flags");
  CHECK(process_vm_writev(0, &local, 1, &remote, 1, 0) == -1 && errno == ESRCH, "no process");
  CHECK(pwrite(file, bytes, 0, (off_t)(uintptr_t)(memory + page)) == 0, "nothing");
  (void)close(object);
}

/* A breakpoint in code that a call has written. */
static void hitOne(void) {
  unsigned char code[] = {0xb8, 7, 0, 0, 0, 0xc3}, *at = memory + 2 * page;
  unsigned (*function)(void);
  static MutatorBreakStruct breakpoint;
  MutatorBreakReportStruct report;
  CHECK(MutatorBreakSet(&breakpoint, at, NULL) == MutatorResOK, "set");
  CHECK(writeBy(0, at, code, sizeof code) == sizeof code, "write");
  memcpy(truth + 2 * page, code, sizeof code);
  memcpy(&function, &at, sizeof function);
  CHECK(function() == 7, "the function");
  CHECK(MutatorBreakQuery(&breakpoint, &report) == MutatorResOK, "query");
  CHECK(report.hits == 1 && report.rewrites > 0, "%u hits, %u rewrites", (unsigned)report.hits,
        (unsigned)report.rewrites);
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK, "clear");
}

int main(void) {
  const char *chosen = getenv("MUTATOR_SEED");
  MutatorFaultOptionsStruct options;
  unsigned i;
  if (chosen != NULL)
    seed = strtoull(chosen, NULL, 10) | 1;
  page = nativePageSize();
  CHECK(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  options.hook = MutatorFaultHookTRAP;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResOK, "setup");
  memory = nativeMap(NULL, Pages * page, NativeALL);
  truth = nativeMap(NULL, Pages * page, NativeREADWRITE);
  memset(memory, 0xc3, Pages * page);
  memset(truth, 0xc3, Pages * page);
  file = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  CHECK(file >= 0, "open");
  CHECK(MutatorCodeAdd(&region, memory + page, memory + (Pages - 1) * page, NULL) == MutatorResOK, "region");
  for (i = 0; i < Breaks; i++) /* at the edges of pages, and between */
    CHECK(MutatorBreakSet(&breaks[i], memory + page + i * ((Pages - 2) * page - 1) / (Breaks - 1), NULL) ==
              MutatorResOK,
          "set %u", i);
  for (i = 0; i < Steps; i++) {
    step();
    look("after a step");
  }
  others();
  for (i = 1; i < Breaks; i++)
    CHECK(MutatorBreakClear(&breaks[i]) == MutatorResOK, "clear %u", i);
  hitOne();
  CHECK(MutatorBreakClear(&breaks[0]) == MutatorResOK, "clear");
  CHECK(memcmp(memory, truth, Pages * page) == 0, "left something");
  CHECK(MutatorCodeRemove(&region) == MutatorResOK, "remove");
  printf("%u writes\n", (unsigned)Steps);
  return 0;
}
