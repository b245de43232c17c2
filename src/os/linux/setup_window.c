/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_window.c -- memory that is mapped twice
 */

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/linux/linux.h"

/* MFD_NOEXEC_SEAL, Linux 6.3, newer than some C libraries' headers.  A system can
 * demand it (sysctl vm.memfd_noexec), an older kernel does not know it. */
#define MEMORY_NOEXEC_SEAL 0x0008u

static int createMemory(void) {
  const char *name = "mutator-window"; /* seen in /proc/self/maps */
  const int object = memfd_create(name, MFD_CLOEXEC | MEMORY_NOEXEC_SEAL);
  return object >= 0 || errno != EINVAL ? object : memfd_create(name, MFD_CLOEXEC);
}

int mutatorLinuxObjectCreate(size_t size) {
  const int object = createMemory();
  if (object < 0 || ftruncate64(object, (off64_t)size) == 0)
    return object;
  (void)close(object);
  return -1;
}

static MutatorBool map(int object, size_t size, void **baseReturn) {
  *baseReturn = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, object, 0);
  return *baseReturn != MAP_FAILED;
}

static MutatorBool mapTwice(MutatorWindow window, int object) {
  if (!map(object, window->size, &window->base))
    return 0;
  if (map(object, window->size, &window->alias))
    return 1;
  (void)munmap(window->base, window->size);
  return 0;
}

/* Only copying needs the object once it is mapped. */
static void keepObject(MutatorWindow window, int object) {
  struct stat status;
  window->object = window->copy = LINUX_NO_OBJECT;
  if (window->policy != MutatorWindowForkCOPY || fstat(object, &status) != 0) {
    (void)close(object);
    return;
  }
  window->object = (MutatorWord)object;
  window->identity = (MutatorWord)status.st_ino;
}

MutatorRes mutatorOSWindowCreate(MutatorWindow window, size_t size) {
  const int object = mutatorLinuxObjectCreate(size);
  if (object < 0)
    return MutatorResMEMORY;
  window->size = size;
  if (!mapTwice(window, object)) {
    (void)close(object);
    return MutatorResMEMORY;
  }
  keepObject(window, object);
  return MutatorResOK;
}

MutatorBool mutatorLinuxObjectIsOurs(MutatorWindow window, struct stat *status) {
  if (window->object == LINUX_NO_OBJECT || fstat((int)window->object, status) != 0)
    return 0;
  return (MutatorWord)status->st_ino == window->identity && S_ISREG(status->st_mode);
}

void mutatorOSWindowDestroy(MutatorWindow window) {
  struct stat status;
  (void)munmap(window->base, window->size);
  (void)munmap(window->alias, window->size);
  if (mutatorLinuxObjectIsOurs(window, &status))
    (void)close((int)window->object);
}
