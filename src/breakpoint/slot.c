/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/slot.c -- places where an instruction under a breakpoint runs
 *
 * One thread at a time uses a slot: it enters from the handler and comes back
 * to it by the trap byte at the slot's end, or by the fault of the instruction.
 */

#include "breakpoint/breakpoint.h"

#include <string.h>

static CodeSlots slotsOf(MutatorCode code) { return (CodeSlots)code->slots; }

static size_t freeSlot(const CodeSlotsStruct *slots) {
  size_t i;
  for (i = 0; i < CodeSlotCOUNT; ++i)
    if (slots->slot[i].origin == 0)
      break;
  return i;
}

/* HLT: the thread may block SIGTRAP, or have a debugger that keeps it. */
static void fill(MutatorWord to, ArchDisplace displace) {
  displace->code[displace->length] = mutatorArchTrapByte(1);
  memcpy((void *)to, displace->code, displace->length + 1);
}

_Static_assert(ARCH_DISPLACE_MAX <= CodeSlotBYTES, "room for the code");

MutatorRes mutatorSlotRun(MutatorCode code, MutatorContext context, const unsigned char *bytes, size_t count,
                          MutatorMemory memory) {
  CodeSlots slots = slotsOf(code);
  const size_t number = freeSlot(slots);
  const MutatorWord place = slots->executable + number * CodeSlotBYTES;
  ArchDisplaceStruct displace;
  MachineStruct machine;
  MutatorRes res;
  if (slots->foreign)
    return MutatorResUNIMPL;
  if (number == CodeSlotCOUNT)
    return MutatorResBUSY;
  mutatorOSMachine(&context->native, &machine);
  res = mutatorArchDisplace(&displace, bytes, count, &machine, memory, place);
  if (res != MutatorResOK)
    return res;
  slots->slot[number].origin = *machineRegister(&machine, MutatorRegisterPC);
  slots->slot[number].next = displace.next;
  slots->slot[number].length = displace.length;
  slots->slot[number].thread = mutatorOSThread();
  fill(slots->writable + number * CodeSlotBYTES, &displace);
  *machineRegister(&machine, MutatorRegisterPC) = place;
  return MutatorResOK;
}

static CodeSlot inSlots(const CodeSlotsStruct *slots, MutatorWord pc, MutatorWord *byReturn) {
  const MutatorWord by = pc - slots->executable;
  if (by >= CodeSlotBYTES * CodeSlotCOUNT)
    return NULL;
  *byReturn = by % CodeSlotBYTES;
  return (CodeSlot)&slots->slot[by / CodeSlotBYTES];
}

CodeSlot mutatorSlotFind(MutatorWord pc, MutatorWord *byReturn) {
  size_t i;
  for (i = 0; i < mutatorCodeCount(); ++i) {
    MutatorCodeAlias alias = mutatorCodeAt(i);
    CodeSlot slot = alias == NULL ? NULL : inSlots(slotsOf(alias->code), pc, byReturn);
    if (slot != NULL)
      return slot->origin != 0 && *byReturn <= slot->length + 1 ? slot : NULL;
  }
  return NULL;
}

void mutatorSlotsForked(MutatorCode code, MutatorWord thread) {
  CodeSlots slots = slotsOf(code);
  size_t i;
  for (i = 0; i < CodeSlotCOUNT; ++i)
    if (slots->slot[i].thread != thread)
      slots->slot[i].origin = 0;
}

MutatorBool mutatorSlotsFree(MutatorCode code) {
  const CodeSlotsStruct *slots = slotsOf(code);
  size_t i;
  for (i = 0; i < CodeSlotCOUNT; ++i)
    if (slots->slot[i].origin != 0)
      return 0;
  return 1;
}

void *MutatorCodeOrigin(void *pc) {
  OSSignalsStruct signals;
  MutatorWord by, origin = (MutatorWord)pc;
  const MutatorBool entered = mutatorCodeEnter(&signals);
  const CodeSlotStruct *slot = mutatorSlotFind((MutatorWord)pc, &by);
  if (slot != NULL)
    origin = by < slot->length ? slot->origin : slot->next;
  if (entered)
    mutatorCodeLeave(&signals);
  return (void *)origin;
}
