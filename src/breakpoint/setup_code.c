/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/setup_code.c -- declare regions of code and their aliases
 */

#include "breakpoint/breakpoint.h"

#include <string.h>

#include <limits.h>

enum { SlotBytes = CodeSlotBYTES * CodeSlotCOUNT };

static MutatorFaultHandlerStruct first, last;

/* handlers ---------------------------------------------------------------------------- */

/* A page is between two modes now and then, but not while nobody is inside. */
static void prepare(void) {
  OSSignalsStruct signals;
  if (mutatorCodeEnter(&signals))
    mutatorCodeLeave(&signals);
}

/* Slots are shared memory, where two processes would run each other's instructions. */
static void forkedCode(MutatorCode code, MutatorWord thread) {
  CodeSlots slots = (CodeSlots)code->slots;
  mutatorSlotsForked(code, thread);
  slots->foreign = !mutatorOSCodeForked(slots->executable, slots->writable, SlotBytes);
}

static void forked(MutatorWord thread) {
  size_t i;
  mutatorCodeForked();
  for (i = 0; i < mutatorCodeCount(); ++i) {
    MutatorCodeAlias alias = mutatorCodeAt(i);
    if (alias != NULL && alias == &alias->code->own)
      forkedCode(alias->code, thread);
  }
}

static const CoreForkStruct aroundFork = {prepare, forked};

static MutatorRes addHandlers(void) {
  MutatorRes res = MutatorFaultHandlerAdd(&first, 100, mutatorBreakFirst, NULL);
  if (res != MutatorResOK && res != MutatorResSTATE)
    return res;
  res = MutatorFaultHandlerAdd(&last, INT_MIN, mutatorBreakLast, NULL);
  if (res != MutatorResOK && res != MutatorResSTATE)
    return res;
  mutatorOSSetupLock();
  mutatorCoreForkAdd(CoreForkBREAKPOINT, &aroundFork);
  mutatorOSSetupUnlock();
  atomicStore(&mutatorCoreTruth, (AtomicWord)mutatorMergeFetched);
  return MutatorResOK;
}

/* what is mapped ---------------------------------------------------------------------- */

/* PiecesStruct -- the mappings that make up a stretch of memory */
typedef struct PiecesStruct {
  OSMappingStruct first;
  MutatorBool whole;   /* no gap */
  MutatorBool uniform; /* one object, in one piece */
} PiecesStruct, *Pieces;

static MutatorBool continues(const OSMappingStruct *before, const OSMappingStruct *next) {
  return next->object == before->object && next->shared == before->shared &&
         (next->object == 0 || next->offset == before->offset + (before->limit - before->base));
}

static void survey(Pieces pieces, MutatorWord base, MutatorWord limit) {
  OSMappingStruct before = {0}, next;
  pieces->uniform = 1;
  pieces->whole = mutatorOSMapping(base, &before) && before.base <= base;
  pieces->first = before;
  while (pieces->whole && before.limit < limit) {
    pieces->whole = mutatorOSMapping(before.limit, &next) && next.base == before.limit;
    pieces->uniform = pieces->uniform && pieces->whole && continues(&before, &next);
    before = next;
  }
}

/* Is there, in this process, a mapping of the object through which stores can be seen? */
static MutatorBool isSharedElsewhere(const OSMappingStruct *mapping) {
  OSMappingStruct other = {0};
  while (mutatorOSMapping(other.limit, &other))
    if (other.object == mapping->object && other.shared)
      return 1;
  return 0;
}

/* the library's way to write ---------------------------------------------------------- */

static void useWindow(MutatorCode code, void *window, size_t size) {
  code->path = CodePathWINDOW;
  code->window = (MutatorWord)window;
  code->windowSize = size;
}

/* Shared memory is written to through a mapping of our own, so that its other mappings see it.  Private memory has
 * none, unless it is a file's: to write to that would part it from the file. */
static void choosePath(MutatorCode code, const PiecesStruct *pieces, void *window) {
  const size_t size = code->own.limit - code->own.base;
  void *again = NULL;
  if (window != NULL) {
    useWindow(code, window, 0);
    return;
  }
  if (pieces->first.shared && pieces->uniform)
    again = mutatorOSMapAgain(code->own.base, size);
  if (again != NULL)
    useWindow(code, again, size);
  else if (!mutatorOSProcessOffered())
    code->path = CodePathOPEN;
  else if (pieces->first.shared || (pieces->first.object != 0 && isSharedElsewhere(&pieces->first)))
    code->path = CodePathNONE;
  else
    code->path = CodePathPROCESS;
}

/* An alias of all of it may serve where the region itself did not. */
static void improvePath(MutatorCode code, const MutatorCodeAliasStruct *alias, const PiecesStruct *pieces) {
  const size_t size = code->own.limit - code->own.base;
  void *again;
  if (code->path != CodePathNONE || alias->limit - alias->base != size || !pieces->first.shared || !pieces->uniform)
    return;
  again = mutatorOSMapAgain(alias->base, size);
  if (again != NULL)
    useWindow(code, again, size);
}

/* tables ------------------------------------------------------------------------------ */

static size_t pagesOf(const MutatorCodeAliasStruct *alias) {
  return (alias->limit - alias->base) / mutatorOSPageSize();
}

static MutatorRes reserve(MutatorCode code) {
  CodeSlots slots = mutatorOSReserve(sizeof *slots);
  code->slots = (MutatorWord)slots;
  code->own.wanted = mutatorOSReserve(pagesOf(&code->own));
  code->pages = (MutatorWord)mutatorOSReserve(pagesOf(&code->own) * sizeof(CodePageStruct));
  if (slots == NULL || code->own.wanted == NULL || code->pages == 0)
    return MutatorResMEMORY;
  return mutatorOSCodeCreate(code->own.base, SlotBytes, &slots->executable, &slots->writable);
}

static void release(MutatorCode code) {
  CodeSlots slots = (CodeSlots)code->slots;
  if (slots != NULL && slots->executable != 0)
    mutatorOSCodeDestroy(slots->executable, slots->writable, SlotBytes);
  mutatorOSRelease(slots, sizeof *slots);
  mutatorOSRelease(code->own.wanted, pagesOf(&code->own));
  mutatorOSRelease((void *)code->pages, pagesOf(&code->own) * sizeof(CodePageStruct));
  if (code->windowSize != 0)
    mutatorOSRelease((void *)code->window, code->windowSize);
}

/* regions ----------------------------------------------------------------------------- */

static MutatorBool isStretch(MutatorWord base, MutatorWord limit) {
  return base != 0 && base < limit && (base | limit) % mutatorOSPageSize() == 0;
}

static MutatorBool optionsCheck(const MutatorCodeOptionsStruct *options) {
  return options == NULL || (coreAligned(options) && options->size == sizeof *options &&
                             (MutatorWord)options->window % mutatorOSPageSize() == 0);
}

static void initAlias(MutatorCodeAlias alias, MutatorCode code, MutatorWord base, MutatorWord target, size_t size) {
  const MutatorCodeAliasStruct fresh = {.signature = CORE_SIGNATURE_ALIAS,
                                        .size = sizeof fresh,
                                        .code = code,
                                        .base = base,
                                        .limit = base + size,
                                        .target = target};
  *alias = fresh;
}

static void initCode(MutatorCode code, MutatorWord base, MutatorWord limit, const MutatorCodeOptionsStruct *options) {
  memset(code, 0, sizeof *code);
  code->signature = CORE_SIGNATURE_CODE;
  code->size = sizeof *code;
  initAlias(&code->own, code, base, base, limit - base);
  if (options == NULL)
    return;
  code->written = options->written;
  code->closure = options->closure;
}

static MutatorRes enlist(MutatorCodeAlias alias) {
  OSSignalsStruct signals;
  MutatorRes res;
  if (!mutatorCodeEnter(&signals))
    return MutatorResSTATE;
  res = mutatorCodeMappingTaken(alias->base, alias->limit) ? MutatorResPARAM : mutatorCodeMappingAdd(alias);
  mutatorCodeLeave(&signals);
  return res;
}

static MutatorRes add(MutatorCode code, const PiecesStruct *pieces, void *window) {
  MutatorRes res = addHandlers();
  if (res == MutatorResOK)
    res = reserve(code);
  if (res == MutatorResOK) {
    choosePath(code, pieces, window);
    code->object = pieces->first.object;
    res = enlist(&code->own);
  }
  if (res != MutatorResOK)
    release(code);
  return res;
}

static MutatorBool isThere(const void *own) {
  OSSignalsStruct signals;
  const MutatorBool entered = mutatorCodeEnter(&signals);
  const MutatorBool there = mutatorCodeAliasCheck((MutatorCodeAlias)own);
  if (entered)
    mutatorCodeLeave(&signals);
  return there;
}

MutatorRes MutatorCodeAdd(MutatorCode code, void *base, void *limit, const MutatorCodeOptionsStruct *options) {
  MutatorCodeStruct before;
  PiecesStruct pieces;
  MutatorRes res;
  if (!coreAligned(code) || !isStretch((MutatorWord)base, (MutatorWord)limit) || !optionsCheck(options))
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL || isThere(&code->own))
    return MutatorResSTATE;
  survey(&pieces, (MutatorWord)base, (MutatorWord)limit);
  if (!pieces.whole)
    return MutatorResACCESS;
  before = *code;
  initCode(code, (MutatorWord)base, (MutatorWord)limit, options);
  res = add(code, &pieces, options == NULL ? NULL : options->window);
  if (res != MutatorResOK)
    *code = before;
  return res;
}

static void clearAll(MutatorCode code) {
  MutatorWord at;
  for (at = code->own.base; at < code->own.limit; at += mutatorOSPageSize())
    while (codePage(code, at)->breaks != NULL)
      (void)mutatorBreakRemove(codePage(code, at)->breaks);
}

static void forget(MutatorCode code) {
  MutatorCodeAlias alias;
  for (alias = &code->own; alias != NULL; alias = alias->next)
    mutatorCodeMappingRemove(alias);
}

/* True when every slot is free, and the region is in no table any more. */
static MutatorBool retire(MutatorCode code) {
  OSSignalsStruct signals;
  MutatorBool done;
  if (!mutatorCodeEnter(&signals))
    return 0;
  clearAll(code);
  done = mutatorSlotsFree(code);
  if (done)
    forget(code);
  mutatorCodeLeave(&signals);
  return done;
}

static void releaseAliases(MutatorCode code) {
  MutatorCodeAlias alias;
  for (alias = code->own.next; alias != NULL; alias = alias->next) {
    mutatorOSRelease(alias->wanted, pagesOf(alias));
    alias->signature = 0;
  }
}

/* A region that has left the tables, and waits for callbacks to end, has this for a signature. */
#define RETIRED CORE_SIGNATURE('m', 'c', 'o', 'x')

MutatorRes MutatorCodeRemove(MutatorCode code) {
  enum { Tries = 1000 };
  unsigned i;
  if (!coreAligned(code) || (code->signature != RETIRED && !isThere(&code->own)))
    return MutatorResPARAM;
  for (i = 0; code->signature != RETIRED; ++i) {
    if (retire(code))
      code->signature = RETIRED;
    else if (i == Tries)
      return MutatorResBUSY;
    else
      mutatorOSPause();
  }
  if (MutatorFaultQuiesce(Tries) != MutatorResOK)
    return MutatorResBUSY;
  releaseAliases(code);
  release(code);
  memset(code, 0, sizeof *code);
  return MutatorResOK;
}

/* aliases ----------------------------------------------------------------------------- */

static MutatorBool holdsSameBytes(MutatorWord one, MutatorWord other, size_t size) {
  size_t i;
  for (i = 0; i < size; i += sizeof(MutatorWord)) {
    MutatorWord a, b;
    if (!mutatorArchNofaultLoad(&a, (const void *)(one + i), sizeof a) ||
        !mutatorArchNofaultLoad(&b, (const void *)(other + i), sizeof b) || a != b)
      return 0;
  }
  return 1;
}

/* Where the system does not say what is mapped, what is there has to do. */
static MutatorBool isSameMemory(MutatorCode code, const MutatorCodeAliasStruct *alias, const PiecesStruct *pieces) {
  const OSMappingStruct *mapping = &pieces->first;
  OSMappingStruct region;
  if (!mutatorOSMapping(alias->target, &region) || region.object != mapping->object)
    return 0;
  if (region.object == 0)
    return region.shared && mapping->shared && holdsSameBytes(alias->base, alias->target, alias->limit - alias->base);
  return region.offset + (alias->target - region.base) == mapping->offset + (alias->base - mapping->base) &&
         code->object == mapping->object;
}

static void linkAlias(MutatorCode code, MutatorCodeAlias alias) {
  alias->next = code->own.next;
  code->own.next = alias;
}

static void unlinkAlias(MutatorCodeAlias alias) {
  MutatorCodeAlias *link = &alias->code->own.next;
  while (*link != NULL && *link != alias)
    link = &(*link)->next;
  if (*link == alias)
    *link = alias->next;
}

static MutatorRes joinAlias(MutatorCodeAlias alias) {
  MutatorRes res = MutatorResPARAM;
  if (mutatorCodeCheck(alias->code) && !mutatorCodeMappingTaken(alias->base, alias->limit))
    res = mutatorCodeMappingAdd(alias);
  if (res != MutatorResOK)
    return res;
  linkAlias(alias->code, alias);
  res = mutatorPageJoin(alias);
  if (res == MutatorResOK)
    return res;
  mutatorPagePart(alias);
  unlinkAlias(alias);
  mutatorCodeMappingRemove(alias);
  return res;
}

static MutatorRes addAlias(MutatorCodeAlias alias, const PiecesStruct *pieces) {
  OSSignalsStruct signals;
  MutatorRes res;
  alias->wanted = mutatorOSReserve(pagesOf(alias));
  if (alias->wanted == NULL)
    return MutatorResMEMORY;
  if (!mutatorCodeEnter(&signals))
    res = MutatorResSTATE;
  else {
    res = joinAlias(alias);
    if (res == MutatorResOK)
      improvePath(alias->code, alias, pieces);
    mutatorCodeLeave(&signals);
  }
  if (res != MutatorResOK)
    mutatorOSRelease(alias->wanted, pagesOf(alias));
  return res;
}

static MutatorBool isPartOf(const MutatorCodeStruct *code, MutatorWord target, size_t size) {
  return target >= code->own.base && target < code->own.limit && size <= code->own.limit - target &&
         target % mutatorOSPageSize() == 0;
}

MutatorRes MutatorCodeAliasAdd(MutatorCodeAlias alias, MutatorCode code, void *base, void *target, size_t size) {
  MutatorCodeAliasStruct before;
  PiecesStruct pieces;
  MutatorRes res;
  if (!coreAligned(alias) || !coreAligned(code) || !isThere(&code->own) ||
      !isStretch((MutatorWord)base, (MutatorWord)base + size) || !isPartOf(code, (MutatorWord)target, size))
    return MutatorResPARAM;
  if (isThere(alias))
    return MutatorResSTATE;
  survey(&pieces, (MutatorWord)base, (MutatorWord)base + size);
  before = *alias;
  initAlias(alias, code, (MutatorWord)base, (MutatorWord)target, size);
  res = pieces.whole && pieces.uniform && isSameMemory(code, alias, &pieces) ? addAlias(alias, &pieces)
                                                                             : MutatorResACCESS;
  if (res != MutatorResOK)
    *alias = before;
  return res;
}

MutatorRes MutatorCodeAliasRemove(MutatorCodeAlias alias) {
  OSSignalsStruct signals;
  unsigned char *wanted = NULL;
  size_t pages = 0;
  if (!mutatorCodeEnter(&signals))
    return MutatorResPARAM;
  if (mutatorCodeAliasCheck(alias) && alias != &alias->code->own) {
    wanted = alias->wanted;
    pages = pagesOf(alias);
    mutatorPagePart(alias);
    unlinkAlias(alias);
    mutatorCodeMappingRemove(alias);
    alias->signature = 0;
  }
  mutatorCodeLeave(&signals);
  mutatorOSRelease(wanted, pages);
  return pages == 0 ? MutatorResPARAM : MutatorResOK;
}
