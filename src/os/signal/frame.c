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

/* Below the stack pointer: the red zone and what is about to be called.  Above
 * it, where the handler's stack cannot be made out: our callers' frames. */
#define NEARBY ((MutatorWord)4096)

/* A handler that has used more of the interrupted stack is not expected. */
#define HANDLER_LIMIT ((MutatorWord)1 << 20)

/* No overflow: an operand may end at the top of the address space. */
static MutatorBool overlaps(const SignalAreaStruct *area, MutatorWord address, size_t size) {
  if (area->base == area->limit || address >= area->limit)
    return 0;
  return address >= area->base || area->base - address < size;
}

static MutatorBool inStack(const stack_t *stack, MutatorWord address) {
  return address - (MutatorWord)stack->ss_sp < stack->ss_size;
}

/* Does the frame end above us on the stack that we are running on?  On the
 * alternate stack, which the frame names, that is certain. */
static MutatorBool isAbove(const stack_t *alternate, MutatorWord here, MutatorWord top) {
  const MutatorBool onAlternate = inStack(alternate, here);
  if (top <= here || inStack(alternate, top - 1) != onAlternate)
    return 0;
  return onAlternate || top - here <= HANDLER_LIMIT;
}

/* From what we are about to push to the end of the frame, when that is on the
 * same stack; a handler may have gone to a stack of its own. */
static SignalAreaStruct findHandler(const stack_t *alternate, const SignalFrameStruct *frame, MutatorWord here) {
  const MutatorWord top = frame->top;
  SignalAreaStruct handler = {here - NEARBY, here};
  if (inStack(alternate, here) && !inStack(alternate, handler.base))
    handler.base = (MutatorWord)alternate->ss_sp;
  if (top == 0)
    return handler;
  handler.limit = isAbove(alternate, here, top) ? top : here + NEARBY;
  return handler;
}

/* Where everything usually is: a frame is some kilobytes large. */
#define VICINITY ((MutatorWord)1 << 18)

static MutatorBool isNear(MutatorWord here, const SignalAreaStruct *area) {
  return area->base - (here - VICINITY) < 2 * VICINITY && area->limit - (here - VICINITY) < 2 * VICINITY;
}

/* Most operands are far from here, and the frame is not: sooner found out than all that follows. */
static MutatorBool isFar(const SignalFrameStruct *frame, MutatorWord here, MutatorWord address, size_t size) {
  const SignalAreaStruct vicinity = {here - VICINITY, here + VICINITY};
  return vicinity.base < here && here < vicinity.limit && isNear(here, &frame->ucontext) &&
         isNear(here, &frame->info) && isNear(here, &frame->state) && !overlaps(&vicinity, address, size);
}

MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size) {
  SignalFrameStruct frame;
  SignalAreaStruct handler;
  const MutatorWord here = compilerStackAddress();
  mutatorSignalFrame(native, &frame);
  if (isFar(&frame, here, address, size))
    return 0;
  handler = findHandler(&native->ucontext->uc_stack, &frame, here);
  return overlaps(&frame.ucontext, address, size) || overlaps(&frame.info, address, size) ||
         overlaps(&frame.state, address, size) || overlaps(&handler, address, size);
}
