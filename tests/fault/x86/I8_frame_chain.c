/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I8: in 32-bit mode the chain of frame pointers, which debuggers and profilers
 * follow where there are no tables, goes from the callback to the instruction
 * that trapped and on to its callers; also from an injection inside an injection
 */

#include <string.h>

#include "support/fault_test.h"
#include "support/inject.h"

void chainTrap(void) __asm__("chainTrap");
extern const unsigned char chainTrapAt[] __asm__("chainTrapAt");
__asm__(".text\n"
        ".globl chainTrap, chainTrapAt\n"
        "chainTrap:\n"
        "  push %ebp\n"
        "  mov %esp, %ebp\n"
        "chainTrapAt:\n"
        "  ud2\n"
        "  pop %ebp\n"
        "  ret\n");

typedef struct FrameStruct {
  const struct FrameStruct *caller;
  const void *back; /* where its caller goes on */
} FrameStruct;

enum { FramesMOST = 16 };

static unsigned long called;

__attribute__((noinline)) static const FrameStruct *caller(void) {
  const FrameStruct *frame = __builtin_frame_address(0);
  chainTrap();
  return frame;
}

/* The frame that the trap stands for. */
static const FrameStruct *toTrap(const FrameStruct *frame) {
  unsigned count = 0;
  while (frame->back != chainTrapAt) {
    CHECK(++count < FramesMOST, "the trap is not among %u frames", count);
    CHECK(frame->caller > frame, "the chain goes from %p to %p", (const void *)frame, (const void *)frame->caller);
    frame = frame->caller;
  }
  return frame;
}

static void callback(MutatorContext context, void *closure) {
  const FrameStruct *trapped = toTrap(__builtin_frame_address(0));
  MutatorWord bp = 0;
  (void)closure;
  called++;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterEBP, &bp) == MutatorResOK, "EBP");
  CHECK((MutatorWord)trapped->caller == bp, "the frame of the trap is %p, not %#x", (const void *)trapped->caller,
        (unsigned)bp);
  if (MutatorInjectDepth() == 1)
    CHECK(caller() != NULL, "no frame");
  else
    (void)toTrap(trapped->caller); /* the outer one */
  injectSkip(context, 2);
}

static void run(const MutatorInjectOptionsStruct *options) {
  void *area = injectAttach(2, options);
  called = 0;
  injectHandlerInstall(callback, NULL);
  CHECK(caller() != NULL, "no frame");
  CHECK(called == 2, "%lu calls", called);
  injectDetach(area, 2);
}

int main(void) {
  const MutatorInjectOptionsStruct second = {.size = sizeof second, .back = MutatorInjectBackTRAP};
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  run(NULL);
  run(&second);
  return 0;
}
