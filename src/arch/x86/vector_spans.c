/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/vector_spans.c -- which bytes of a vector operand are accessed, and accessing them
 *
 * An instruction with a mask accesses only the elements that it selects: a page
 * that holds none of them may be protected (Intel SDM volume 1, section 15.6.4).
 */

#include "arch/x86/features.h"
#include "arch/x86/vector.h"

#include <string.h>

static uint64_t lowBitsOf(uint64_t value, unsigned bits) {
  return bits < 64 ? value & (((uint64_t)1 << bits) - 1) : value;
}

uint64_t mutatorVectorMask(const PlanStruct *plan, const VectorStruct *vector) {
  return plan->mask == 0 ? ~(uint64_t)0 : mutatorVectorReadMask(vector, plan->mask);
}

/* The elements in memory, and those in the register that they become. */
static unsigned elementsInMemory(const PlanStruct *plan) { return plan->size / opcodeVector(plan->row)->element; }

static unsigned elementsInRegister(const PlanStruct *plan) {
  const OpcodeVectorRow *vector = opcodeVector(plan->row);
  if ((vector->flags & OpcodeVectorREPEATED) != 0)
    return ((unsigned)16 << plan->vectorLength) / vector->element;
  return (unsigned)mutatorPlanSize(mutatorOpcodeRows[plan->row].size, plan->vectorLength) / vector->element;
}

/* An element in memory is accessed when any that it becomes is selected. */
static uint64_t foldMask(uint64_t mask, unsigned inRegister, unsigned inMemory) {
  uint64_t folded = 0;
  unsigned i;
  if (inRegister == inMemory)
    return lowBitsOf(mask, inMemory);
  for (i = 0; i < inRegister; i += inMemory)
    folded |= lowBitsOf(mask >> i, inMemory);
  return folded;
}

static uint64_t signMask(const PlanStruct *plan, const VectorStruct *vector) {
  const unsigned size = opcodeVector(plan->row)->element;
  unsigned char bytes[64];
  uint64_t mask = 0;
  unsigned i;
  mutatorVectorRead(vector, plan->vreg, bytes, sizeof bytes);
  for (i = 0; i < elementsInMemory(plan); i++)
    mask |= (uint64_t)(bytes[i * size + size - 1] >> 7) << i;
  return mask;
}

static unsigned bitsIn(uint64_t mask) {
  unsigned count = 0;
  for (; mask != 0; mask &= mask - 1)
    count++;
  return count;
}

static uint64_t packedMask(const PlanStruct *plan, const VectorStruct *vector) {
  return lowBitsOf(~(uint64_t)0, bitsIn(lowBitsOf(mutatorVectorMask(plan, vector), elementsInMemory(plan))));
}

static uint64_t accessedElements(const PlanStruct *plan, const VectorStruct *vector) {
  switch (opcodeVector(plan->row)->spans) {
  case OpcodeSpansSIGNS: return signMask(plan, vector);
  case OpcodeSpansPACKED: return packedMask(plan, vector);
  default: return foldMask(mutatorVectorMask(plan, vector), elementsInRegister(plan), elementsInMemory(plan));
  }
}

static void addSpan(VectorSpans spans, unsigned offset, unsigned size) {
  spans->span[spans->count].offset = (uint8_t)offset;
  spans->span[spans->count].size = (uint8_t)size;
  spans->count++;
}

/* Neighbours become one span. */
static void addElements(VectorSpans spans, uint64_t elements, unsigned count, unsigned size) {
  unsigned i, first;
  for (i = 0; i < count; i++) {
    if ((elements >> i & 1) == 0)
      continue;
    for (first = i; i < count && (elements >> i & 1) != 0; i++)
      ;
    addSpan(spans, first * size, (i - first) * size);
  }
}

/* Without a mask the whole operand is one access, whatever its elements. */
static MutatorBool isWhole(const PlanStruct *plan) {
  const OpcodeVectorRow *vector = opcodeVector(plan->row);
  return vector->spans == OpcodeSpansWHOLE || (plan->mask == 0 && vector->spans != OpcodeSpansSIGNS);
}

void mutatorVectorSpans(const PlanStruct *plan, const VectorStruct *vector, VectorSpans spans) {
  spans->count = 0;
  if (isWhole(plan))
    addSpan(spans, 0, plan->size);
  else
    addElements(spans, accessedElements(plan, vector), elementsInMemory(plan), opcodeVector(plan->row)->element);
}

/* access ------------------------------------------------------------------------ */

/* The largest power of two that fits, and that is one access on this CPU. */
static size_t pieceOf(size_t size) {
  size_t piece;
  if (size <= 16 && (size & (size - 1)) == 0)
    return size;
  piece = featureHas(OpcodeFeatureAVX512F) ? 64 : featureHas(OpcodeFeatureAVX) ? 32 : 16;
  while (piece > size)
    piece /= 2;
  return piece;
}

static MutatorRes loadSpan(MutatorMemory memory, unsigned char *buffer, MutatorWord address, size_t size) {
  MutatorRes res = MutatorResOK;
  while (size > 0 && res == MutatorResOK) {
    const size_t piece = pieceOf(size);
    res = mutatorArchLoad(memory, buffer, (void *)address, piece);
    buffer += piece;
    address += piece;
    size -= piece;
  }
  return res;
}

MutatorRes mutatorSpansLoad(MutatorMemory memory, const VectorSpansStruct *spans, MutatorWord address,
                            unsigned char *buffer) {
  MutatorRes res = MutatorResOK;
  unsigned i;
  for (i = 0; i < spans->count && res == MutatorResOK; i++)
    res = loadSpan(memory, buffer + spans->span[i].offset, address + spans->span[i].offset, spans->span[i].size);
  return res;
}

static MutatorRes storeSpan(MutatorMemory memory, MutatorWord address, const unsigned char *buffer, size_t size) {
  MutatorRes res = MutatorResOK;
  while (size > 0 && res == MutatorResOK) {
    const size_t piece = pieceOf(size);
    res = mutatorArchStore(memory, (void *)address, buffer, piece);
    buffer += piece;
    address += piece;
    size -= piece;
  }
  return res;
}

/* Pages are at least this large on every CPU of the family. */
enum { SmallestPage = 4096 };

/* Is the byte writable?  A compare-and-swap of a byte with itself writes, and changes nothing. */
static MutatorRes probe(MutatorMemory memory, MutatorWord address) {
  unsigned char expected = 0;
  const unsigned char desired = 0;
  const MutatorRes res = mutatorArchCompareAndSwap(memory, (void *)address, &expected, &desired, 1);
  return res == MutatorResFAIL ? MutatorResOK : res;
}

static MutatorRes storeAll(MutatorMemory memory, const VectorSpansStruct *spans, MutatorWord address,
                           const unsigned char *buffer) {
  MutatorRes res = MutatorResOK;
  unsigned i;
  for (i = 0; i < spans->count && res == MutatorResOK; i++)
    res = storeSpan(memory, address + spans->span[i].offset, buffer + spans->span[i].offset, spans->span[i].size);
  return res;
}

static MutatorBool isOneStore(const VectorSpansStruct *spans) {
  return spans->count == 1 && pieceOf(spans->span[0].size) == spans->span[0].size;
}

static MutatorRes storeOnce(MutatorMemory memory, const VectorSpansStruct *spans, MutatorWord address,
                            const unsigned char *buffer) {
  const size_t offset = spans->span[0].offset;
  return mutatorArchStore(memory, (void *)(address + offset), buffer + offset, spans->span[0].size);
}

/* Several stores on one page succeed when the first does.  On two pages, the last byte, on the
 * second page, is tried before anything is written. */
MutatorRes mutatorSpansStore(MutatorMemory memory, const VectorSpansStruct *spans, MutatorWord address,
                             const unsigned char *buffer) {
  MutatorWord first, last;
  MutatorRes res = MutatorResOK;
  if (spans->count == 0)
    return MutatorResOK;
  if (isOneStore(spans))
    return storeOnce(memory, spans, address, buffer);
  first = address + spans->span[0].offset;
  last = address + spans->span[spans->count - 1].offset + spans->span[spans->count - 1].size - 1;
  if (first / SmallestPage != last / SmallestPage)
    res = probe(memory, last);
  return res == MutatorResOK ? storeAll(memory, spans, address, buffer) : res;
}
