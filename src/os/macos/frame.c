/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/frame.c -- memory that a handler must not have stores made to
 *
 * Of a signal, what the kernel wrote, from the handler's own stack up to it.  Of
 * an exception nothing is on the thread's stack.
 */

#include "cc/compiler.h"
#include "os/macos/macos.h"

/* AreaStruct -- [base, limit) */
typedef struct AreaStruct {
  MutatorWord base;
  MutatorWord limit;
} AreaStruct;

/* Below the stack pointer: the red zone and what is about to be called.  Above
 * it, where the frame is not on this stack: our callers' frames. */
#define NEARBY ((MutatorWord)4096)

/* A handler that has used more of the interrupted stack is not expected. */
#define HANDLER_LIMIT ((MutatorWord)1 << 20)

/* No overflow: an operand may end at the top of the address space. */
static MutatorBool overlaps(const AreaStruct *area, MutatorWord address, size_t size) {
  if (area->base == area->limit || address >= area->limit)
    return 0;
  return address >= area->base || area->base - address < size;
}

static AreaStruct areaOf(const void *object, size_t size) {
  const AreaStruct area = {(MutatorWord)object, (MutatorWord)object + (object != NULL ? size : 0)};
  return area;
}

/* The machine context is the uppermost part of a frame. */
static AreaStruct findHandler(MutatorWord here, MutatorWord top) {
  AreaStruct handler = {here - NEARBY, here + NEARBY};
  if (top > here && top - here <= HANDLER_LIMIT)
    handler.limit = top;
  return handler;
}

MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size) {
  const ucontext_t *ucontext = native->ucontext;
  const AreaStruct info = areaOf(native->info, sizeof(siginfo_t)), outer = areaOf(ucontext, sizeof *ucontext);
  const AreaStruct state =
      ucontext != NULL ? areaOf(ucontext->uc_mcontext, (size_t)ucontext->uc_mcsize) : areaOf(NULL, 0);
  const AreaStruct handler = findHandler(compilerStackAddress(), state.limit);
  return overlaps(&info, address, size) || overlaps(&outer, address, size) || overlaps(&state, address, size) ||
         overlaps(&handler, address, size);
}
