/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/frame.c -- memory that a handler must not have stores made to
 *
 * A vectored handler runs on the stack of the thread that faulted, right below
 * what it interrupted: between the two stack pointers are the system's records
 * of the exception, its dispatcher's frames, and ours.
 */

#include "cc/compiler.h"
#include "os/windows/windows.h"

/* AreaStruct -- [base, limit); empty when they are equal */
typedef struct AreaStruct {
  MutatorWord base;
  MutatorWord limit;
} AreaStruct;

/* Below the stack pointer: what is about to be called.  Above it, where the
 * handler's stack cannot be made out: our callers' frames. */
#define NEARBY ((MutatorWord)16384)

/* A handler that has used more of the interrupted stack is not expected. */
#define HANDLER_LIMIT ((MutatorWord)1 << 20)

/* No overflow: an operand may end at the top of the address space. */
static MutatorBool overlaps(const AreaStruct *area, MutatorWord address, size_t size) {
  if (area->base == area->limit || address >= area->limit)
    return 0;
  return address >= area->base || area->base - address < size;
}

static MutatorWord stackPointer(const MutatorNativeStruct *native) {
  MachineStruct machine;
  mutatorOSMachine(native, &machine);
  return *machineRegister(&machine, MutatorRegisterSP);
}

/* To the interrupted stack pointer, when that is above us on the same stack; a
 * thread, or a handler, may have gone to a stack of its own. */
static AreaStruct findHandler(const MutatorNativeStruct *native, MutatorWord here) {
  const MutatorWord top = stackPointer(native);
  AreaStruct handler = {here - NEARBY, here + NEARBY};
  if (top > here && top - here <= HANDLER_LIMIT)
    handler.limit = top;
  return handler;
}

MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size) {
  const AreaStruct handler = findHandler(native, compilerStackAddress());
  AreaStruct context, record = {(MutatorWord)native->record, (MutatorWord)(native->record + 1)};
  mutatorWindowsRecord(native->native, &context.base, &context.limit);
  return overlaps(&context, address, size) || overlaps(&record, address, size) || overlaps(&handler, address, size);
}
