/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/setup_code.c -- memory for code, in two mappings
 */

#include <sys/types.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"

/* A second mapping of memory takes the object behind it, which nobody tells. */
void *mutatorOSMapAgain(MutatorWord base, size_t size) {
  (void)base;
  (void)size;
  return NULL;
}

/* The system takes the nearest place above the one that is asked for. */
MutatorRes mutatorOSCodeCreate(MutatorWord place, size_t size, MutatorWord *executableReturn,
                               MutatorWord *writableReturn) {
  const int object = shm_open(SHM_ANON, O_RDWR | O_CLOEXEC, 0600);
  void *executable = MAP_FAILED, *writable = MAP_FAILED;
  if (object < 0)
    return MutatorResMEMORY;
  if (ftruncate(object, (off_t)size) == 0) {
    executable = mmap((void *)place, size, PROT_READ | PROT_EXEC, MAP_SHARED, object, 0);
    writable = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
  }
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
