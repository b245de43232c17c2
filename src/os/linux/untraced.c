/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/untraced.c -- the program's own bytes, where a debugger has put a breakpoint
 *
 * Asked before declining, so it may take its time; in a handler all the same.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/maps.h"

enum { BreakpointBYTE = 0xcc, PathMAX = 1024 };

/* CodeStruct -- the mapping of a file that holds the code */
typedef struct CodeStruct *Code;
typedef struct CodeStruct {
  MutatorWord offset; /* of the code, in the file */
  MutatorWord left;   /* bytes of the mapping from there on */
  char path[PathMAX];
} CodeStruct;

static long openFile(const char *path) {
  return syscall(SYS_openat, (long)AT_FDCWD, path, (long)(O_RDONLY | O_CLOEXEC), 0L);
}

/* "TracerPid:\t" and a number, 0 for nobody (proc_pid_status(5)); among the first lines. */
static MutatorBool isTraced(void) {
  static const char key[] = "\nTracerPid:\t";
  char text[512];
  const long file = openFile("/proc/self/status");
  long count, at;
  if (file < 0)
    return 0;
  count = syscall(SYS_read, file, text, sizeof text);
  (void)syscall(SYS_close, file);
  for (at = 0; at + (long)sizeof key <= count; ++at)
    if (memcmp(text + at, key, sizeof key - 1) == 0)
      return text[at + (long)sizeof key - 1] != '0';
  return 0;
}

static void skipTo(Maps maps, char end) {
  char character;
  do
    character = mutatorLinuxMapsNext(maps);
  while (character != end && character != '\n' && character != 0);
}

/* The rest of the line begins with blanks when there is a path. */
static MutatorBool readPath(Maps maps, Code code) {
  size_t size = 0;
  char character = mutatorLinuxMapsNext(maps);
  while (character == ' ')
    character = mutatorLinuxMapsNext(maps);
  for (; character != '\n' && character != 0; character = mutatorLinuxMapsNext(maps)) {
    if (size == PathMAX - 1)
      return 0;
    code->path[size++] = character;
  }
  code->path[size] = '\0';
  return code->path[0] == '/';
}

/* "base-limit rwxp offset device inode  path" */
static MutatorBool findCode(Maps maps, Code code, MutatorWord pc) {
  MutatorWord base, limit, offset;
  while (mutatorLinuxMapsNumber(maps, '-', &base) && mutatorLinuxMapsNumber(maps, ' ', &limit)) {
    if (pc - base >= limit - base) {
      skipTo(maps, '\n');
      continue;
    }
    skipTo(maps, ' ');
    if (!mutatorLinuxMapsNumber(maps, ' ', &offset))
      return 0;
    code->offset = offset + (pc - base);
    code->left = limit - pc;
    skipTo(maps, ' ');
    skipTo(maps, ' ');
    return readPath(maps, code);
  }
  return 0;
}

static MutatorBool locate(Code code, MutatorWord pc) {
  MapsStruct maps;
  MutatorBool found;
  if (!mutatorLinuxMapsOpen(&maps))
    return 0;
  found = findCode(&maps, code, pc);
  mutatorLinuxMapsClose(&maps);
  return found;
}

/* What a debugger writes is a breakpoint; code that differs otherwise is another. */
static MutatorBool sameButBreakpoints(const unsigned char *memory, const unsigned char *file, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (memory[i] != file[i] && memory[i] != BreakpointBYTE)
      return 0;
  return 1;
}

static MutatorBool readCode(unsigned char *bytes, size_t count, const CodeStruct *code) {
  unsigned char original[16] = {0};
  const long file = openFile(code->path);
  long got;
  if (file < 0)
    return 0;
  got =
      syscall(SYS_lseek, file, (long)code->offset, (long)SEEK_SET) < 0 ? -1 : syscall(SYS_read, file, original, count);
  (void)syscall(SYS_close, file);
  if (got != (long)count || !sameButBreakpoints(bytes, original, count))
    return 0;
  memcpy(bytes, original, count);
  return 1;
}

MutatorBool mutatorOSUntraced(unsigned char *bytes, size_t count, MutatorWord pc) {
  const int error = errno;
  CodeStruct code;
  const MutatorBool done = count <= 16 && bytes[0] == BreakpointBYTE && isTraced() && locate(&code, pc) &&
                           readCode(bytes, count < code.left ? count : (size_t)code.left, &code);
  errno = error;
  return done;
}
