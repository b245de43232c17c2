/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/debuggee.c -- what docs/debugging.md is tried on
 *
 * debuggee steps   80 expected faults, then ends
 * debuggee crash   the same, then a crash
 * debuggee traps   ten int3 of its own, which its own handler counts
 * debuggee halt    ten hits of a breakpoint of the library's, in code that is rewritten each time
 * debuggee int3    the same, of the other kind
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

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

/* breakpoints in code that is rewritten ---------------------------------------- */

#define HITS 10
#define MOVE 5 /* bytes of MOV EAX, value; RET is behind it */

static unsigned char *compiled; /* gdb asks for it */
static volatile unsigned hits;

static void hit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)breakpoint;
  (void)context;
  (void)closure;
  hits++;
}

static __attribute__((noinline)) void returned(unsigned value) { __asm__ volatile("" : : "r"(value)); }

static void compile(unsigned char value) {
  compiled[0] = 0xb8;
  compiled[1] = value;
  memset(compiled + 2, 0, MOVE - 2);
}

static void rewriteAndHit(MutatorBreakKind kind) {
  const size_t page = 4096;
  static MutatorCodeStruct code;
  static MutatorBreakStruct breakpoint;
  const MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = kind, .callback = hit};
  MutatorFaultOptionsStruct hooks;
  unsigned (*function)(void);
  unsigned char i;
  NEIGHBOUR_CHECK(MutatorFaultOptionsInit(&hooks) == MutatorResOK, "options");
  hooks.hook = MutatorFaultHookTRAP;
  NEIGHBOUR_CHECK(MutatorFaultSetupWith(NULL, &hooks) == MutatorResOK, "setup");
  compiled = mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEIGHBOUR_CHECK(compiled != MAP_FAILED, "mmap");
  compile(0);
  compiled[MOVE] = 0xc3;
  NEIGHBOUR_CHECK(MutatorCodeAdd(&code, compiled, compiled + page, NULL) == MutatorResOK, "region");
  NEIGHBOUR_CHECK(MutatorBreakSet(&breakpoint, compiled, &options) == MutatorResOK, "set");
  memcpy(&function, &compiled, sizeof function);
  for (i = 1; i <= HITS; ++i) {
    unsigned value;
    compile(i);
    value = function();
    NEIGHBOUR_CHECK(value == i, "another value");
    returned(value);
  }
  NEIGHBOUR_CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK && compiled[0] == 0xb8, "clear");
  (void)printf("%u hits\n", hits);
}

static void *user(void *argument) {
  neighbourUse(1, ROUNDS / 2);
  return argument;
}

int main(int argc, char **argv) {
  pthread_t thread;
  NEIGHBOUR_CHECK(argc == 2, "usage: debuggee steps|crash|traps|halt|int3");
  if (strcmp(argv[1], "traps") == 0) {
    trap();
    return 0;
  }
  if (strcmp(argv[1], "halt") == 0 || strcmp(argv[1], "int3") == 0) {
    rewriteAndHit(argv[1][0] == 'h' ? MutatorBreakHALT : MutatorBreakSOFTWARE);
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
