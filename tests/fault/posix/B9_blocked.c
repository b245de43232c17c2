/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B9_blocked.c -- a thread that blocks SIGTRAP stops at a HALT all the same, and dies at an INT3, whoever planted it
 */

#include "support/jit_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned hits;

static void hit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)closure;
  CHECK(MutatorContextPC(context) == MutatorBreakAddress(breakpoint), "PC %p", MutatorContextPC(context));
  hits++;
}

static void blockTraps(void) {
  sigset_t traps;
  (void)sigemptyset(&traps);
  (void)sigaddset(&traps, SIGTRAP);
  CHECK(sigprocmask(SIG_BLOCK, &traps, NULL) == 0, "mask");
}

int main(void) {
  static JitStruct jit;
  static MutatorBreakStruct breaks[2];
  MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = MutatorBreakHALT, .callback = hit};
  unsigned char function[JitReturnSIZE];
  pid_t child;
  int status;
  jitSetup();
  jitInit(&jit, JitOPEN, 1, NULL, NULL);
  jitReturn(function, 5); /* MOV runs in a slot, RET is stepped */
  jitWrite(&jit, 0, function, sizeof function);
  CHECK(MutatorBreakSet(&breaks[0], jit.code, &options) == MutatorResOK, "set");
  CHECK(MutatorBreakSet(&breaks[1], jit.code + JitReturnSIZE - 1, &options) == MutatorResOK, "set");
  child = fork();
  CHECK(child >= 0, "fork");
  blockTraps();
  if (child == 0) {
    options.kind = MutatorBreakSOFTWARE;
    CHECK(MutatorBreakClear(&breaks[1]) == MutatorResOK, "clear");
    CHECK(MutatorBreakSet(&breaks[1], jit.code + JitReturnSIZE - 1, &options) == MutatorResOK, "set");
    (void)jitCall(&jit, 0);
    _exit(1);
  }
  CHECK(jitCall(&jit, 0) == 5 && hits == 2, "%u hits", hits);
  CHECK(waitpid(child, &status, 0) == child, "wait");
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP, "the child's status is %x", (unsigned)status);
  CHECK(MutatorBreakClear(&breaks[0]) == MutatorResOK && MutatorBreakClear(&breaks[1]) == MutatorResOK, "clear");
  jitFinish(&jit);
  return 0;
}
