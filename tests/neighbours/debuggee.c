/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/debuggee.c -- what docs/debugging.md is tried on
 *
 * debuggee steps   80 expected faults, then ends
 * debuggee crash   the same, then a crash
 * debuggee traps   ten int3 of its own, which its own handler counts
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "neighbour.h"

#define ROUNDS 10
#define TRAPS 10

static volatile unsigned traps;

static void countTrap(int signal) {
  (void)signal;
  traps++;
}

static void trap(void) {
  struct sigaction action;
  unsigned i;
  memset(&action, 0, sizeof action);
  action.sa_handler = countTrap;
  action.sa_flags = SA_NODEFER;
  NEIGHBOUR_CHECK(sigaction(SIGTRAP, &action, NULL) == 0, "sigaction");
  for (i = 0; i < TRAPS; ++i)
    __asm__ volatile("int3");
  (void)printf("%u traps\n", traps);
}

static void *user(void *argument) {
  neighbourUse(1, ROUNDS / 2);
  return argument;
}

int main(int argc, char **argv) {
  pthread_t thread;
  NEIGHBOUR_CHECK(argc == 2, "usage: debuggee steps|crash|traps");
  if (strcmp(argv[1], "traps") == 0) {
    trap();
    return 0;
  }
  neighbourSetup();
  neighbourOpen();
  NEIGHBOUR_CHECK(pthread_create(&thread, NULL, user, NULL) == 0, "thread");
  (void)pthread_join(thread, NULL);
  neighbourUse(0, ROUNDS - ROUNDS / 2);
  (void)printf("%lu steps\n", neighbourSteps());
  (void)fflush(stdout);
  if (strcmp(argv[1], "crash") == 0)
    neighbourCrash();
  return 0;
}
