/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/signal/local.c -- what the library knows about the calling thread
 *
 * The build gives thread-local variables the initial-exec model, which
 * allocates nothing in a handler.
 */

#include "os/posix/posix.h"

_Thread_local OSLocalStruct mutatorPosixLocal;

/* The hook's first instructions count at offset 0 and look at the second word. */
_Static_assert(offsetof(OSLocalStruct, inside) == 0 && offsetof(OSLocalStruct, putOff) == sizeof(MutatorWord),
               "as the assembly has it");

OSLocal mutatorOSLocal(void) { return &mutatorPosixLocal; }

void mutatorOSInsideBegin(void) {
  ++mutatorPosixLocal.inside;
  atomicFenceSignal();
}

/* A signal that comes before the decrement is put off, and found here; after it
 * the handler stops the thread by itself. */
void mutatorOSInsideEnd(void) {
  atomicFenceSignal();
  --mutatorPosixLocal.inside;
  atomicFenceSignal();
  if (mutatorPosixLocal.inside == 0 && mutatorPosixLocal.putOff != 0)
    mutatorPosixInsideEnded(&mutatorPosixLocal);
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
