/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/mark.c -- whether a program came to its end
 */

#include "support/windows/mark.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#define VARIABLE "MUTATOR_MARK"

enum { PathMost = 300 };
static char mine[PathMost], child[PathMost];

static void end(void) { (void)remove(mine); }

/* The linker is told to want this, of programs that use nothing else of tests/support (tests/CMakeLists.txt). */
void markStart(void) __asm__("markStart") __attribute__((constructor));

void markStart(void) {
  const char *path = getenv(VARIABLE);
  FILE *file;
  if (path == NULL)
    return;
  (void)snprintf(mine, sizeof mine, "%s", path);
  file = fopen(mine, "w");
  if (file == NULL || fclose(file) != 0 || atexit(end) != 0) {
    fprintf(stderr, "%s: no mark can be made there\n", mine);
    exit(EXIT_FAILURE);
  }
}

void markChild(void) {
  char setting[PathMost + sizeof VARIABLE + 1];
  if (mine[0] == '\0')
    return;
  (void)snprintf(child, sizeof child, "%.*s.child", PathMost - 8, mine);
  (void)snprintf(setting, sizeof setting, VARIABLE "=%s", child);
  (void)_putenv(setting);
}

int markChildEnded(void) {
  if (child[0] == '\0' || _access(child, 0) != 0)
    return 1;
  (void)remove(child);
  return 0;
}
