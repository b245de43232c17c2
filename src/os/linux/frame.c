/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/frame.c -- memory that a handler must not have stores made to
 *
 * Of all that lies on a stack only two things are the handler's: the frame that
 * the kernel wrote for *this* fault, and what the handler has pushed since.
 * Frames of outer faults belong to the code that was interrupted.
 */

#include <ucontext.h>

#include "cc/compiler.h"
#include "os/linux/linux.h"

/* AreaStruct -- [base, limit); empty when they are equal */
typedef struct AreaStruct {
  MutatorWord base;
  MutatorWord limit;
} AreaStruct;

/* FrameStruct -- the three parts of the frame, wherever copies of them may be */
typedef struct FrameStruct {
  AreaStruct ucontext;
  AreaStruct info;
  AreaStruct state;
} FrameStruct;

/* Below the stack pointer: the red zone and what is about to be called.  Above
 * it, where the handler's stack cannot be made out: our callers' frames. */
#define NEARBY ((MutatorWord)4096)

/* A handler that has used more of the interrupted stack is not expected. */
#define HANDLER_LIMIT ((MutatorWord)1 << 20)

/* No overflow: an operand may end at the top of the address space. */
static MutatorBool overlaps(const AreaStruct *area, MutatorWord address, size_t size) {
  if (area->base == area->limit || address >= area->limit)
    return 0;
  return address >= area->base || area->base - address < size;
}

static void findFrame(const MutatorNativeStruct *native, FrameStruct *frame) {
  frame->ucontext.base = (MutatorWord)native->ucontext - mutatorLinuxFrame.beforeUcontext;
  frame->ucontext.limit = (MutatorWord)native->ucontext + LINUX_KERNEL_UCONTEXT_SIZE + mutatorLinuxFrame.afterUcontext;
  frame->info.base = frame->info.limit = (MutatorWord)native->info;
  if (native->info != NULL) {
    frame->info.base -= mutatorLinuxFrame.beforeInfo;
    frame->info.limit += sizeof(siginfo_t);
  }
  mutatorLinuxState(native->ucontext, &frame->state.base, &frame->state.limit);
}

/* The state is the uppermost part of a frame, and the kernel always saves it.
 * Without one the record was made up by hand.  Returns 0 then. */
static MutatorWord findTop(const FrameStruct *frame) {
  return frame->state.base != frame->state.limit ? frame->state.limit : 0;
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
static AreaStruct findHandler(const stack_t *alternate, const FrameStruct *frame, MutatorWord here) {
  const MutatorWord top = findTop(frame);
  AreaStruct handler = {here - NEARBY, here};
  if (inStack(alternate, here) && !inStack(alternate, handler.base))
    handler.base = (MutatorWord)alternate->ss_sp;
  if (top == 0)
    return handler;
  handler.limit = isAbove(alternate, here, top) ? top : here + NEARBY;
  return handler;
}

MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size) {
  FrameStruct frame;
  AreaStruct handler;
  findFrame(native, &frame);
  handler = findHandler(&native->ucontext->uc_stack, &frame, compilerStackAddress());
  return overlaps(&frame.ucontext, address, size) || overlaps(&frame.info, address, size) ||
         overlaps(&frame.state, address, size) || overlaps(&handler, address, size);
}
