/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/stack.c -- the mutator's stack, to the log and back
 *
 * We run on another one.
 */

#include "backstep/backstep.h"
#include "cc/compiler.h"

/* Volatile, or the compiler makes a memcpy of it, which a sanitizer has its own view of. */
COMPILER_UNCHECKED static void copy(MutatorWord to, MutatorWord from, size_t size) {
  const MutatorBool aligned = ((to | from) & (sizeof(MutatorWord) - 1)) == 0;
  size_t i = 0;
  for (; aligned && size - i >= sizeof(MutatorWord); i += sizeof(MutatorWord))
    *(volatile MutatorWord *)(to + i) = *(const volatile MutatorWord *)(from + i);
  for (; i < size; ++i)
    *(volatile unsigned char *)(to + i) = *(const volatile unsigned char *)(from + i);
}

static size_t pieceAt(Backstep b, MutatorWord address) {
  const size_t left = b->stackCold - address;
  return left < b->unit ? left : b->unit;
}

MutatorBool mutatorBackstepStackSave(Backstep b, BackstepChain chain) {
  MutatorWord address = (MutatorWord)MutatorContextStackHot(b->context);
  while (address < b->stackCold) {
    const size_t size = pieceAt(b, address);
    const BackstepSlot slot = mutatorBackstepTake(b);
    if (slot == 0)
      return 0;
    mutatorBackstepAppend(b, chain, slot);
    b->entries[slot].address = address;
    b->entries[slot].area = NULL;
    copy((MutatorWord)backstepSlot(b, slot), address, size);
    address += size;
  }
  return 1;
}

/* Frames that end now may lie below those that come back. */
void mutatorBackstepStackRestore(Backstep b, BackstepSlot slot) {
  const MutatorWord now = (MutatorWord)MutatorContextStackHot(b->context), then = b->entries[slot].address;
  compilerStackReplaced(now < then ? now : then, b->stackCold);
  for (; slot != 0; slot = b->entries[slot].next)
    copy(b->entries[slot].address, (MutatorWord)backstepSlot(b, slot), pieceAt(b, b->entries[slot].address));
}
