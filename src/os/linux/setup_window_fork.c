/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/setup_window_fork.c -- the windows' fork policies
 *
 * A window with policy COPY is copied into an object of the child's own before
 * fork, by the forking thread: that is when private memory would be copied, as
 * far as that thread can see.  The child maps the copy wherever the old object
 * was mapped, with the protection that was there.  Protection keys, locks and
 * madvise(2) settings of those mappings are lost.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "os/linux/linux.h"

/* MapsLineStruct -- the beginning of a line of /proc/self/maps (proc(5)) */
typedef struct MapsLineStruct {
  size_t length;
  char text[128]; /* all fields but the path name, which is not needed */
} MapsLineStruct;

/* MappingStruct -- the same, understood */
typedef struct MappingStruct {
  MutatorWord base;
  MutatorWord limit;
  int protection;
  MutatorBool shared;
  uint64_t offset;
  uint64_t device;
  uint64_t inode;
} MappingStruct;

static uint64_t windowDevice; /* of every window's object: all are in the kernel's own file system */

/* copying, in the parent ----------------------------------------------------- */

static MutatorBool writeAll(int object, const char *bytes, size_t size, off64_t offset) {
  while (size > 0) {
    const ssize_t count = pwrite64(object, bytes, size, offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return 0;
    bytes += count;
    offset += count;
    size -= (size_t)count;
  }
  return 1;
}

/* Pages that were never touched stay untouched (lseek(2), SEEK_DATA). */
static MutatorBool copyData(MutatorWindow window, int copy) {
  const int object = (int)window->object;
  off64_t data, hole = 0;
  while ((data = lseek64(object, hole, SEEK_DATA)) >= 0) {
    hole = lseek64(object, data, SEEK_HOLE);
    if (hole < 0 || !writeAll(copy, (const char *)window->alias + data, (size_t)(hole - data), data))
      return 0;
  }
  return errno == ENXIO;
}

static MutatorWord copyObject(MutatorWindow window) {
  struct stat status;
  int copy;
  if (!mutatorLinuxObjectIsOurs(window, &status))
    return LINUX_NO_OBJECT;
  windowDevice = status.st_dev;
  copy = mutatorLinuxObjectCreate(window->size);
  if (copy < 0)
    return LINUX_NO_OBJECT;
  if (copyData(window, copy))
    return (MutatorWord)copy;
  (void)close(copy);
  return LINUX_NO_OBJECT;
}

void mutatorLinuxWindowsPrepare(void) {
  MutatorWindow window;
  for (window = mutatorCoreWindows(); window != NULL; window = window->next)
    if (window->policy == MutatorWindowForkCOPY)
      window->copy = copyObject(window);
}

void mutatorLinuxWindowsParent(void) {
  MutatorWindow window;
  for (window = mutatorCoreWindows(); window != NULL; window = window->next) {
    if (window->policy != MutatorWindowForkCOPY || window->copy == LINUX_NO_OBJECT)
      continue;
    (void)close((int)window->copy);
    window->copy = LINUX_NO_OBJECT;
  }
}

/* reading /proc/self/maps, in the child: only system calls and a static buffer -- */

static int digitOf(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return 16;
}

/* Reads digits of that base and steps over the character after them. */
static uint64_t parseNumber(const char **text, int base) {
  uint64_t value = 0;
  for (; digitOf(**text) < base; ++*text)
    value = value * (uint64_t)base + (uint64_t)digitOf(**text);
  if (**text != '\0')
    ++*text;
  return value;
}

static int parseProtection(const char *flags) {
  return (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) | (flags[2] == 'x' ? PROT_EXEC : 0);
}

/* "7f0c4a400000-7f0c4a401000 rw-s 00001000 00:01 1045   /memfd:..." */
static MutatorBool parseLine(const MapsLineStruct *line, MappingStruct *mapping) {
  const char *text = line->text;
  unsigned upper;
  mapping->base = (MutatorWord)parseNumber(&text, 16);
  mapping->limit = (MutatorWord)parseNumber(&text, 16);
  if (mapping->limit <= mapping->base || line->length < (size_t)(text - line->text) + 5)
    return 0;
  mapping->protection = parseProtection(text);
  mapping->shared = text[3] == 's';
  text += 5;
  mapping->offset = parseNumber(&text, 16);
  upper = (unsigned)parseNumber(&text, 16);
  mapping->device = makedev(upper, (unsigned)parseNumber(&text, 16));
  mapping->inode = parseNumber(&text, 10);
  return 1;
}

/* moving to the copies, in the child -------------------------------------------- */

static MutatorBool isCopied(MutatorWindow window) {
  return window->policy == MutatorWindowForkCOPY && (window->state & OSWindowREFUSED) == 0 &&
         window->copy != LINUX_NO_OBJECT;
}

static MutatorWindow windowOf(const MappingStruct *mapping) {
  MutatorWindow window = mutatorCoreWindows();
  if (!mapping->shared || mapping->device != windowDevice)
    return NULL;
  while (window != NULL && !(isCopied(window) && (MutatorWord)mapping->inode == window->identity))
    window = window->next;
  return window;
}

static MutatorBool mapCopy(MutatorWindow window, const MappingStruct *mapping) {
  void *base = (void *)mapping->base;
  return mmap64(base, mapping->limit - mapping->base, mapping->protection, MAP_SHARED | MAP_FIXED, (int)window->copy,
                (off64_t)mapping->offset) != MAP_FAILED;
}

static void moveMapping(const MapsLineStruct *line) {
  MappingStruct mapping;
  MutatorWindow window;
  if (!parseLine(line, &mapping))
    return;
  window = windowOf(&mapping);
  if (window != NULL && !mapCopy(window, &mapping))
    window->state |= OSWindowREFUSED;
}

static void takeBytes(MapsLineStruct *line, const char *bytes, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i) {
    if (bytes[i] != '\n') {
      if (line->length < sizeof line->text - 1)
        line->text[line->length++] = bytes[i];
      continue;
    }
    line->text[line->length] = '\0';
    moveMapping(line);
    line->length = 0;
  }
}

/* The kernel finds its place in the list by address, and only mappings that have
 * been read are replaced, each by one of the same extent. */
static MutatorBool moveMappings(void) {
  static char buffer[4096];
  static MapsLineStruct line;
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  ssize_t count;
  if (maps < 0)
    return 0;
  line.length = 0;
  do {
    count = read(maps, buffer, sizeof buffer);
    if (count > 0)
      takeBytes(&line, buffer, (size_t)count);
  } while (count > 0 || (count < 0 && errno == EINTR));
  (void)close(maps);
  return count == 0;
}

static void closeMemory(void *base, size_t size) {
  (void)mmap(base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

/* A copy that failed must not leave the child writing into its parent's memory. */
static void refuse(MutatorWindow window) {
  window->state |= OSWindowREFUSED;
  if (window->policy != MutatorWindowForkCOPY)
    return;
  closeMemory(window->base, window->size);
  closeMemory(window->alias, window->size);
}

static void adoptCopy(MutatorWindow window) {
  struct stat status;
  if (mutatorLinuxObjectIsOurs(window, &status))
    (void)close((int)window->object);
  window->object = window->copy;
  window->copy = LINUX_NO_OBJECT;
  window->identity = 0;
  if (window->object != LINUX_NO_OBJECT && fstat((int)window->object, &status) == 0)
    window->identity = (MutatorWord)status.st_ino;
}

static void settle(MutatorWindow window, MutatorBool moved) {
  if (window->policy == MutatorWindowForkSHARE)
    return;
  if (window->policy == MutatorWindowForkREFUSE || !moved || !isCopied(window))
    refuse(window);
  if (window->policy == MutatorWindowForkCOPY)
    adoptCopy(window);
}

static MutatorBool anyCopied(void) {
  MutatorWindow window = mutatorCoreWindows();
  while (window != NULL && !isCopied(window))
    window = window->next;
  return window != NULL;
}

void mutatorLinuxWindowsChild(void) {
  const MutatorBool moved = anyCopied() && moveMappings();
  MutatorWindow window;
  for (window = mutatorCoreWindows(); window != NULL; window = window->next)
    settle(window, moved);
}
