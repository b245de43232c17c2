/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I8: backtrace(3) from the callback shows the function that trapped and its
 * callers, on either stack, and from an injection inside an injection
 */

#include <execinfo.h>
#include <string.h>

#include "support/fault_test.h"
#include "support/inject.h"

static volatile unsigned long called;

/* The frame that holds a return address into [function, function + 16). */
static int frameOf(void *const *frames, int count, void (*function)(void)) {
  uintptr_t base;
  int i;
  memcpy(&base, &function, sizeof base);
  for (i = 0; i < count; i++)
    if ((uintptr_t)frames[i] - base < 16)
      return i;
  return -1;
}

__attribute__((noinline)) static void trapping(void) { __asm__ volatile("ud2\n nop" ::: "memory"); }

__attribute__((noinline)) static void caller(void) {
  trapping();
  __asm__ volatile("" ::: "memory");
}

static void callback(MutatorContext context, void *closure) {
  void *frames[64];
  const int count = backtrace(frames, 64);
  const int trapped = frameOf(frames, count, trapping), called1 = frameOf(frames, count, caller);
  int inner = trapped;
  (void)closure;
  called++;
  CHECK(trapped > 0, "the trapped function is not among %d frames", count);
  CHECK(called1 == trapped + 1, "its caller is at %d, it at %d", called1, trapped);
  CHECK(frames[trapped] == MutatorContextPC(context), "%p, not the PC %p", frames[trapped], MutatorContextPC(context));
  if (MutatorInjectDepth() == 1) {
    caller();
  } else {
    inner = frameOf(frames + called1 + 1, count - called1 - 1, trapping);
    CHECK(inner > 0, "the outer trap is not among %d frames", count);
  }
  injectSkip(context, 2);
}

static void run(const MutatorInjectOptionsStruct *options) {
  void *area = injectAttach(2, options);
  called = 0;
  caller();
  CHECK(called == 2, "%lu calls", called);
  injectDetach(area, 2);
}

int main(void) {
  static unsigned char stack[131072];
  const MutatorInjectOptionsStruct private = {.size = sizeof private, .stack = stack, .stackSize = sizeof stack};
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  injectHandlerInstall(callback, NULL);
  run(NULL);
  run(&private);
  return 0;
}
