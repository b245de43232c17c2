/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/access.c -- single native accesses, and operands through a memory
 */

#include "arch/x86/features.h"
#include "arch/x86/native.h"
#include "cc/atomic.h"
#include "cc/cpuid.h"

#include <string.h>

static MutatorBool aligned(const void *address, size_t size) { return ((MutatorWord)address & (size - 1)) == 0; }

static NativeLoad loadOf(const void *address, size_t size) {
  switch (size) {
  case 1: return mutatorNativeLoad1;
  case 2: return mutatorNativeLoad2;
  case 4: return mutatorNativeLoad4;
  case 8: return mutatorNativeLoad8;
  case 16: return aligned(address, 16) ? mutatorNativeLoad16Aligned : mutatorNativeLoad16;
  case 32: return featureHas(OpcodeFeatureAVX) ? mutatorNativeLoad32 : NULL;
  case 64: return featureHas(OpcodeFeatureAVX512F) ? mutatorNativeLoad64 : NULL;
  default: return NULL;
  }
}

static NativeStore storeOf(const void *address, size_t size) {
  switch (size) {
  case 1: return mutatorNativeStore1;
  case 2: return mutatorNativeStore2;
  case 4: return mutatorNativeStore4;
  case 8: return mutatorNativeStore8;
  case 16: return aligned(address, 16) ? mutatorNativeStore16Aligned : mutatorNativeStore16;
  case 32: return featureHas(OpcodeFeatureAVX) ? mutatorNativeStore32 : NULL;
  case 64: return featureHas(OpcodeFeatureAVX512F) ? mutatorNativeStore64 : NULL;
  default: return NULL;
  }
}

/* CMPXCHG16B: CPUID leaf 1, ECX bit 13.  CPUID may take microseconds under a
 * hypervisor: asked once.  0 is "not asked yet". */
static MutatorBool hasSwap16(void) {
  static AtomicWord answer;
  if (atomicLoadRelaxed(&answer) == 0)
    atomicStoreRelaxed(&answer, (cpuidRead(1, 0).ecx >> 13 & 1) != 0 ? 2 : 1);
  return atomicLoadRelaxed(&answer) == 2;
}

static NativeSwap swapOf(size_t size) {
  switch (size) {
  case 1: return mutatorNativeSwaps[0];
  case 2: return mutatorNativeSwaps[1];
  case 4: return mutatorNativeSwaps[2];
  case 8: return mutatorNativeSwaps[3];
  case 16: return hasSwap16() ? mutatorNativeSwaps[4] : NULL;
  default: return NULL;
  }
}

/* LOCK is atomic at any alignment; across cache lines it stops every CPU, which the
 * system may forbid.  Sixteen bytes must be aligned. */
static MutatorBool swappable(const void *address, size_t size) {
  const MutatorWord first = (MutatorWord)address, line = 64;
  return aligned(address, size) || (size < 16 && first / line == (first + size - 1) / line);
}

MutatorRes mutatorArchNofaultCompareAndSwap(void *address, void *expected, const void *desired, size_t size) {
  static const MutatorRes results[] = {MutatorResOK, MutatorResACCESS, MutatorResFAIL};
  NativeSwap swap = swapOf(size);
  if (swap == NULL || !swappable(address, size))
    return MutatorResUNIMPL;
  return results[swap(address, expected, desired)];
}

/* UNIMPL: the CPU has no instruction for it. */
static MutatorRes loadFrom(void *buffer, const void *pointer, size_t size) {
  const NativeLoad load = loadOf(pointer, size);
  if (load == NULL)
    return MutatorResUNIMPL;
  return load(buffer, pointer) == 0 ? MutatorResOK : MutatorResACCESS;
}

static MutatorRes storeTo(void *pointer, const void *buffer, size_t size) {
  const NativeStore store = storeOf(pointer, size);
  if (store == NULL)
    return MutatorResUNIMPL;
  return store(pointer, buffer) == 0 ? MutatorResOK : MutatorResACCESS;
}

MutatorBool mutatorArchNofaultLoad(void *buffer, const void *address, size_t size) {
  return loadFrom(buffer, address, size) == MutatorResOK;
}

MutatorBool mutatorArchNofaultStore(void *address, const void *buffer, size_t size) {
  return storeTo(address, buffer, size) == MutatorResOK;
}

/* A client's answer, reduced to the ones a step has: what is neither OK nor
 * UNIMPL means that the operand cannot be reached. */
static MutatorRes reduced(MutatorRes res) {
  return res == MutatorResOK || res == MutatorResUNIMPL ? res : MutatorResACCESS;
}

static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  if (memory->translate == NULL)
    return MutatorResUNIMPL;
  return reduced(memory->translate(memory, address, size, access, pointerReturn));
}

MutatorRes mutatorArchLoad(MutatorMemory memory, void *buffer, void *address, size_t size) {
  void *pointer = NULL;
  MutatorRes res = translate(memory, address, size, MutatorAccessREAD, &pointer);
  if (res == MutatorResOK)
    return loadFrom(buffer, pointer, size);
  if (res != MutatorResUNIMPL || memory->load == NULL)
    return res;
  return reduced(memory->load(memory, buffer, address, size));
}

MutatorRes mutatorArchStore(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  void *pointer = NULL;
  MutatorRes res = translate(memory, address, size, MutatorAccessWRITE, &pointer);
  if (res == MutatorResOK)
    return storeTo(pointer, buffer, size);
  if (res != MutatorResUNIMPL || memory->store == NULL)
    return res;
  return reduced(memory->store(memory, address, buffer, size));
}

MutatorRes mutatorArchCompareAndSwap(MutatorMemory memory, void *address, void *expected, const void *desired,
                                     size_t size) {
  void *pointer = NULL;
  MutatorRes res = translate(memory, address, size, MutatorAccessREAD | MutatorAccessWRITE, &pointer);
  if (res == MutatorResOK)
    return mutatorArchNofaultCompareAndSwap(pointer, expected, desired, size);
  if (res != MutatorResUNIMPL || memory->compareAndSwap == NULL)
    return res;
  res = memory->compareAndSwap(memory, address, expected, desired, size);
  return res == MutatorResFAIL ? res : reduced(res);
}

/* Pages are at least this large on every CPU of the family. */
enum { SmallestPage = 4096 };

static size_t fetchBytes(unsigned char *bytes, MutatorWord pc, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    if (mutatorNativeLoad1(bytes + i, (const void *)(pc + i)) != 0)
      break;
  return i;
}

/* One load inside a page; byte by byte where the bytes may end at its edge. */
size_t mutatorArchFetch(unsigned char bytes[ARCH_FETCH_MAX], MutatorWord pc) {
  memset(bytes, 0, ARCH_FETCH_MAX);
  if (pc % SmallestPage <= SmallestPage - ARCH_FETCH_MAX)
    return mutatorNativeLoad16(bytes, (const void *)pc) == 0 ? ARCH_FETCH_MAX : 0;
  return fetchBytes(bytes, pc, ARCH_FETCH_MAX);
}

const ArchCodeStruct mutatorArchExpected = {mutatorNativeBegin, mutatorNativeEnd};

MutatorBool mutatorArchFixup(MutatorWord pc, MutatorWord *resumeReturn) {
  const MutatorWord begin = (MutatorWord)mutatorNativeBegin;
  const int32_t *pair;
  if (pc < begin || pc >= (MutatorWord)mutatorNativeEnd)
    return 0;
  for (pair = mutatorNativeFixups; pair < mutatorNativeFixupsEnd; pair += 2)
    if (begin + (MutatorWord)(intptr_t)pair[0] == pc) {
      *resumeReturn = begin + (MutatorWord)(intptr_t)pair[1];
      return 1;
    }
  return 0;
}

/* INT3 is CC; INT 3 in two bytes, CD 03, raises the same exception. */
size_t mutatorArchBreakpointLength(MutatorWord pc) {
  unsigned char bytes[2];
  if (mutatorNativeLoad1(&bytes[1], (const void *)(pc - 1)) != 0)
    return 0;
  if (bytes[1] == 0xcc)
    return 1;
  if (bytes[1] != 0x03 || mutatorNativeLoad1(&bytes[0], (const void *)(pc - 2)) != 0)
    return 0;
  return bytes[0] == 0xcd ? 2 : 0;
}

void mutatorArchHandlerEnter(void) { mutatorNativeEnter(); }
