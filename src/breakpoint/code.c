/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/code.c -- what the JIT says and asks of its code
 */

#include "breakpoint/breakpoint.h"

#include <string.h>

/* For each page's part of [address, address + size) in an alias; ends at the first that is not OK. */
typedef MutatorRes (*PartChange)(MutatorCodeAlias alias, MutatorWord address, size_t size, void *closure);

static MutatorRes forEachPage(MutatorCodeAlias alias, MutatorWord address, size_t size, PartChange change,
                              void *closure) {
  const MutatorWord limit = address + size;
  MutatorRes res = MutatorResOK;
  while (address < limit && res == MutatorResOK) {
    const MutatorWord next = codePageBase(address) + mutatorOSPageSize();
    const size_t part = (next < limit ? next : limit) - address;
    res = change(alias, address, part, closure);
    address += part;
  }
  return res;
}

/* Enter, find the mapping, and do that. */
static MutatorRes inside(const void *address, size_t size, PartChange change, void *closure, CodeStore store) {
  OSSignalsStruct signals;
  const MutatorBool entered = mutatorCodeEnter(&signals);
  MutatorCodeAlias alias = mutatorCodeMapping((MutatorWord)address, size);
  MutatorRes res = MutatorResPARAM;
  if (alias != NULL) {
    res = forEachPage(alias, (MutatorWord)address, size, change, closure);
    store->code = alias->code;
    store->base = codeTarget(alias, (MutatorWord)address);
    store->limit = store->base + size;
  }
  if (entered)
    mutatorCodeLeave(&signals);
  return res;
}

/* read ---------------------------------------------------------------------------------- */

static MutatorRes readPart(MutatorCodeAlias alias, MutatorWord address, size_t size, void *closure) {
  unsigned char **buffer = closure;
  if (!mutatorOSPeek(*buffer, address, size))
    return MutatorResACCESS;
  mutatorMergeTruth(alias->code, *buffer, codeTarget(alias, address), size);
  *buffer += size;
  return MutatorResOK;
}

MutatorRes MutatorCodeRead(const void *address, void *buffer, size_t size) {
  CodeStoreStruct read = {0};
  unsigned char *to = buffer;
  return buffer == NULL ? MutatorResPARAM : inside(address, size, readPart, &to, &read);
}

/* write --------------------------------------------------------------------------------- */

/* The largest naturally aligned word that begins there, and no more than `size`. */
static size_t pieceOf(MutatorWord at, size_t size) {
  size_t piece = 8;
  while (piece > size || at % piece != 0)
    piece /= 2;
  return piece;
}

static MutatorRes writePieces(MutatorCode code, MutatorWord at, const unsigned char *bytes, size_t size,
                              MutatorRes (*write)(MutatorCode, MutatorWord, const void *, size_t)) {
  enum { ProcessPIECE = 64 };
  MutatorRes res = MutatorResOK;
  while (size > 0 && res == MutatorResOK) {
    size_t piece = pieceOf(at, size);
    if (code->path == CodePathPROCESS)
      piece = size < ProcessPIECE ? size : ProcessPIECE;
    res = write(code, at, bytes, piece);
    at += piece;
    bytes += piece;
    size -= piece;
  }
  return res;
}

/* A page that nobody may write to now is opened for it, not executable; who executes it meanwhile tries again. */
static MutatorRes writeInPlace(MutatorCode code, MutatorWord at, const unsigned char *bytes, size_t size) {
  const MutatorWord base = codePageBase(at);
  OSMappingStruct mapping;
  MutatorRes res;
  if (!mutatorOSMapping(base, &mapping) || mapping.base > base)
    return MutatorResACCESS;
  if ((mapping.access & MutatorAccessWRITE) != 0)
    return writePieces(code, at, bytes, size, mutatorPagePoke);
  res = mutatorOSProtect(base, mutatorOSPageSize(), MutatorAccessREAD | MutatorAccessWRITE);
  if (res != MutatorResOK)
    return res;
  res = writePieces(code, at, bytes, size, mutatorPagePoke);
  (void)mutatorOSProtect(base, mutatorOSPageSize(), mapping.access);
  return res;
}

/* Where the library has no way to write to a planted page, it holds the truth for now. */
static MutatorRes writeOpen(MutatorCode code, MutatorWord at, const unsigned char *bytes, size_t size) {
  MutatorRes res = MutatorResOK;
  if (codePage(code, at)->mode == CodePagePLANTED) {
    res = mutatorPageLower(code, at);
    ++code->counter[CodeCountFLIPS];
  }
  return res == MutatorResOK ? writeInPlace(code, at, bytes, size) : res;
}

static MutatorRes writePart(MutatorCodeAlias alias, MutatorWord address, size_t size, void *closure) {
  const unsigned char **bytes = closure;
  MutatorCode code = alias->code;
  const MutatorWord at = codeTarget(alias, address);
  MutatorRes res;
  if (code->path == CodePathNONE)
    res = mutatorOSPoke(address, *bytes, size) ? MutatorResOK : MutatorResACCESS;
  else if (code->path == CodePathOPEN)
    res = writeOpen(code, at, *bytes, size);
  else if (codePage(code, at)->mode == CodePagePLANTED)
    res = writePieces(code, at, *bytes, size, mutatorMergeStore);
  else
    res = writePieces(code, at, *bytes, size, mutatorPagePoke);
  *bytes += size;
  return res == MutatorResUNIMPL ? MutatorResACCESS : res;
}

MutatorRes MutatorCodeWrite(void *address, const void *buffer, size_t size) {
  CodeStoreStruct store = {0};
  const unsigned char *bytes = buffer;
  MutatorRes res;
  if (buffer == NULL)
    return MutatorResPARAM;
  res = inside(address, size, writePart, &bytes, &store);
  mutatorCodeTell(&store);
  return res;
}

/* written ------------------------------------------------------------------------------- */

static MutatorRes believeInPlace(MutatorBreak breakpoint) {
  unsigned char byte;
  if (!mutatorPagePeek(breakpoint->code, breakpoint->address, &byte))
    return MutatorResACCESS;
  ++breakpoint->counter[BreakCountREWRITES];
  if (!breakIsSoftware(breakpoint))
    return MutatorResOK;
  breakpoint->mode = MutatorBreakModePLANTED;
  breakpoint->original = byte;
  breakpoint->plant = mutatorBreakByte(breakpoint);
  if (breakpoint->plant == byte)
    return MutatorResOK;
  return mutatorPagePlant(breakpoint);
}

/* Whatever is there now is the JIT's.  Where the page has to be opened to plant again, it goes through truth. */
static MutatorRes believe(MutatorBreak breakpoint) {
  MutatorRes res;
  if (breakpoint->code->path != CodePathOPEN)
    return believeInPlace(breakpoint);
  res = mutatorPageLower(breakpoint->code, breakpoint->address);
  return res == MutatorResOK ? mutatorPageRaise(breakpoint->code, breakpoint->address) : res;
}

static MutatorRes writtenPart(MutatorCodeAlias alias, MutatorWord address, size_t size, void *closure) {
  MutatorCode code = alias->code;
  const MutatorWord at = codeTarget(alias, address);
  MutatorRes res = MutatorResOK;
  MutatorBreak breakpoint;
  (void)closure;
  if (codePage(code, at)->mode != CodePagePLANTED)
    return MutatorResOK;
  breakpoint = mutatorPageBreak(code, at, at + size);
  for (; breakpoint != NULL && breakpoint->address < at + size && res == MutatorResOK; breakpoint = breakpoint->next)
    res = believe(breakpoint);
  return res;
}

MutatorRes MutatorCodeWritten(void *address, size_t size) {
  CodeStoreStruct store = {0};
  const MutatorRes res = inside(address, size, writtenPart, NULL, &store);
  mutatorCodeTell(&store);
  return res;
}

/* sync ---------------------------------------------------------------------------------- */

static MutatorRes syncPage(MutatorCode code, MutatorWord at, size_t *rewrites) {
  MutatorRes res = MutatorResOK;
  MutatorBreak breakpoint;
  unsigned char byte;
  for (breakpoint = codePage(code, at)->breaks; breakpoint != NULL; breakpoint = breakpoint->next) {
    if (!mutatorPagePeek(code, breakpoint->address, &byte)) {
      res = MutatorResACCESS;
    } else if (breakIsPlanted(breakpoint) && byte != breakpoint->plant) {
      ++*rewrites;
      if (believe(breakpoint) != MutatorResOK)
        res = MutatorResACCESS;
    }
  }
  return res;
}

static MutatorRes syncAll(MutatorCode code, size_t *rewrites) {
  MutatorRes res = MutatorResOK;
  MutatorWord at;
  for (at = code->own.base; at < code->own.limit; at += mutatorOSPageSize())
    if (codePage(code, at)->mode == CodePagePLANTED && syncPage(code, at, rewrites) != MutatorResOK)
      res = MutatorResACCESS;
  return res;
}

MutatorRes MutatorCodeSync(MutatorCode code, size_t *rewritesReturn) {
  CodeStoreStruct store = {0};
  OSSignalsStruct signals;
  size_t rewrites = 0;
  MutatorRes res = MutatorResPARAM;
  const MutatorBool entered = mutatorCodeEnter(&signals);
  if (mutatorCodeCheck(code)) {
    res = syncAll(code, &rewrites);
    store.code = code;
    store.base = code->own.base;
    store.limit = code->own.limit;
  }
  if (entered)
    mutatorCodeLeave(&signals);
  if (rewrites > 0)
    mutatorCodeTell(&store);
  if (rewritesReturn != NULL && res != MutatorResPARAM)
    *rewritesReturn = rewrites;
  return res;
}

/* protect ------------------------------------------------------------------------------- */

/* With breakpoints: a page that nobody may execute holds the truth, one that nobody may write is planted.  It goes
 * there from what it allows now, and then allows what is new. */
static MutatorRes protectClosed(MutatorCodeAlias alias, MutatorWord address, MutatorAccess access) {
  MutatorCode code = alias->code;
  const MutatorWord at = codeTarget(alias, address), mode = codePage(code, at)->mode;
  unsigned char *wanted = mutatorPageWanted(alias, at);
  const unsigned char before = *wanted;
  MutatorBool executable, writable;
  MutatorRes res = MutatorResOK;
  *wanted = (unsigned char)access;
  executable = mutatorPageExecutable(code, at);
  writable = mutatorPageWritable(code, at);
  *wanted = before;
  if (mode == CodePagePLANTED && !executable)
    res = mutatorPageLower(code, at);
  else if (mode == CodePageTRUTH && executable && !writable)
    res = mutatorPageRaise(code, at);
  if (res != MutatorResOK)
    return res;
  *wanted = (unsigned char)access;
  return mutatorPageApply(alias, at, codePage(code, at)->mode);
}

static MutatorRes protectPart(MutatorCodeAlias alias, MutatorWord address, size_t size, void *closure) {
  const MutatorAccess access = *(const MutatorAccess *)closure;
  if (codePage(alias->code, codeTarget(alias, address))->mode == CodePageFREE)
    return mutatorOSProtect(address, size, access);
  return protectClosed(alias, address, access);
}

/* Inside already: then it is the library itself that protects, and the caller stands between it and the system. */
MutatorRes MutatorCodeProtect(void *address, size_t size, MutatorAccess access) {
  CodeStoreStruct store = {0};
  if ((access & ~(MutatorAccess)CODE_ALL) != 0 || ((MutatorWord)address | size) % mutatorOSPageSize() != 0 ||
      mutatorCodeInside())
    return MutatorResPARAM;
  return inside(address, size, protectPart, &access, &store);
}

/* query --------------------------------------------------------------------------------- */

MutatorRes MutatorCodeQuery(MutatorCode code, MutatorCodeReport report) {
  OSSignalsStruct signals;
  MutatorRes res = MutatorResPARAM;
  MutatorBool entered;
  if (report == NULL)
    return MutatorResPARAM;
  entered = mutatorCodeEnter(&signals);
  if (mutatorCodeCheck(code)) {
    memset(report, 0, sizeof *report);
    memcpy(report, code->counter, CodeCountLIMIT * sizeof code->counter[0]);
    res = MutatorResOK;
  }
  if (entered)
    mutatorCodeLeave(&signals);
  return res;
}

/* other mappings ------------------------------------------------------------------------ */

static MutatorBool isSameObject(const OSMappingStruct *one, const OSMappingStruct *other) {
  return one->object != 0 && one->object == other->object;
}

static MutatorBool isOurs(MutatorCode code, const OSMappingStruct *mapping) {
  return mapping->base - code->window < code->own.limit - code->own.base && code->windowSize != 0;
}

/* The part of a mapping that shows the region; false when there is none, or it is the region. */
static MutatorBool partOf(MutatorCode code, const OSMappingStruct *region, const OSMappingStruct *mapping,
                          MutatorWord *targetReturn, size_t *sizeReturn, MutatorWord *baseReturn) {
  const MutatorWord begin = region->offset + (code->own.base - region->base);
  const MutatorWord end = begin + (code->own.limit - code->own.base);
  MutatorWord from = mapping->offset, to = mapping->offset + (mapping->limit - mapping->base);
  if (!isSameObject(region, mapping) || isOurs(code, mapping) || from >= end || to <= begin)
    return 0;
  from = from < begin ? begin : from;
  to = to > end ? end : to;
  *baseReturn = mapping->base + (from - mapping->offset);
  *targetReturn = code->own.base + (from - begin);
  *sizeReturn = to - from;
  return *baseReturn != *targetReturn;
}

static MutatorRes findAlias(MutatorCode code, unsigned which, MutatorWord *baseReturn, MutatorWord *targetReturn,
                            size_t *sizeReturn) {
  OSMappingStruct region, mapping = {0};
  if (!mutatorOSMapping(code->own.base, &region) || region.base > code->own.base)
    return MutatorResFAIL;
  while (mutatorOSMapping(mapping.limit, &mapping))
    if (partOf(code, &region, &mapping, targetReturn, sizeReturn, baseReturn) && which-- == 0)
      return MutatorResOK;
  return MutatorResFAIL;
}

MutatorRes MutatorCodeAliasFind(MutatorCode code, unsigned which, void **baseReturn, void **targetReturn,
                                size_t *sizeReturn) {
  OSSignalsStruct signals;
  MutatorWord base = 0, target = 0;
  MutatorRes res = MutatorResPARAM;
  MutatorBool entered;
  if (baseReturn == NULL || targetReturn == NULL || sizeReturn == NULL)
    return MutatorResPARAM;
  entered = mutatorCodeEnter(&signals);
  if (mutatorCodeCheck(code))
    res = findAlias(code, which, &base, &target, sizeReturn);
  if (entered)
    mutatorCodeLeave(&signals);
  if (res == MutatorResOK) {
    *baseReturn = (void *)base;
    *targetReturn = (void *)target;
  }
  return res;
}
