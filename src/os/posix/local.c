/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/local.c -- what the library knows about the calling thread
 *
 * The build gives thread-local variables the initial-exec model, which
 * allocates nothing in a handler.
 */

#include "os/posix/posix.h"

static _Thread_local OSLocalStruct local;

OSLocal mutatorOSLocal(void) { return &local; }

void mutatorOSInsideBegin(void) {
  ++local.inside;
  atomicFenceSignal();
}

void mutatorOSInsideEnd(void) {
  atomicFenceSignal();
  --local.inside;
}

static MutatorBool inStack(const stack_t *stack, MutatorWord address) {
  return (stack->ss_flags & SS_DISABLE) == 0 && address - (MutatorWord)stack->ss_sp < stack->ss_size;
}

/* Only the alternate stack says where it begins and ends.  Two frames at one
 * place: the older has been overwritten. */
MutatorBool mutatorOSAbandoned(const MutatorNativeStruct *native, MutatorWord frame, MutatorWord here) {
  const stack_t *stack = &native->ucontext->uc_stack;
  return inStack(stack, frame) && inStack(stack, here) && frame <= here;
}
