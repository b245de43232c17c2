/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject/setup_inject.c -- give a thread its area
 */

#include "inject/inject.h"

#include <mutator/fault.h>

#include <string.h>

#define DEFAULT_ROOM ((size_t)32 * 1024)
#define SMALLEST_STACK ((size_t)16 * 1024)

static size_t frameSize(void) {
  return INJECT_ALIGNED(sizeof(InjectFrameStruct)) + INJECT_ALIGNED(mutatorOSRecordSize()) +
         INJECT_ALIGNED(mutatorArchInjectStateSize());
}

size_t MutatorInjectAreaSize(unsigned depth) {
  if (depth == 0 || depth > InjectDepthMAX)
    return 0;
  return INJECT_ALIGNED(sizeof(InjectAreaStruct)) + depth * frameSize();
}

static MutatorBool optionsCheck(const MutatorInjectOptionsStruct *options) {
  if (!coreAligned(options) || options->size != sizeof *options || (unsigned)options->back > MutatorInjectBackTRAP)
    return 0;
  if (options->stack == NULL)
    return options->stackSize == 0;
  return options->stackSize >= SMALLEST_STACK && (MutatorWord)options->stack + options->stackSize > options->stackSize;
}

static void fill(InjectArea area, size_t size, const MutatorInjectOptionsStruct *options) {
  const size_t frames = (size - INJECT_ALIGNED(sizeof *area)) / frameSize();
  memset(area, 0, size);
  area->frames = frames < InjectDepthMAX ? frames : InjectDepthMAX;
  area->frameSize = frameSize();
  area->stateSize = mutatorArchInjectStateSize();
  area->stackBase = (MutatorWord)options->stack;
  area->stackLimit = (MutatorWord)options->stack + options->stackSize;
  area->room = options->room != 0 ? options->room : DEFAULT_ROOM;
  if (area->stackBase != 0 && area->room > options->stackSize / 2)
    area->room = options->stackSize / 2;
  area->back = options->back;
  area->thread = MutatorThreadSelf();
  area->shadow = mutatorOSShadowStack();
  area->signature = CORE_SIGNATURE_INJECT;
}

/* Before everybody else: a second trap is nobody else's. */
enum { PriorityRETURN = 1000000 };

static MutatorFaultResult onReturn(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  (void)handler;
  (void)closure;
  return MutatorInjectReturn(context) ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

/* STATE: another thread's area has brought it. */
static void addHandler(void) {
  static MutatorFaultHandlerStruct handler;
  (void)MutatorFaultHandlerAdd(&handler, PriorityRETURN, onReturn, NULL);
}

MutatorRes MutatorInjectAttach(void *memory, size_t size, const MutatorInjectOptionsStruct *options) {
  const MutatorInjectOptionsStruct defaults = {.size = sizeof defaults};
  if (options == NULL)
    options = &defaults;
  if (memory == NULL || ((MutatorWord)memory & (InjectALIGN - 1)) != 0 || size < MutatorInjectAreaSize(1) ||
      !optionsCheck(options))
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL || mutatorOSInjectArea() != NULL)
    return MutatorResSTATE;
  if (injectAreaCheck(memory))
    return MutatorResBUSY;
  addHandler();
  fill(memory, size, options);
  return mutatorOSInjectAreaSet(memory);
}

MutatorRes MutatorInjectDetach(void) {
  InjectArea area = mutatorOSInjectArea();
  if (area == NULL)
    return MutatorResSTATE;
  if (area->depth != 0)
    return MutatorResBUSY;
  area->signature = 0;
  return mutatorOSInjectAreaSet(NULL);
}
