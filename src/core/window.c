/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/window.c -- from an address to its alias
 */

#include <mutator/window.h>

#include "core/core.h"
#include "core/window.h"
#include "os/os.h"

/* The memory's closure is the window's own address, which a copy's is not. */
MutatorBool MutatorWindowCheck(MutatorWindow window) {
  return coreAligned(window) && window->signature == CORE_SIGNATURE_WINDOW && window->structSize == sizeof *window &&
         window->memory.closure == window;
}

void *MutatorWindowBase(MutatorWindow window) { return MutatorWindowCheck(window) ? window->base : NULL; }

size_t MutatorWindowSize(MutatorWindow window) { return MutatorWindowCheck(window) ? window->size : 0; }

/* Until the port has adjusted a forked child, its memory may still be the parent's. */
static MutatorBool refuses(MutatorWindow window) {
  if ((window->state & OSWindowREFUSED) != 0)
    return 1;
  return window->policy != MutatorWindowForkSHARE && mutatorOSForked();
}

static size_t offsetOf(MutatorWindow window, const void *address) {
  return (MutatorWord)address - (MutatorWord)window->base;
}

/* An address below the base has an offset above any size. */
static MutatorBool contains(MutatorWindow window, const void *address, size_t size) {
  const size_t offset = offsetOf(window, address);
  return offset < window->size && size <= window->size - offset;
}

static MutatorBool touches(MutatorWindow window, const void *address, size_t size) {
  return offsetOf(window, address) < window->size || (MutatorWord)window->base - (MutatorWord)address < size;
}

static MutatorRes aliasOf(MutatorWindow window, const void *address, size_t size, void **aliasReturn) {
  if (!contains(window, address, size) || refuses(window))
    return MutatorResACCESS;
  *aliasReturn = (char *)window->alias + offsetOf(window, address);
  return MutatorResOK;
}

MutatorRes MutatorWindowAlias(MutatorWindow window, void *address, size_t size, void **aliasReturn) {
  if (!MutatorWindowCheck(window) || aliasReturn == NULL)
    return MutatorResPARAM;
  return aliasOf(window, address, size, aliasReturn);
}

MutatorRes mutatorCoreWindowTranslate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                      void **pointerReturn) {
  MutatorWindow window = memory->closure;
  (void)access;
  if (touches(window, address, size))
    return aliasOf(window, address, size, pointerReturn);
  *pointerReturn = address;
  return MutatorResOK;
}

MutatorMemory MutatorWindowMemory(MutatorWindow window) { return MutatorWindowCheck(window) ? &window->memory : NULL; }
