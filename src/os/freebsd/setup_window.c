/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/setup_window.c -- memory that is mapped twice
 */

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/freebsd/freebsd.h"

static int createObject(size_t size) {
  const int object = shm_open(SHM_ANON, O_RDWR | O_CLOEXEC, 0600);
  if (object < 0 || ftruncate(object, (off_t)size) == 0)
    return object;
  (void)close(object);
  return -1;
}

/* Nobody copies the object when the process is forked, and it must not be the
 * parent's then: the child has none. */
static MutatorBool map(MutatorWindow window, int object, void **baseReturn) {
  *baseReturn = mmap(NULL, window->size, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
  if (*baseReturn == MAP_FAILED)
    return 0;
  if (window->policy != MutatorWindowForkCOPY || minherit(*baseReturn, window->size, INHERIT_NONE) == 0)
    return 1;
  (void)munmap(*baseReturn, window->size);
  return 0;
}

static MutatorBool mapTwice(MutatorWindow window, int object) {
  if (!map(window, object, &window->base))
    return 0;
  if (map(window, object, &window->alias))
    return 1;
  (void)munmap(window->base, window->size);
  return 0;
}

/* The mappings keep the object. */
MutatorRes mutatorOSWindowCreate(MutatorWindow window, size_t size) {
  const int object = createObject(size);
  MutatorBool mapped;
  if (object < 0)
    return MutatorResMEMORY;
  window->size = size;
  mapped = mapTwice(window, object);
  (void)close(object);
  return mapped ? MutatorResOK : MutatorResMEMORY;
}

/* In a forked child there may be nothing to unmap. */
void mutatorOSWindowDestroy(MutatorWindow window) {
  (void)munmap(window->base, window->size);
  (void)munmap(window->alias, window->size);
}
