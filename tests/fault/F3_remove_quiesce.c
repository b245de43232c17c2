/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_remove_quiesce.c -- Remove does not wait for a callback, Quiesce does, and the index goes on meanwhile
 */

#include "support/fault_test.h"

#include <pthread.h>

static unsigned char *page;
static MutatorFaultRangeStruct range, other;
static volatile int inside, leave;

/* Not async-signal-safe code's way to wait, but it needs nothing. */
static MutatorFaultResult stayInside(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                     void *closure) {
  (void)context;
  (void)access;
  (void)closure;
  CHECK(of == &range && address == page, "range and address");
  inside = 1;
  while (!leave)
    nativeSleep(1);
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

static void *fault(void *closure) {
  faultTestThreadStack(MutatorFaultStackInstall);
  *(volatile unsigned char *)page = 7;
  faultTestThreadStack(MutatorFaultStackRemove);
  return closure;
}

static void changeOthers(unsigned times) {
  static unsigned char somewhere[16];
  while (times-- > 0) {
    CHECK(MutatorFaultRangeAdd(&other, somewhere, somewhere + 16, stayInside, NULL, NULL) == MutatorResOK, "add");
    CHECK(MutatorFaultRangeRemove(&other) == MutatorResOK, "remove");
  }
}

int main(void) {
  MutatorFaultRange found;
  pthread_t thread;
  double start;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), stayInside, NULL, NULL) == MutatorResOK, "add");
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside yet");
  CHECK(pthread_create(&thread, NULL, fault, NULL) == 0, "thread");
  while (!inside)
    nativeSleep(1);

  CHECK(MutatorFaultRangeRemove(&range) == MutatorResOK, "remove does not wait");
  CHECK(MutatorFaultRangeFind(page, &found) == MutatorResFAIL, "unlinked at once");
  CHECK(MutatorFaultQuiesce(0) == MutatorResBUSY, "asked once");
  start = nativeSeconds();
  CHECK(MutatorFaultQuiesce(50) == MutatorResBUSY, "waited");
  CHECK(nativeSeconds() - start > 0.045 && nativeSeconds() - start < 5, "waited %.3f s", nativeSeconds() - start);
  changeOthers(100000);
  CHECK(MutatorFaultQuiesce(0) == MutatorResBUSY, "still inside after 200,000 changes");

  leave = 1;
  CHECK(MutatorFaultQuiesce(20000) == MutatorResOK, "it has left");
  CHECK(pthread_join(thread, NULL) == 0 && *page == 7, "it went on");
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is left");
  return 0;
}
