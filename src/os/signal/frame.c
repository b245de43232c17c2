/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/frame.c -- memory that a handler must not have stores made to
 *
 * Of all that lies on a stack only two things are the handler's: the frame that
 * the kernel wrote for *this* fault, and what the handler has pushed since.
 * Frames of outer faults belong to the code that was interrupted.
 */

#include "cc/compiler.h"
#include "os/signal/signal.h"

static MutatorBool inStack(const stack_t *stack, MutatorWord address) {
  return address - (MutatorWord)stack->ss_sp < stack->ss_size;
}

/* Does the frame end above us on the stack that we are running on?  On the
 * alternate stack, which the frame names, that is certain. */
static MutatorBool isAbove(const stack_t *alternate, MutatorWord here, MutatorWord top) {
  const MutatorBool onAlternate = inStack(alternate, here);
  if (top <= here || inStack(alternate, top - 1) != onAlternate)
    return 0;
  return onAlternate || top - here <= POSIX_HANDLER_LIMIT;
}

/* From what we are about to push to the end of the frame, when that is on the
 * same stack; a handler may have gone to a stack of its own. */
static PosixAreaStruct findHandler(const stack_t *alternate, const SignalFrameStruct *frame, MutatorWord here) {
  const MutatorWord top = frame->top;
  PosixAreaStruct handler = {here - POSIX_NEARBY, here};
  if (inStack(alternate, here) && !inStack(alternate, handler.base))
    handler.base = (MutatorWord)alternate->ss_sp;
  if (top == 0)
    return handler;
  handler.limit = isAbove(alternate, here, top) ? top : here + POSIX_NEARBY;
  return handler;
}

/* Where everything usually is: a frame is some kilobytes large. */
#define VICINITY ((MutatorWord)1 << 18)

static MutatorBool isNear(MutatorWord here, const PosixAreaStruct *area) {
  return area->base - (here - VICINITY) < 2 * VICINITY && area->limit - (here - VICINITY) < 2 * VICINITY;
}

/* Most operands are far from here, and the frame is not: sooner found out than all that follows. */
static MutatorBool isFar(const SignalFrameStruct *frame, MutatorWord here, MutatorWord address, size_t size) {
  const PosixAreaStruct vicinity = {here - VICINITY, here + VICINITY};
  return vicinity.base < here && here < vicinity.limit && isNear(here, &frame->ucontext) &&
         isNear(here, &frame->info) && isNear(here, &frame->state) && !posixAreaOverlaps(&vicinity, address, size);
}

MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size) {
  SignalFrameStruct frame;
  PosixAreaStruct handler;
  const MutatorWord here = compilerStackAddress();
  mutatorSignalFrame(native, &frame);
  if (isFar(&frame, here, address, size))
    return 0;
  handler = findHandler(&native->ucontext->uc_stack, &frame, here);
  return posixAreaOverlaps(&frame.ucontext, address, size) || posixAreaOverlaps(&frame.info, address, size) ||
         posixAreaOverlaps(&frame.state, address, size) || posixAreaOverlaps(&handler, address, size);
}
