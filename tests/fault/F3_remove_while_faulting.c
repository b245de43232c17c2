/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_remove_while_faulting.c -- after Quiesce nobody calls what has been removed
 *
 * A thread faults in one page without pause.  The range is removed, quiesced
 * and its closure wiped; whoever comes meanwhile finds no range, and a
 * previous handler that lets the fault come again.
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { Rounds = 200 };

static unsigned char *page;
static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static volatile int done;
static volatile unsigned calls, alive[Rounds + 1];

static MutatorFaultResult step(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  unsigned i;
  (void)of;
  (void)address;
  (void)access;
  calls++;
  for (i = 0; i < 3000; i++)
    CHECK(*(volatile unsigned *)closure == 1, "called after Quiesce");
  CHECK(MutatorFaultStep(context) == MutatorResOK, "step");
  return MutatorFaultHANDLED;
}

static MutatorBool again(NativeStop stop) {
  (void)stop;
  (void)sched_yield();
  return 1;
}

static void *faultOften(void *closure) {
  unsigned count = 0;
  faultTestThreadStack(MutatorFaultStackInstall);
  while (!done)
    __asm__ volatile("movl %1, (%0)" : : "r"(page), "r"(++count) : "memory");
  return closure;
}

int main(void) {
  pthread_t thread[2];
  unsigned i;
  nativeHandle(again);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  page = MutatorWindowBase(&window);
  nativeProtect(page, nativePageSize(), NativeNONE);
  for (i = 0; i < 2; i++)
    CHECK(pthread_create(&thread[i], NULL, faultOften, NULL) == 0, "thread");
  for (i = 0; i < Rounds; i++) {
    unsigned called = calls;
    alive[i] = 1;
    CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), step, (void *)&alive[i], &window) == MutatorResOK,
          "add");
    while (calls == called)
      (void)sched_yield();
    CHECK(MutatorFaultRangeRemove(&range) == MutatorResOK, "remove");
    CHECK(MutatorFaultQuiesce(20000) == MutatorResOK, "quiesce");
    alive[i] = 0;
    memset(&range, 0xff, sizeof range);
  }
  alive[i] = 1;
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), step, (void *)&alive[i], &window) == MutatorResOK,
        "add");
  done = 1;
  for (i = 0; i < 2; i++)
    CHECK(pthread_join(thread[i], NULL) == 0, "join");
  return 0;
}
