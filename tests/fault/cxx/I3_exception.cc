/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I3: a callback that gives up its injection may leave by a C++ exception; it
 * passes through the trampoline to whoever called the code that trapped, or,
 * compiled with -fnon-call-exceptions, into the very function that trapped
 */

extern "C" {
#include "support/fault_test.h"
#include "support/inject.h"
}

namespace {

enum { Rounds = 200, Depth = 2 };

struct Left {
  unsigned depth;
};

unsigned long called, destroyed;
unsigned depthToLeave;
const volatile unsigned char *page;

struct Guard {
  Guard() {}
  ~Guard() { destroyed++; }
};

/* No frame of its own catches or cleans up. */
__attribute__((noinline)) void trap() { __asm__ volatile("ud2" ::: "memory"); }

/* Everything that a function keeps for its caller is in use across the trap. */
__attribute__((noinline)) unsigned long surround(unsigned long a) {
  unsigned long b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13;
  __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
  try {
    Guard guard;
    trap();
    CHECK(0, "the trap returned");
  } catch (const Left &left) {
    CHECK(left.depth == depthToLeave, "depth %u", left.depth);
  }
  return a + b + c + d + e + f;
}

/* The trap itself is what throws. */
__attribute__((noinline)) unsigned long direct(unsigned long a) {
  unsigned long b = a * 3, c = a * 37;
  try {
    Guard guard;
    (void)*page;
    CHECK(0, "the trap returned");
  } catch (const Left &left) {
    CHECK(left.depth == depthToLeave, "depth %u", left.depth);
  }
  return a + b + c;
}

/* One of a few deep traps again; the innermost throws, having given up as many as are to be left. */
void callback(MutatorContext context, void *closure) {
  const unsigned depth = MutatorInjectDepth();
  uint64_t seed = called;
  (void)context;
  CHECK(closure == &called, "closure");
  called++;
  injectDirty(&seed);
  if (depth < depthToLeave)
    trap();
  for (unsigned i = 0; i < depthToLeave; i++)
    CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
  CHECK(MutatorInjectDepth() == 0, "depth");
  throw Left{depth};
}

/* Leaves the inner injection alone, and is caught by the callback of the outer. */
void catching(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  if (MutatorInjectDepth() == 2) {
    CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
    throw Left{2};
  }
  CHECK(surround(9) == 9 * 40, "a register has changed");
  CHECK(MutatorInjectDepth() == 1, "depth %u", MutatorInjectDepth());
  injectSkip(context, 2);
}

void run(const MutatorInjectOptionsStruct *options) {
  const unsigned long traps = Rounds * (NATIVE_TRAP_IS_IN_TRY ? 2ul : 1ul);
  void *area = injectAttach(Depth, options);
  injectHandlerInstall(callback, &called);
  for (depthToLeave = 1; depthToLeave <= Depth; depthToLeave++) {
    called = destroyed = 0;
    for (unsigned long i = 1; i <= Rounds; i++) {
      CHECK(surround(i) == i * 40, "round %lu: a register has changed", i);
      if (NATIVE_TRAP_IS_IN_TRY)
        CHECK(direct(i) == i * 41, "round %lu: a register has changed", i);
      CHECK(MutatorInjectDepth() == 0, "depth %u", MutatorInjectDepth());
    }
    CHECK(called == traps * depthToLeave && destroyed == traps, "%lu calls, %lu guards", called, destroyed);
  }
  depthToLeave = 2;
  called = destroyed = 0;
  injectHandlerInstall(catching, nullptr);
  trap();
  CHECK(called == 2 && destroyed == 1, "%lu calls, %lu guards", called, destroyed);
  injectDetach(area, Depth);
}

} // namespace

int main() {
  MutatorInjectOptionsStruct options = MutatorInjectOptionsStruct();
  options.size = sizeof options;
  CHECK(MutatorFaultSetup(nullptr) == MutatorResOK, "set-up");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  run(nullptr);
  options.back = MutatorInjectBackTRAP;
  run(&options);
  /* Elsewhere unwinding stays on the thread's stack, and a sanitizer does not know that another was left. */
  if (nativeFrameSize() == 0 && !FAULT_TEST_ASAN) {
    static unsigned char stack[1 << 18];
    options.stack = stack;
    options.stackSize = sizeof stack;
    run(&options);
  }
  return 0;
}
