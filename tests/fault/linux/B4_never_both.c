/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B4_never_both.c -- a page with breakpoints is never writable and executable at once, whatever is done to it
 *
 * One thread reads /proc/self/maps all the time; one sets and clears a second
 * breakpoint, stores by instructions that are stepped and by one that is not, and executes.
 */

#include "support/jit_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static JitStruct jit;
static volatile int over;
static unsigned long looks, seen[2];

/* What the line of the map says that holds the address: "rwxp". */
static void permissions(const char *maps, const unsigned char *address, char *text) {
  const char *line;
  text[0] = 0;
  for (line = maps; line != NULL && *line != 0; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
    unsigned long base, limit;
    if (sscanf(line, "%lx-%lx %4s", &base, &limit, text) == 3 && (unsigned long)address >= base &&
        (unsigned long)address < limit)
      return;
  }
  text[0] = 0;
}

static void *look(void *unused) {
  static char maps[1 << 16];
  (void)unused;
  while (!over) {
    const int file = open("/proc/self/maps", O_RDONLY);
    ssize_t size = 0, count;
    char text[8];
    CHECK(file >= 0, "maps");
    while ((count = read(file, maps + size, sizeof maps - 1 - (size_t)size)) > 0)
      size += count;
    (void)close(file);
    maps[size] = 0;
    permissions(maps, jit.code, text);
    CHECK(text[1] != 'w' || text[2] != 'x', "the page is %s", text);
    seen[0] += text[1] == 'w';
    seen[1] += text[2] == 'x';
    looks++;
  }
  return NULL;
}

static void compute(unsigned round) {
  static MutatorBreakStruct other;
  unsigned char function[JitReturnSIZE];
  jitReturn(function, round);
  CHECK(MutatorBreakSet(&other, jit.code + 64, NULL) == MutatorResOK, "set");
  jitWrite(&jit, 0, function, sizeof function);
  CHECK(jitCall(&jit, 0) == round, "value");
  if (jit.write != NULL) { /* a store that no table has: x87's environment */
    __asm__ volatile("fnstenv (%0); fldenv (%0)" : : "r"(jit.write + 128) : "memory");
    CHECK(jitCall(&jit, 0) == round, "value");
  }
  CHECK(MutatorBreakClear(&other) == MutatorResOK, "clear");
}

static void atRest(const char *when) {
  MutatorBreakReportStruct report;
  char code[8], write[8];
  static char maps[1 << 16];
  FILE *file = fopen("/proc/self/maps", "r");
  CHECK(file != NULL, "maps");
  maps[fread(maps, 1, sizeof maps - 1, file)] = 0;
  (void)fclose(file);
  permissions(maps, jit.code, code);
  permissions(maps, jit.write == NULL ? jit.code : jit.write, write);
  CHECK(code[2] != 'x' || write[1] != 'w', "%s: executed %s, written %s", when, code, write);
  (void)report;
}

static void run(JitRoute route) {
  static MutatorBreakStruct breakpoint;
  MutatorCodeReportStruct report;
  pthread_t thread;
  unsigned round;
  jitInit(&jit, route, 1, NULL, NULL);
  over = 0;
  seen[0] = seen[1] = 0;
  CHECK(MutatorBreakSet(&breakpoint, jit.code, NULL) == MutatorResOK, "set");
  if (route == JitOPEN)
    CHECK(pthread_create(&thread, NULL, look, NULL) == 0, "thread");
  for (round = 0; round < 3000; round++) {
    compute(round);
    if (round % 100 == 0)
      atRest(jitRouteName(route));
  }
  over = 1;
  if (route == JitOPEN) {
    CHECK(pthread_join(thread, NULL) == 0, "join");
    printf("%lu looks: writable in %lu, executable in %lu\n", looks, seen[0], seen[1]);
    CHECK(seen[1] > 0, "never executable");
  }
  report = jitReport(&jit);
  CHECK(route == JitCALLS || (report.flips >= 3000 && report.raised >= 3000), "%u flips", (unsigned)report.flips);
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK, "clear");
  jitFinish(&jit);
}

int main(void) {
  JitRoute route;
  jitSetup();
  for (route = 0; route < JitRouteLIMIT; route++)
    run(route);
  return 0;
}
