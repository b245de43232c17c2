/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/page.c -- the two modes of a page with breakpoints, and the way between them
 *
 * In each direction the page is first closed, to stores and to execution, then
 * its bytes change, then it is opened for what its new mode allows.  So no mapping of it can be
 * written to while trap bytes are in it, and none executed while it can be written to.
 */

#include "breakpoint/breakpoint.h"

typedef MutatorRes (*PageChange)(MutatorCode code, MutatorWord at);

static size_t pageIndex(const MutatorCodeAliasStruct *alias, MutatorWord at) {
  return (codePageBase(at) - alias->target) / mutatorOSPageSize();
}

static MutatorBool covers(const MutatorCodeAliasStruct *alias, MutatorWord at) {
  return at >= alias->target && at - alias->target < alias->limit - alias->base;
}

static MutatorWord inAlias(const MutatorCodeAliasStruct *alias, MutatorWord at) {
  return alias->base + (codePageBase(at) - alias->target);
}

unsigned char *mutatorPageWanted(MutatorCodeAlias alias, MutatorWord at) {
  return &alias->wanted[pageIndex(alias, at)];
}

/* protection -------------------------------------------------------------------------- */

enum { ModeCLOSED = 3 }; /* neither written nor executed, on the way between the others */

static MutatorAccess allowed(MutatorAccess wanted, MutatorWord mode) {
  switch (mode) {
  case CodePagePLANTED: return wanted & ~(MutatorAccess)MutatorAccessWRITE;
  case CodePageTRUTH: return wanted & ~(MutatorAccess)MutatorAccessEXECUTE;
  case ModeCLOSED: return wanted & ~(MutatorAccess)(MutatorAccessWRITE | MutatorAccessEXECUTE);
  default: return wanted;
  }
}

MutatorRes mutatorPageApply(MutatorCodeAlias alias, MutatorWord at, MutatorWord mode) {
  return mutatorOSProtect(inAlias(alias, at), mutatorOSPageSize(), allowed(*mutatorPageWanted(alias, at), mode));
}

/* From one mode to another, where that makes a difference. */
static MutatorRes change(MutatorCodeAlias alias, MutatorWord at, MutatorWord from, MutatorWord to) {
  const MutatorAccess wanted = *mutatorPageWanted(alias, at);
  return allowed(wanted, from) == allowed(wanted, to) ? MutatorResOK : mutatorPageApply(alias, at, to);
}

/* In all mappings; when the system refuses, those that were changed are changed back. */
static MutatorRes changeAll(MutatorCode code, MutatorWord at, MutatorWord from, MutatorWord to) {
  MutatorCodeAlias alias, back;
  MutatorRes res = MutatorResOK;
  for (alias = &code->own; alias != NULL && res == MutatorResOK; alias = alias->next)
    if (covers(alias, at))
      res = change(alias, at, from, to);
  if (res == MutatorResOK)
    return MutatorResOK;
  for (back = &code->own; back != alias; back = back->next)
    if (covers(back, at))
      (void)change(back, at, to, from);
  return res;
}

static MutatorAccess wantedAnywhere(MutatorCode code, MutatorWord at) {
  MutatorAccess wanted = MutatorAccessNONE;
  MutatorCodeAlias alias;
  for (alias = &code->own; alias != NULL; alias = alias->next)
    if (covers(alias, at))
      wanted |= *mutatorPageWanted(alias, at);
  return wanted;
}

MutatorBool mutatorPageExecutable(MutatorCode code, MutatorWord at) {
  return (wantedAnywhere(code, at) & MutatorAccessEXECUTE) != 0;
}

MutatorBool mutatorPageWritable(MutatorCode code, MutatorWord at) {
  return (wantedAnywhere(code, at) & MutatorAccessWRITE) != 0;
}

/* bytes --------------------------------------------------------------------------------- */

static void *pointer(MutatorCode code, MutatorWord at) {
  return (void *)(code->path == CodePathWINDOW ? code->window + (at - code->own.base) : at);
}

MutatorBool mutatorPagePeek(MutatorCode code, MutatorWord at, unsigned char *byteReturn) {
  return mutatorArchNofaultLoad(byteReturn, pointer(code, at), 1);
}

/* The process memory takes no more than a page at once; across pages no store is one access anyway.  Whether
 * the second can be written to is known before the first is: both are the region's, and closed to others. */
static MutatorRes pokeProcess(MutatorWord at, const unsigned char *bytes, size_t size) {
  const size_t left = codePageBase(at) + mutatorOSPageSize() - at;
  unsigned char byte;
  MutatorRes res;
  if (size <= left)
    return mutatorOSProcessWrite(at, bytes, size);
  if (mutatorOSProcessRead(&byte, at + left, 1) != MutatorResOK)
    return MutatorResACCESS;
  res = mutatorOSProcessWrite(at + left, bytes + left, size - left);
  return res == MutatorResOK ? mutatorOSProcessWrite(at, bytes, left) : res;
}

MutatorRes mutatorPagePoke(MutatorCode code, MutatorWord at, const void *buffer, size_t size) {
  if (code->path == CodePathPROCESS)
    return pokeProcess(at, buffer, size);
  return mutatorArchNofaultStore(pointer(code, at), buffer, size) ? MutatorResOK : MutatorResACCESS;
}

/* What another process, or a mapping that has gone, keeps in another place was not the code's. */
static MutatorBool isInCode(MutatorWord at, unsigned char byte) {
  unsigned char found;
  return mutatorArchNofaultLoad(&found, (const void *)at, 1) && found == byte;
}

/* Where the page has to be open for this, others may store to it meanwhile: their bytes stay. */
static MutatorRes swap(MutatorCode code, MutatorWord at, unsigned char expected, unsigned char desired) {
  unsigned char found = 0;
  if (code->path != CodePathPROCESS)
    return mutatorArchNofaultCompareAndSwap(pointer(code, at), &expected, &desired, 1);
  if (!mutatorPagePeek(code, at, &found))
    return MutatorResACCESS;
  return found == expected ? mutatorPagePoke(code, at, &desired, 1) : MutatorResFAIL;
}

unsigned char mutatorBreakByte(const MutatorBreakStruct *breakpoint) {
  const unsigned char trap = mutatorArchTrapByte(0);
  return breakpoint->original == trap ? trap : mutatorArchTrapByte(breakpoint->kind == MutatorBreakHALT);
}

/* Put the trap byte in place of what is there. */
static MutatorRes plant(MutatorBreak breakpoint) {
  MutatorRes res = MutatorResFAIL;
  while (res == MutatorResFAIL) {
    if (!mutatorPagePeek(breakpoint->code, breakpoint->address, &breakpoint->original))
      return MutatorResACCESS;
    breakpoint->plant = mutatorBreakByte(breakpoint);
    res = swap(breakpoint->code, breakpoint->address, breakpoint->original, breakpoint->plant);
  }
  return res;
}

/* And back.  Another byte in its place was written by somebody who has told nobody: it is the truth. */
MutatorRes mutatorPageUnplant(MutatorBreak breakpoint) {
  const MutatorRes res = swap(breakpoint->code, breakpoint->address, breakpoint->plant, breakpoint->original);
  if (res == MutatorResFAIL)
    ++breakpoint->counter[BreakCountREWRITES];
  return res == MutatorResFAIL ? MutatorResOK : res;
}

/* A page that is open for this is the code itself, and who has stored to it since is seen once it is closed (openFor). */
MutatorRes mutatorPagePlant(MutatorBreak breakpoint) {
  MutatorRes res = plant(breakpoint);
  if (res != MutatorResOK || breakpoint->code->path == CodePathOPEN || isInCode(breakpoint->address, breakpoint->plant))
    return res;
  (void)mutatorPageUnplant(breakpoint);
  return MutatorResACCESS;
}

static MutatorBreak first(MutatorCode code, MutatorWord at) { return codePage(code, at)->breaks; }

MutatorBreak mutatorPageBreak(MutatorCode code, MutatorWord at, MutatorWord limit) {
  MutatorBreak breakpoint = first(code, at);
  while (breakpoint != NULL && breakpoint->address < at)
    breakpoint = breakpoint->next;
  return breakpoint != NULL && breakpoint->address < limit ? breakpoint : NULL;
}

static void unplantBefore(MutatorCode code, MutatorWord at, const MutatorBreakStruct *end) {
  MutatorBreak breakpoint;
  for (breakpoint = first(code, at); breakpoint != end; breakpoint = breakpoint->next)
    if (breakIsPlanted(breakpoint))
      (void)mutatorPageUnplant(breakpoint);
}

static MutatorRes plantAll(MutatorCode code, MutatorWord at) {
  MutatorBreak breakpoint;
  MutatorRes res = MutatorResOK;
  for (breakpoint = first(code, at); breakpoint != NULL && res == MutatorResOK; breakpoint = breakpoint->next) {
    const unsigned char before = breakpoint->original;
    if (!breakIsSoftware(breakpoint))
      continue;
    breakpoint->mode = MutatorBreakModePLANTED; /* what was lost may have been replaced by something better */
    res = mutatorPagePlant(breakpoint);
    if (breakpoint->original != before)
      ++breakpoint->counter[BreakCountREWRITES];
    if (res != MutatorResOK)
      unplantBefore(code, at, breakpoint);
  }
  return res;
}

static MutatorRes unplantAll(MutatorCode code, MutatorWord at) {
  unplantBefore(code, at, NULL);
  return MutatorResOK;
}

/* Somebody has stored to the page while it was open for the library: his byte is in a plant's place. */
static MutatorBool allThere(MutatorCode code, MutatorWord at) {
  const MutatorBreakStruct *breakpoint;
  for (breakpoint = first(code, at); breakpoint != NULL; breakpoint = breakpoint->next)
    if (breakIsPlanted(breakpoint) && !isInCode(breakpoint->address, breakpoint->plant))
      return 0;
  return 1;
}

/* Then that one is planted again, and those that are there stay. */
static MutatorRes plantMissing(MutatorCode code, MutatorWord at) {
  MutatorBreak breakpoint;
  MutatorRes res = MutatorResOK;
  for (breakpoint = first(code, at); breakpoint != NULL && res == MutatorResOK; breakpoint = breakpoint->next)
    if (breakIsPlanted(breakpoint) && !isInCode(breakpoint->address, breakpoint->plant))
      res = plant(breakpoint);
  return res;
}

/* Where the library has no way of its own the page is opened for everybody, but never executable. */
static MutatorRes openFor(MutatorCode code, MutatorWord at, PageChange changeBytes) {
  const MutatorWord base = codePageBase(at);
  const size_t size = mutatorOSPageSize();
  const MutatorBool planting = changeBytes == plantAll;
  MutatorRes res;
  if (code->path != CodePathOPEN)
    return changeBytes(code, at);
  do {
    res = mutatorOSProtect(base, size, MutatorAccessREAD | MutatorAccessWRITE);
    if (res == MutatorResOK)
      res = changeBytes(code, at);
    (void)mutatorPageApply(&code->own, at, ModeCLOSED);
    changeBytes = plantMissing;
  } while (res == MutatorResOK && planting && !allThere(code, at));
  return res;
}

/* modes --------------------------------------------------------------------------------- */

MutatorRes mutatorPageLower(MutatorCode code, MutatorWord at) {
  MutatorRes res = changeAll(code, at, CodePagePLANTED, ModeCLOSED);
  if (res != MutatorResOK)
    return res;
  res = openFor(code, at, unplantAll);
  if (res == MutatorResOK)
    res = changeAll(code, at, ModeCLOSED, CodePageTRUTH);
  if (res == MutatorResOK)
    codePage(code, at)->mode = CodePageTRUTH;
  else if (openFor(code, at, plantAll) == MutatorResOK)
    (void)changeAll(code, at, ModeCLOSED, CodePagePLANTED);
  return res;
}

MutatorRes mutatorPageRaise(MutatorCode code, MutatorWord at) {
  MutatorRes res = changeAll(code, at, CodePageTRUTH, ModeCLOSED);
  if (res != MutatorResOK)
    return res;
  res = openFor(code, at, plantAll);
  if (res == MutatorResOK) {
    res = changeAll(code, at, ModeCLOSED, CodePagePLANTED);
    if (res != MutatorResOK)
      (void)openFor(code, at, unplantAll);
  }
  if (res == MutatorResOK)
    codePage(code, at)->mode = CodePagePLANTED;
  else
    (void)changeAll(code, at, ModeCLOSED, CodePageTRUTH);
  return res;
}

/* What it allows now is what the JIT wants. */
static MutatorRes learn(MutatorCodeAlias alias, MutatorWord at) {
  const MutatorWord address = inAlias(alias, at);
  OSMappingStruct mapping;
  if (!mutatorOSMapping(address, &mapping) || mapping.base > address)
    return MutatorResACCESS;
  *mutatorPageWanted(alias, at) = (unsigned char)mapping.access;
  return MutatorResOK;
}

/* An alias that has been unmapped meanwhile wants nothing. */
MutatorRes mutatorPageBegin(MutatorCode code, MutatorWord at) {
  MutatorCodeAlias alias;
  MutatorRes res = learn(&code->own, at);
  if (res != MutatorResOK)
    return res;
  for (alias = code->own.next; alias != NULL; alias = alias->next)
    if (covers(alias, at))
      res = learn(alias, at);
  if (res == MutatorResOK && !mutatorPageExecutable(code, at))
    res = MutatorResACCESS;
  if (res == MutatorResOK)
    res = changeAll(code, at, CodePageFREE, CodePageTRUTH);
  if (res == MutatorResOK)
    codePage(code, at)->mode = CodePageTRUTH;
  return res;
}

/* A page that does not allow what we have set is not as we left it: somebody else's, or unmapped. */
static void giveBack(MutatorCodeAlias alias, MutatorWord at, MutatorWord mode) {
  const MutatorWord address = inAlias(alias, at);
  const MutatorAccess wanted = *mutatorPageWanted(alias, at);
  OSMappingStruct mapping;
  if (allowed(wanted, mode) == wanted || !mutatorOSMapping(address, &mapping) || mapping.base > address)
    return;
  if (mapping.access == allowed(wanted, mode))
    (void)mutatorPageApply(alias, at, CodePageFREE);
}

void mutatorPageEnd(MutatorCode code, MutatorWord at) {
  CodePage page = codePage(code, at);
  MutatorCodeAlias alias;
  for (alias = &code->own; alias != NULL; alias = alias->next)
    if (covers(alias, at))
      giveBack(alias, at, page->mode);
  page->mode = CodePageFREE;
}

MutatorRes mutatorPageJoin(MutatorCodeAlias alias) {
  const MutatorWord limit = alias->target + (alias->limit - alias->base);
  MutatorRes res = MutatorResOK;
  MutatorWord at;
  for (at = alias->target; at < limit && res == MutatorResOK; at += mutatorOSPageSize()) {
    const MutatorWord mode = codePage(alias->code, at)->mode;
    if (mode == CodePageFREE)
      continue;
    res = learn(alias, at);
    if (res == MutatorResOK)
      res = change(alias, at, CodePageFREE, mode);
  }
  return res;
}

void mutatorPagePart(MutatorCodeAlias alias) {
  const MutatorWord limit = alias->target + (alias->limit - alias->base);
  MutatorWord at;
  for (at = alias->target; at < limit; at += mutatorOSPageSize())
    if (codePage(alias->code, at)->mode != CodePageFREE)
      giveBack(alias, at, codePage(alias->code, at)->mode);
}
