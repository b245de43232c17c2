/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/frame.c -- memory that a handler must not have stores made to
 *
 * Of a signal, what the kernel wrote, from the handler's own stack up to it.  Of
 * an exception nothing is on the thread's stack.
 */

#include "cc/compiler.h"
#include "os/macos/macos.h"
#include "os/posix/area.h"

static PosixAreaStruct areaOf(const void *object, size_t size) {
  const PosixAreaStruct area = {(MutatorWord)object, (MutatorWord)object + (object != NULL ? size : 0)};
  return area;
}

/* The machine context is the uppermost part of a frame. */
static PosixAreaStruct findHandler(MutatorWord here, MutatorWord top) {
  PosixAreaStruct handler = {here - POSIX_NEARBY, here + POSIX_NEARBY};
  if (top > here && top - here <= POSIX_HANDLER_LIMIT)
    handler.limit = top;
  return handler;
}

MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size) {
  const ucontext_t *ucontext = native->ucontext;
  const PosixAreaStruct info = areaOf(native->info, sizeof(siginfo_t)), outer = areaOf(ucontext, sizeof *ucontext);
  const PosixAreaStruct state =
      ucontext != NULL ? areaOf(ucontext->uc_mcontext, (size_t)ucontext->uc_mcsize) : areaOf(NULL, 0);
  const PosixAreaStruct handler = findHandler(compilerStackAddress(), state.limit);
  return posixAreaOverlaps(&info, address, size) || posixAreaOverlaps(&outer, address, size) ||
         posixAreaOverlaps(&state, address, size) || posixAreaOverlaps(&handler, address, size);
}
