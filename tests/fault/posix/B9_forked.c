/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B9_forked.c -- a process forks while other threads set, clear, rewrite and hit: the child finds whole breakpoints, and gets on
 *
 * The code is private memory, so each process has its own.
 */

#include "support/jit_test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { Children = 1000, All = MutatorAccessREAD | MutatorAccessWRITE | MutatorAccessEXECUTE };

static JitStruct jit;
static MutatorBreakStruct always, now_and_then;
static volatile int over;
static unsigned hits;

static void hit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)breakpoint;
  (void)context;
  (void)closure;
  __atomic_fetch_add(&hits, 1, __ATOMIC_SEQ_CST);
}

static void function(size_t offset, unsigned value) {
  unsigned char bytes[JitReturnSIZE];
  jitReturn(bytes, value);
  jitWrite(&jit, offset, bytes, sizeof bytes);
}

/* On the first page, whose mode changes all the time. */
static void *setAndClear(void *closure) {
  MutatorBreakOptionsStruct options = {.size = sizeof options, .callback = hit};
  unsigned i;
  (void)closure;
  faultTestThreadStack(MutatorFaultStackInstall);
  for (i = 0; !over; i++) {
    CHECK(MutatorBreakSet(&now_and_then, jit.code + 64, &options) == MutatorResOK, "set");
    CHECK(jitCall(&jit, 64) == 2, "another value");
    CHECK(MutatorBreakClear(&now_and_then) == MutatorResOK, "clear");
    if (i % 8 == 0)
      CHECK(MutatorCodeProtect(jit.code, jit.size, MutatorAccessREAD | MutatorAccessWRITE) == MutatorResOK &&
                MutatorCodeProtect(jit.code, jit.size, All) == MutatorResOK,
            "protect");
  }
  return NULL;
}

/* In the child: all of it is there, and works. */
static void useIt(void) {
  MutatorBreakOptionsStruct options = {.size = sizeof options, .callback = hit};
  unsigned char bytes[JitReturnSIZE];
  const unsigned before = hits;
  (void)alarm(20);
  CHECK(MutatorCodeProtect(jit.code, jit.size, All) == MutatorResOK, "protect");
  jitReturn(bytes, 1);
  jitCheck(&jit, 0, bytes, sizeof bytes, "in the child");
  CHECK(jitCall(&jit, 0) == 1 && hits == before + 1, "%u hits", hits - before);
  jitReturn(bytes, 2);
  jitCheck(&jit, 64, bytes, sizeof bytes, "in the child");
  CHECK(jitCall(&jit, 64) == 2, "the other thread's function");
  (void)MutatorBreakClear(&now_and_then);
  CHECK(MutatorBreakSet(&now_and_then, jit.code + 64, &options) == MutatorResOK, "set");
  function(0, 5);
  function(64, 6);
  CHECK(jitCall(&jit, 0) == 5 && jitCall(&jit, 64) == 6, "new code");
  CHECK(MutatorBreakClear(&always) == MutatorResOK && MutatorBreakClear(&now_and_then) == MutatorResOK, "clear");
  jitReturn(bytes, 6);
  CHECK(memcmp(jit.code + 64, bytes, sizeof bytes) == 0, "left something");
  _exit(0);
}

static void forkOnce(void) {
  const pid_t child = fork();
  int status;
  CHECK(child >= 0, "fork");
  if (child == 0)
    useIt();
  CHECK(waitpid(child, &status, 0) == child, "wait");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's status is %x", (unsigned)status);
}

int main(void) {
  MutatorBreakOptionsStruct options = {.size = sizeof options, .callback = hit};
  pthread_t thread;
  unsigned i;
  jitSetup();
  jitInit(&jit, JitOPEN, 1, NULL, NULL);
  function(0, 1);
  function(64, 2);
  CHECK(MutatorBreakSet(&always, jit.code, &options) == MutatorResOK, "set");
  CHECK(pthread_create(&thread, NULL, setAndClear, NULL) == 0, "thread");
  for (i = 0; i < Children; i++)
    forkOnce();
  over = 1;
  CHECK(pthread_join(thread, NULL) == 0, "join");
  printf("%u children, %u hits in the parent\n", i, hits);
  CHECK(jitCall(&jit, 0) == 1, "the parent's code");
  jitFinish(&jit);
  return 0;
}
