/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/memory.c -- the memories that are built in, and access through any
 */

#include <mutator/memory.h>

#include "arch/arch.h"
#include "core/core.h"
#include "os/os.h"

MutatorRes MutatorMemoryInit(MutatorMemory memory, MutatorMemoryTranslate translate, MutatorMemoryLoadFunction load,
                             MutatorMemoryStoreFunction store, MutatorMemoryCompareAndSwapFunction compareAndSwap,
                             void *closure) {
  const MutatorMemoryStruct fresh = {.signature = CORE_SIGNATURE_MEMORY,
                                     .size = sizeof fresh,
                                     .translate = translate,
                                     .load = load,
                                     .store = store,
                                     .compareAndSwap = compareAndSwap,
                                     .closure = closure};
  if (!coreAligned(memory) || (translate == NULL && load == NULL))
    return MutatorResPARAM;
  *memory = fresh;
  return MutatorResOK;
}

MutatorBool MutatorMemoryCheck(MutatorMemory memory) {
  return coreAligned(memory) && memory->signature == CORE_SIGNATURE_MEMORY && memory->size == sizeof *memory;
}

void *MutatorMemoryClosure(MutatorMemory memory) { return MutatorMemoryCheck(memory) ? memory->closure : NULL; }

static MutatorRes directTranslate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                  void **pointerReturn) {
  (void)memory;
  (void)size;
  (void)access;
  *pointerReturn = address;
  return MutatorResOK;
}

MutatorMemory MutatorMemoryDirect(void) {
  static MutatorMemoryStruct direct = {
      .signature = CORE_SIGNATURE_MEMORY, .size = sizeof direct, .translate = directTranslate};
  return &direct;
}

static MutatorRes processLoad(MutatorMemory memory, void *buffer, void *address, size_t size) {
  (void)memory;
  return mutatorOSProcessRead(buffer, (MutatorWord)address, size);
}

static MutatorRes processStore(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  (void)memory;
  return mutatorOSProcessWrite((MutatorWord)address, buffer, size);
}

MutatorMemory MutatorMemoryProcess(void) {
  static MutatorMemoryStruct process = {
      .signature = CORE_SIGNATURE_MEMORY, .size = sizeof process, .load = processLoad, .store = processStore};
  return mutatorCoreOptions() != NULL && mutatorOSProcessOffered() ? &process : NULL;
}

static MutatorBool isOperandSize(size_t size) { return size > 0 && size <= 64 && (size & (size - 1)) == 0; }

MutatorRes MutatorMemoryLoad(MutatorMemory memory, void *buffer, void *address, size_t size) {
  if (!MutatorMemoryCheck(memory) || buffer == NULL || !isOperandSize(size))
    return MutatorResPARAM;
  return mutatorArchLoad(memory, buffer, address, size);
}

MutatorRes MutatorMemoryStore(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  if (!MutatorMemoryCheck(memory) || buffer == NULL || !isOperandSize(size))
    return MutatorResPARAM;
  return mutatorArchStore(memory, address, buffer, size);
}

MutatorRes MutatorMemoryCompareAndSwap(MutatorMemory memory, void *address, void *expected, const void *desired,
                                       size_t size) {
  if (!MutatorMemoryCheck(memory) || expected == NULL || desired == NULL)
    return MutatorResPARAM;
  if (!isOperandSize(size) || size > 16 || (MutatorWord)address % size != 0)
    return MutatorResPARAM;
  return mutatorArchCompareAndSwap(memory, address, expected, desired, size);
}
