/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/value.c -- what the mutator has from outside, and whether it has been here before
 *
 * The log of values is a stream of bytes in a chain of slots: sizes, each with its value.
 */

#include <string.h>

#include "backstep/backstep.h"

typedef uint32_t ValueSize;
enum { ValueLARGEST = 65536 };

/* the stream ---------------------------------------------------------------------- */

void mutatorBackstepValuesSeek(Backstep b, uint64_t values) {
  b->values = values;
  b->valueSlot = 0;
}

void mutatorBackstepValuesTrim(Backstep b) {
  const uint64_t floor = b->checkpoints > 0 ? b->checkpoint[0].values : b->values;
  BackstepChain chain = &b->valueChain;
  while (chain->first != 0 && b->valuesLow + b->unit <= floor) {
    const BackstepSlot slot = chain->first;
    chain->first = b->entries[slot].next;
    if (chain->first == 0)
      chain->last = 0;
    if (b->valueSlot == slot)
      b->valueSlot = 0;
    mutatorBackstepFree(b, slot);
    b->valuesLow += b->unit;
  }
}

/* Room that is not used after all serves the next value. */
static MutatorBool makeRoom(Backstep b, uint64_t limit) {
  while (b->valueRoom < limit) {
    const BackstepSlot slot = mutatorBackstepTake(b);
    if (slot == 0)
      return 0;
    mutatorBackstepAppend(b, &b->valueChain, slot);
    b->entries[slot].area = NULL;
    b->valueRoom += b->unit;
  }
  return 1;
}

static BackstepSlot slotAt(Backstep b) {
  uint64_t skip = (b->values - b->valuesLow) / b->unit;
  BackstepSlot slot = b->valueChain.first;
  for (; skip > 0; --skip)
    slot = b->entries[slot].next;
  return slot;
}

/* pre: that much is there */
static void copy(Backstep b, void *memory, size_t size, MutatorBool writing) {
  unsigned char *bytes = memory;
  while (size > 0) {
    const size_t at = (size_t)(b->values - b->valuesLow) % b->unit, room = b->unit - at;
    const size_t part = size < room ? size : room;
    if (b->valueSlot == 0)
      b->valueSlot = slotAt(b);
    if (writing)
      memcpy(backstepSlot(b, b->valueSlot) + at, bytes, part);
    else
      memcpy(bytes, backstepSlot(b, b->valueSlot) + at, part);
    bytes += part;
    size -= part;
    b->values += part;
    if (part == room)
      b->valueSlot = b->entries[b->valueSlot].next;
  }
}

static MutatorRes record(Backstep b, const void *value, ValueSize size) {
  if (!makeRoom(b, b->values + sizeof size + size))
    return MutatorResLIMIT;
  copy(b, &size, sizeof size, 1);
  copy(b, (void *)value, size, 1);
  b->valuesHigh = b->values;
  return MutatorResOK;
}

/* Another size: from here on it is a first time. */
static MutatorRes replay(Backstep b, void *value, ValueSize size) {
  const uint64_t before = b->values;
  ValueSize then;
  copy(b, &then, sizeof then, 0);
  if (then == size) {
    copy(b, value, size, 0);
    return MutatorResOK;
  }
  mutatorBackstepValuesSeek(b, before);
  b->valuesHigh = before;
  b->stats.diverged++;
  return record(b, value, size) == MutatorResOK ? MutatorResFAIL : MutatorResLIMIT;
}

/* the mutator's questions ----------------------------------------------------------- */

static MutatorBool event(Backstep b) {
  const MutatorBool again = b->events < b->eventsHigh;
  b->events++;
  if (!again)
    b->eventsHigh = b->events;
  return again;
}

MutatorRes MutatorBackstepValue(MutatorBackstep backstep, void *value, size_t size) {
  Backstep b = backstepOf(backstep);
  OSSignalsStruct signals;
  MutatorRes res;
  if (b == NULL || value == NULL || size == 0 || size > ValueLARGEST)
    return MutatorResPARAM;
  if (!b->started || !backstepIsOutside(b) || !mutatorBackstepEnter(b, &signals, 1))
    return MutatorResSTATE;
  (void)event(b);
  if (b->values < b->valuesHigh)
    res = replay(b, value, (ValueSize)size);
  else
    res = record(b, value, (ValueSize)size);
  mutatorBackstepLeave(b, &signals);
  return res;
}

MutatorBool MutatorBackstepReplaying(MutatorBackstep backstep) {
  Backstep b = backstepOf(backstep);
  if (b == NULL || !b->started || !backstepIsMutator(b))
    return 0;
  return b->inside || event(b);
}
