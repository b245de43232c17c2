/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/watch_main.c -- run a program that is to crash, and judge how it died
 *
 * watch [--ptrace] [--signal NUMBER] [--anywhere] [--says TEXT]... COMMAND ARGUMENT...
 *
 * --signal    the signal that it must die of; 11 (SIGSEGV) if not given
 * --anywhere  the neighbour ends the process its own way: the PC at death is not the crash's
 * --says      what it must have printed; see watchCheckSays
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "neighbour.h"
#include "watch.h"

#define SAYS 8

int main(int argc, char **argv) {
  static WatchStruct watch;
  const char *says[SAYS];
  MutatorBool ptraced = 0, placed = 1;
  int signal = SIGSEGV, count = 0, i, at;
  for (at = 1; at < argc && strncmp(argv[at], "--", 2) == 0; ++at) {
    if (strcmp(argv[at], "--ptrace") == 0)
      ptraced = 1;
    else if (strcmp(argv[at], "--anywhere") == 0)
      placed = 0;
    else if (strcmp(argv[at], "--signal") == 0 && at + 1 < argc)
      signal = atoi(argv[++at]);
    else if (strcmp(argv[at], "--says") == 0 && at + 1 < argc && count < SAYS)
      says[count++] = argv[++at];
    else
      neighbourFail(__FILE__, __LINE__, "option", "%s", argv[at]);
  }
  NEIGHBOUR_CHECK(at < argc, "a command");
  watchRun(argv + at, ptraced, &watch);
  watchCheckCrash(&watch, argv[at], signal, placed);
  for (i = 0; i < count; ++i)
    watchCheckSays(&watch, says[i]);
  (void)printf("%s died of signal %d at %#lx (%s)\n", argv[at], signal, watch.death.pc,
               watch.cored ? "core file" : "ptrace");
  return 0;
}
