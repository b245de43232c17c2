/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_process_descriptor.c -- a program closes all descriptors, and another file gets the number
 *
 * C13: the process memory is then inaccessible, and the other file is left alone.
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fault_test.h"

enum { First = 3, Last = 64 };

/* An address that is also a plausible place in a file. */
#define LOW ((void *)(uintptr_t)0x200000)

int main(void) {
  unsigned *word =
      mmap(LOW, nativePageSize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  unsigned value = 1;
  struct stat status;
  int file;
  CHECK(word != MAP_FAILED, "mmap");
  faultTestSetup();
  if (MutatorMemoryProcess() == NULL)
    faultTestSkip("no /proc/self/mem here");
  CHECK(MutatorMemoryStore(MutatorMemoryProcess(), word, &value, 4) == MutatorResOK && *word == 1, "before");
  for (file = First; file < Last; ++file)
    (void)close(file);
  CHECK(MutatorMemoryLoad(MutatorMemoryProcess(), &value, word, 4) == MutatorResACCESS, "closed");
  for (file = memfd_create("other", 0); file < Last; file = dup(file))
    CHECK(file >= 0, "dup");
  errno = 4711;
  value = 2;
  CHECK(MutatorMemoryStore(MutatorMemoryProcess(), word, &value, 4) == MutatorResACCESS, "another file");
  CHECK(MutatorMemoryLoad(MutatorMemoryProcess(), &value, word, 4) == MutatorResACCESS, "another file");
  CHECK(errno == 4711, "errno");
  CHECK(fstat(Last - 1, &status) == 0 && status.st_size == 0, "the other file was written");
  CHECK(*word == 1, "nothing was stored");
  return 0;
}
