/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/setup_backstep.c -- the log, made and given back
 */

#include <string.h>

#include "backstep/backstep.h"

#define DEFAULT_DENSITY ((uint64_t)524288)
#define DEFAULT_BUDGET ((size_t)64 * 1024 * 1024)
#define DEFAULT_STACK ((size_t)256 * 1024)
#define LARGEST_UNIT ((size_t)16 * 1024 * 1024)
#define SMALLEST_STACK ((size_t)64 * 1024)

/* Injections that may be running at once: ours, and others' in its callback. */
enum { Depth = 4 };

/* Before breakpoints and the client's handlers: what they do to a page comes after it has been saved. */
enum { Priority = 150 };

enum { DefaultKEEP = 16, LargestKEEP = 1024, DefaultRUNS = 1024 };

MutatorRes MutatorBackstepOptionsInit(MutatorBackstepOptions options) {
  if (!coreAligned(options))
    return MutatorResPARAM;
  memset(options, 0, sizeof *options);
  options->signature = CORE_SIGNATURE_BACKSTEP_OPTIONS;
  options->size = sizeof *options;
  options->density = DEFAULT_DENSITY;
  options->keep = DefaultKEEP;
  options->budget = DEFAULT_BUDGET;
  options->runs = DefaultRUNS;
  options->stackSize = DEFAULT_STACK;
  return MutatorResOK;
}

static MutatorBool unitCheck(size_t unit) {
  return unit >= mutatorOSPageSize() && unit <= LARGEST_UNIT && (unit & (unit - 1)) == 0;
}

static MutatorBool optionsCheck(const MutatorBackstepOptionsStruct *options) {
  return coreAligned(options) && options->signature == CORE_SIGNATURE_BACKSTEP_OPTIONS &&
         options->size == sizeof *options && options->density != 0 && options->keep >= 2 &&
         options->keep <= LargestKEEP && (options->unit == 0 || unitCheck(options->unit)) && options->runs > 0 &&
         options->stackSize >= SMALLEST_STACK && options->stackSize <= LARGEST_UNIT;
}

/* Of the given options, those that are left to us. */
static MutatorBool complete(MutatorBackstepOptions options, MutatorWord here) {
  MutatorThread self = MutatorThreadSelf();
  if (options->unit == 0)
    options->unit = mutatorOSPageSize();
  if (options->stackCold == NULL && self != NULL)
    options->stackCold = MutatorThreadStackLimit(self);
  return options->budget >= options->unit && options->budget / options->unit < UINT32_MAX &&
         (MutatorWord)options->stackCold > here;
}

/* laying out ----------------------------------------------------------------------- */

/* LayoutStruct -- where each part of the mapping begins; first to count, then to point */
typedef struct LayoutStruct {
  unsigned char *base; /* or NULL */
  size_t used;
} LayoutStruct, *Layout;

enum { Alignment = 64 };

static void *part(Layout layout, size_t size, size_t alignment) {
  const size_t at = (layout->used + alignment - 1) / alignment * alignment;
  layout->used = at + size;
  return layout->base == NULL ? NULL : layout->base + at;
}

/* Of each level below the highest half of `keep` stay, and all of `keep` at the lowest;
 * some more for irregular ones. */
static size_t limitOf(size_t keep) { return keep + keep / 2 * 48 + 64; }

static void layOut(Layout layout, Backstep b, const MutatorBackstepOptionsStruct *options) {
  const size_t slots = options->budget / options->unit, limit = limitOf(options->keep);
  const size_t imageSize = (b->imageSize + Alignment - 1) / Alignment * Alignment;
  void *self = part(layout, sizeof *b, Alignment);
  void *inject = part(layout, MutatorInjectAreaSize(Depth), Alignment);
  void *checkpoint = part(layout, limit * sizeof *b->checkpoint, Alignment);
  void *images = part(layout, limit * sizeof *b->images, Alignment);
  void *image = part(layout, limit * imageSize, Alignment);
  void *entries = part(layout, (slots + 1) * sizeof *b->entries, Alignment);
  unsigned char *stack = part(layout, options->stackSize, mutatorOSPageSize());
  void *memory = part(layout, slots * options->unit, mutatorOSPageSize());
  if (self == NULL)
    return;
  b->injectArea = inject;
  b->checkpoint = checkpoint;
  b->images = images;
  b->image = image;
  b->imageSize = imageSize;
  b->entries = entries;
  b->slots = memory;
  b->slotCount = (BackstepSlot)slots;
  b->checkpointLimit = limit;
  b->stack = stack;
}

static void fill(Backstep b, MutatorBackstep client, const MutatorBackstepOptionsStruct *options) {
  size_t i;
  for (i = 0; i < b->checkpointLimit; ++i)
    b->images[i] = i;
  b->client = client;
  b->density = options->density;
  b->keep = options->keep;
  b->unit = options->unit;
  b->runsLimit = options->runs;
  b->stackCold = (MutatorWord)options->stackCold;
  b->stackSize = options->stackSize;
  b->callback = options->callback;
  b->closure = options->closure;
  b->fresh = 1;
  b->target = MutatorBackstepNEVER;
  b->nextId = 1;
}

static MutatorRes attach(Backstep b) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .stack = b->stack, .stackSize = b->stackSize};
  return MutatorInjectAttach(b->injectArea, MutatorInjectAreaSize(Depth), &options);
}

static void publish(MutatorBackstep client, Backstep b) {
  memset(client, 0, sizeof *client);
  client->signature = CORE_SIGNATURE_BACKSTEP;
  client->size = sizeof *client;
  client->count = 1;
  client->state = b;
}

/* The image's size is known when the thread has its area: until then, for less than an area. */
static Backstep make(MutatorBackstep client, const MutatorBackstepOptionsStruct *options) {
  BackstepStruct sizes = {.imageSize = MutatorInjectAreaSize(1)};
  LayoutStruct layout = {NULL, 0};
  Backstep b;
  layOut(&layout, &sizes, options);
  layout.base = mutatorOSReserve(layout.used);
  if (layout.base == NULL)
    return NULL;
  b = (Backstep)(void *)layout.base;
  b->size = layout.used;
  b->imageSize = sizes.imageSize;
  layout.used = 0;
  layOut(&layout, b, options);
  fill(b, client, options);
  return b;
}

/* True when there was an entry that held `from`. */
static MutatorBool enlist(AtomicWord from, AtomicWord to) {
  size_t i;
  for (i = 0; i < BackstepLIMIT; ++i) {
    AtomicWord expected = from;
    if (atomicCompareAndSwap(&mutatorBackstepAreas[i], &expected, to))
      return 1;
  }
  return 0;
}

/* around fork: a child finds each as it is between two calls ------------------------- */

static Backstep all;

static void prepare(void) {
  OSSignalsStruct signals;
  Backstep b;
  for (b = all; b != NULL; b = b->other)
    if (mutatorBackstepEnter(b, &signals, 1))
      mutatorBackstepLeave(b, &signals);
}

static void forked(MutatorWord thread) {
  Backstep b;
  (void)thread;
  for (b = all; b != NULL; b = b->other)
    atomicStore(&b->holder, 0);
}

static const CoreForkStruct aroundFork = {prepare, forked};

static void linkIn(Backstep b) {
  mutatorOSSetupLock();
  mutatorCoreForkAdd(CoreForkBACKSTEP, &aroundFork);
  b->other = all;
  all = b;
  mutatorOSSetupUnlock();
}

static void takeOut(Backstep b) {
  Backstep *at = &all;
  mutatorOSSetupLock();
  while (*at != NULL && *at != b)
    at = &(*at)->other;
  if (*at == b)
    *at = b->other;
  mutatorOSSetupUnlock();
}

static MutatorRes enter(MutatorBackstep client, Backstep b) {
  if (!enlist(0, (AtomicWord)b->injectArea))
    return MutatorResLIMIT;
  linkIn(b);
  publish(client, b);
  return MutatorFaultHandlerAdd(&client->handler, Priority, mutatorBackstepFault, b);
}

static void leave(MutatorBackstep client, Backstep b) {
  client->signature = 0;
  takeOut(b);
  (void)enlist((AtomicWord)b->injectArea, 0);
  (void)MutatorInjectDetach();
}

static MutatorRes install(MutatorBackstep client, Backstep b) {
  MutatorRes res = attach(b);
  if (res != MutatorResOK)
    return res;
  res = enter(client, b);
  if (res != MutatorResOK)
    leave(client, b);
  return res;
}

static MutatorRes init(MutatorBackstep client, const MutatorBackstepOptionsStruct *options) {
  Backstep b = make(client, options);
  MutatorRes res;
  if (b == NULL)
    return MutatorResMEMORY;
  res = install(client, b);
  if (res != MutatorResOK)
    mutatorOSRelease(b, b->size);
  return res;
}

MutatorRes MutatorBackstepInit(MutatorBackstep client, const MutatorBackstepOptionsStruct *given) {
  MutatorBackstepOptionsStruct options;
  const MutatorWord here = (MutatorWord)&options;
  if (!coreAligned(client) || (given != NULL && !optionsCheck(given)))
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL || mutatorOSInjectArea() != NULL)
    return MutatorResSTATE;
  if (mutatorArchTrap() == NULL)
    return MutatorResUNIMPL;
  if (MutatorBackstepOptionsInit(&options) != MutatorResOK)
    return MutatorResPARAM;
  if (given != NULL)
    options = *given;
  if (!complete(&options, here) ||
      ((MutatorWord)client >= here && (MutatorWord)client < (MutatorWord)options.stackCold))
    return MutatorResPARAM;
  return init(client, &options);
}

/* Who is inside the handler leaves it soon; nobody enters it for us any more. */
static MutatorRes release(MutatorBackstep client, Backstep b) {
  MutatorRes res;
  (void)MutatorFaultHandlerRemove(&client->handler);
  res = MutatorFaultQuiesce(10000);
  if (res != MutatorResOK)
    return MutatorResBUSY;
  leave(client, b);
  mutatorOSRelease(b, b->size);
  return MutatorResOK;
}

MutatorRes MutatorBackstepFinish(MutatorBackstep client) {
  Backstep b = backstepOf(client);
  if (b == NULL)
    return MutatorResPARAM;
  if (!backstepIsOutside(b))
    return MutatorResSTATE;
  while (b->regions > 0)
    (void)MutatorBackstepRegionRemove(client, b->region[0]->client);
  return release(client, b);
}
