/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_code.c -- memory for code, in two mappings
 */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/linux/linux.h"

/* With an old size of zero mremap makes a second mapping of shared memory, with
 * the first one's protection (mremap(2)).  It goes on past the end of a mapping
 * that is in pieces, with what follows in the object. */
void *mutatorOSMapAgain(MutatorWord base, size_t size) {
  void *again = mremap((void *)base, 0, size, MREMAP_MAYMOVE);
  if (again == MAP_FAILED)
    return NULL;
  if (mprotect(again, size, PROT_READ | PROT_WRITE) == 0)
    return again;
  (void)munmap(again, size);
  return NULL;
}

/* MFD_EXEC, Linux 6.3: this memory will be executed (sysctl vm.memfd_noexec). */
#define MEMORY_EXEC 0x0010u

static int createMemory(size_t size) {
  const char *name = "mutator-code"; /* seen in /proc/self/maps */
  int object = memfd_create(name, MFD_CLOEXEC | MEMORY_EXEC);
  if (object < 0 && errno == EINVAL)
    object = memfd_create(name, MFD_CLOEXEC);
  if (object < 0 || ftruncate64(object, (off64_t)size) == 0)
    return object;
  (void)close(object);
  return -1;
}

static void *mapAt(MutatorWord place, size_t size, int protection, int object) {
  return mmap((void *)place, size, protection, MAP_SHARED, object, 0);
}

static MutatorBool isNear(MutatorWord address, MutatorWord place) {
  const MutatorWord reach = (MutatorWord)1 << 30;
  return address - place + reach < 2 * reach;
}

/* The kernel takes a place that is free as it is given, and another otherwise. */
static void *mapNear(MutatorWord place, size_t size, int object) {
  enum { Tries = 64 };
  const MutatorWord distance = (MutatorWord)1 << 24;
  void *base = MAP_FAILED;
  MutatorWord i;
  for (i = 1; i <= Tries; ++i) {
    const MutatorWord by = (i / 2 + 1) * distance;
    base = mapAt(i % 2 != 0 ? place - by : place + by, size, PROT_READ | PROT_EXEC, object);
    if (base == MAP_FAILED || isNear((MutatorWord)base, place))
      return base;
    (void)munmap(base, size);
  }
  return mapAt(0, size, PROT_READ | PROT_EXEC, object);
}

MutatorRes mutatorOSCodeCreate(MutatorWord place, size_t size, MutatorWord *executableReturn,
                               MutatorWord *writableReturn) {
  const int object = createMemory(size);
  void *executable, *writable;
  if (object < 0)
    return MutatorResMEMORY;
  executable = mapNear(place, size, object);
  writable = mapAt(0, size, PROT_READ | PROT_WRITE, object);
  (void)close(object);
  *executableReturn = (MutatorWord)executable;
  *writableReturn = (MutatorWord)writable;
  if (executable != MAP_FAILED && writable != MAP_FAILED)
    return MutatorResOK;
  if (executable != MAP_FAILED)
    (void)munmap(executable, size);
  if (writable != MAP_FAILED)
    (void)munmap(writable, size);
  return MutatorResMEMORY;
}

void mutatorOSCodeDestroy(MutatorWord executable, MutatorWord writable, size_t size) {
  (void)munmap((void *)executable, size);
  (void)munmap((void *)writable, size);
}

static MutatorBool replace(MutatorWord base, size_t size, int protection, int object) {
  return mmap((void *)base, size, protection, MAP_SHARED | MAP_FIXED, object, 0) != MAP_FAILED;
}

MutatorBool mutatorOSCodeForked(MutatorWord executable, MutatorWord writable, size_t size) {
  const int object = createMemory(size);
  MutatorBool replaced;
  if (object < 0)
    return 0;
  replaced = write(object, (const void *)writable, size) == (ssize_t)size &&
             replace(executable, size, PROT_READ | PROT_EXEC, object) &&
             replace(writable, size, PROT_READ | PROT_WRITE, object);
  (void)close(object);
  return replaced;
}
