/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/setup_stack.c -- alternate signal stacks
 */

#include <signal.h>
#include <sys/mman.h>

#include "cc/compiler.h"
#include "os/posix/posix.h"

/* What the library needs of each level besides the kernel's frame, bytes: a
 * decode by Capstone takes most of it.  fault.F4.painted measures 12 KiB at most. */
#define HANDLER_SIZE ((size_t)16 * 1024)

/* StackStruct -- the stack that the library gave to this thread */
typedef struct StackStruct {
  void *mapping; /* lowest page is the guard; NULL when there is none */
  size_t mappingSize;
  stack_t stack;    /* as given to sigaltstack */
  stack_t previous; /* what the thread had before */
} StackStruct;

static _Thread_local StackStruct ours;

static size_t roundToPages(size_t size) {
  const size_t page = mutatorOSPageSize();
  return (size + page - 1) / page * page;
}

/* One level more for the fault itself, and one for the previous handler. */
static size_t sizeNeeded(size_t depth, size_t callback) {
  return roundToPages((depth + 2) * (mutatorPosixFrameSize() + HANDLER_SIZE + callback));
}

static MutatorBool isEnabled(const stack_t *stack) { return (stack->ss_flags & SS_DISABLE) == 0; }

static MutatorBool isOurs(const stack_t *stack) {
  return ours.mapping != NULL && isEnabled(stack) && stack->ss_sp == ours.stack.ss_sp;
}

/* A stack with SS_AUTODISARM does not say that it is in use. */
static MutatorBool isRunningOn(const stack_t *stack) {
  const MutatorWord here = compilerStackAddress();
  return here - (MutatorWord)stack->ss_sp < stack->ss_size;
}

/* For those who look at the thread from outside. */
static void tell(const stack_t *stack) {
  OSLocal local = mutatorOSLocal();
  local->alternateBase = isEnabled(stack) ? (MutatorWord)stack->ss_sp : 0;
  local->alternateLimit = isEnabled(stack) ? (MutatorWord)stack->ss_sp + stack->ss_size : 0;
}

/* The thread has another stack by now, or none: ours is only memory. */
static void freeOurs(void) {
  if (ours.mapping == NULL || isRunningOn(&ours.stack))
    return;
  (void)munmap(ours.mapping, ours.mappingSize);
  ours.mapping = NULL;
}

static MutatorBool allocate(StackStruct *result, size_t size) {
  const size_t page = mutatorOSPageSize();
  result->mappingSize = size + page;
  result->mapping = mmap(NULL, result->mappingSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (result->mapping == MAP_FAILED)
    return 0;
  result->stack.ss_sp = (char *)result->mapping + page;
  result->stack.ss_size = size;
  result->stack.ss_flags = 0;
  if (mprotect(result->stack.ss_sp, size, PROT_READ | PROT_WRITE) == 0)
    return 1;
  (void)munmap(result->mapping, result->mappingSize);
  return 0;
}

static MutatorRes replace(const stack_t *current, size_t size) {
  StackStruct fresh;
  if (!allocate(&fresh, size))
    return MutatorResMEMORY;
  fresh.previous = isOurs(current) ? ours.previous : *current;
  if (sigaltstack(&fresh.stack, NULL) != 0) {
    (void)munmap(fresh.mapping, fresh.mappingSize);
    return MutatorResSTATE;
  }
  freeOurs();
  ours = fresh;
  tell(&ours.stack);
  return MutatorResOK;
}

MutatorRes mutatorOSStackInstall(size_t depth, size_t callback) {
  const size_t size = sizeNeeded(depth, callback);
  stack_t current;
  if (sigaltstack(NULL, &current) != 0)
    return MutatorResSTATE;
  if ((current.ss_flags & SS_ONSTACK) != 0)
    return MutatorResSTATE;
  if (!mutatorPosixExitWatch())
    return MutatorResMEMORY;
  tell(&current);
  if (isEnabled(&current) && current.ss_size >= size)
    return MutatorResOK;
  return replace(&current, size);
}

/* The thread's own, smaller stack comes back: its owner still counts on it. */
MutatorRes mutatorOSStackRemove(void) {
  stack_t current;
  if (sigaltstack(NULL, &current) != 0 || !isOurs(&current)) {
    freeOurs();
    return MutatorResSTATE;
  }
  if (isRunningOn(&current) || sigaltstack(&ours.previous, NULL) != 0)
    return MutatorResSTATE;
  tell(&ours.previous);
  freeOurs();
  return MutatorResOK;
}
