/* SPDX-License-Identifier: BSD-2-Clause
 *
 * thread/overflow.c -- telling a stack overflow from a wild access
 */

#include "thread/thread.h"

/* How far below the stack pointer code reaches that makes sure of its stack:
 * compilers probe page by page, virtual machines up to some twenty pages ahead. */
#define PROBE ((MutatorWord)128 * 1024)

/* How far below its stack a thread may get at one stroke: what the kernel keeps
 * free below a stack that grows (Linux, stack_guard_gap), or the guard if that is larger. */
#define GAP ((MutatorWord)1024 * 1024)

static MutatorBool isBelow(MutatorThread thread, MutatorWord address) {
  const MutatorWord gap = thread->guard > GAP ? thread->guard : GAP;
  return address < thread->stackBase && thread->stackBase - address <= gap;
}

/* With a stack pointer still in the stack the access is at most a probe away; with
 * one below it, any access from there up is one to the missing stack. */
static MutatorBool isReached(MutatorThread thread, MutatorWord address, MutatorWord stackPointer) {
  if (stackPointer >= thread->stackLimit)
    return 0;
  return stackPointer <= address || stackPointer - address <= PROBE;
}

MutatorBool MutatorThreadStackOverflow(MutatorContext context) {
  MutatorThread thread = MutatorThreadSelf();
  void *address;
  if (thread == NULL || MutatorContextVariety(context) != MutatorContextFAULT ||
      MutatorContextAddress(context, &address) != MutatorResOK)
    return 0;
  return isBelow(thread, (MutatorWord)address) &&
         isReached(thread, (MutatorWord)address, (MutatorWord)MutatorContextSP(context));
}
