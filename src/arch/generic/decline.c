/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/generic/decline.c -- a CPU whose instructions nobody has described yet
 *
 * Every instruction is declined and every no-fault access fails, so contexts,
 * capture and register edits work and nothing is ever stepped.  A new CPU
 * starts as a copy of this file and replaces one function after the other.
 */

#include "arch/arch.h"

#include <string.h>

MutatorDecline mutatorArchPlan(ArchPlan plan, const unsigned char *bytes, size_t count, MutatorWord pc) {
  (void)plan, (void)bytes, (void)count, (void)pc;
  return MutatorDeclineOPCODE;
}

/* Of a plan that there never is. */
size_t mutatorArchPlanLength(const ArchPlanStruct *plan) {
  (void)plan;
  return 0;
}

unsigned mutatorArchPlanRow(const ArchPlanStruct *plan) {
  (void)plan;
  return 0;
}

const char *mutatorArchPlanName(const ArchPlanStruct *plan) {
  (void)plan;
  return "no instruction";
}

MutatorBool mutatorArchPlanLocked(const ArchPlanStruct *plan) {
  (void)plan;
  return 0;
}

MutatorDecline mutatorArchAccesses(const ArchPlanStruct *plan, Machine machine, ArchAccesses accesses) {
  (void)plan, (void)machine, (void)accesses;
  return MutatorDeclineOPCODE;
}

MutatorRes mutatorArchPerform(const ArchPlanStruct *plan, Machine machine, ArchAccesses accesses,
                              MutatorMemory memory) {
  (void)plan, (void)machine, (void)accesses, (void)memory;
  return MutatorResUNIMPL;
}

size_t mutatorArchLength(const unsigned char *bytes, size_t count) {
  (void)bytes, (void)count;
  return 0;
}

unsigned char mutatorArchTrapByte(MutatorBool halt) {
  (void)halt;
  return 0;
}

void mutatorArchResume(Machine machine) { (void)machine; }

MutatorRes mutatorArchBranch(const unsigned char *bytes, size_t count, Machine machine) {
  (void)bytes, (void)count, (void)machine;
  return MutatorResUNIMPL;
}

MutatorRes mutatorArchDisplace(ArchDisplace displace, const unsigned char *bytes, size_t count, Machine machine,
                               MutatorMemory memory, MutatorWord place) {
  (void)displace, (void)bytes, (void)count, (void)machine, (void)memory, (void)place;
  return MutatorResUNIMPL;
}

/* Not known, so the cautious answer: a thread that may be traced is not stepped. */
MutatorBool mutatorArchTraced(const MachineStruct *machine) {
  (void)machine;
  return 1;
}

MutatorBool mutatorArchBackward(const MachineStruct *machine) {
  (void)machine;
  return 0;
}

MutatorBool mutatorArchOperand(const unsigned char *bytes, size_t count, Machine machine, MutatorWord *addressReturn,
                               size_t *alignReturn) {
  (void)bytes, (void)count, (void)machine, (void)addressReturn, (void)alignReturn;
  return 0;
}

MutatorBool mutatorArchCanonical(MutatorWord address, size_t size) {
  (void)address, (void)size;
  return 1;
}

size_t mutatorArchBreakpointLength(MutatorWord pc) {
  (void)pc;
  return 0;
}

MutatorBool mutatorArchNofaultLoad(void *buffer, const void *address, size_t size) {
  (void)buffer, (void)address, (void)size;
  return 0;
}

MutatorBool mutatorArchNofaultStore(void *address, const void *buffer, size_t size) {
  (void)address, (void)buffer, (void)size;
  return 0;
}

MutatorRes mutatorArchNofaultCompareAndSwap(void *address, void *expected, const void *desired, size_t size) {
  (void)address, (void)expected, (void)desired, (void)size;
  return MutatorResUNIMPL;
}

size_t mutatorArchFetch(unsigned char bytes[ARCH_FETCH_MAX], MutatorWord pc) {
  (void)pc;
  memset(bytes, 0, ARCH_FETCH_MAX);
  return 0;
}

const ArchCodeStruct mutatorArchExpected = {NULL, NULL};

MutatorBool mutatorArchFixup(MutatorWord pc, MutatorWord *resumeReturn) {
  (void)pc, (void)resumeReturn;
  return 0;
}

MutatorRes mutatorArchLoad(MutatorMemory memory, void *buffer, void *address, size_t size) {
  (void)memory, (void)buffer, (void)address, (void)size;
  return MutatorResUNIMPL;
}

MutatorRes mutatorArchStore(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  (void)memory, (void)address, (void)buffer, (void)size;
  return MutatorResUNIMPL;
}

MutatorRes mutatorArchCompareAndSwap(MutatorMemory memory, void *address, void *expected, const void *desired,
                                     size_t size) {
  (void)memory, (void)address, (void)expected, (void)desired, (void)size;
  return MutatorResUNIMPL;
}

void mutatorArchForked(void) {}

MutatorRes mutatorArchSetup(size_t decoders) {
  (void)decoders;
  return MutatorResOK;
}

void mutatorArchUndo(void) {}

void mutatorArchInjectEnter(ArchInject arch, Machine machine, MutatorWord stack) {
  (void)arch, (void)machine, (void)stack;
}

MutatorBool mutatorArchInjectStraight(const ArchInjectStruct *arch) {
  (void)arch;
  return 0;
}

MutatorBool mutatorArchInjectReturns(const ArchInjectStruct *arch, const MachineStruct *machine) {
  (void)arch, (void)machine;
  return 0;
}

/* Every PC is refused: there is no trampoline. */
MutatorBool mutatorArchInjectOwn(MutatorWord pc) {
  (void)pc;
  return 1;
}

size_t mutatorArchInjectStateSize(void) { return 0; }

ArchTrap mutatorArchTrap(void) { return NULL; }

MutatorWord mutatorArchTrapAt(void) { return 0; }

MutatorWord mutatorArchTrapAfter(void) { return 0; }

void mutatorArchHandlerEnter(void) {}

MutatorBool mutatorArchSystemCall(MutatorWord pc) {
  (void)pc;
  return 1;
}
