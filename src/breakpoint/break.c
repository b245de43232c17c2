/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/break.c -- set, clear and query a breakpoint
 */

#include "breakpoint/breakpoint.h"

#include <string.h>

/* lists ------------------------------------------------------------------------------- */

/* The link that leads to that breakpoint, or to the first one behind the address. */
static MutatorBreak *linkFor(MutatorCode code, MutatorWord at) {
  MutatorBreak *link = &codePage(code, at)->breaks;
  while (*link != NULL && (*link)->address < at)
    link = &(*link)->next;
  return link;
}

static MutatorBool isBreak(MutatorBreak breakpoint) {
  return coreAligned(breakpoint) && breakpoint->signature == CORE_SIGNATURE_BREAK &&
         breakpoint->size == sizeof *breakpoint;
}

/* The structure may be memory used for the first time: only a page's list says that it is set. */
static MutatorBool isSet(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  if (!isBreak(breakpoint) || !mutatorCodeCheck(code))
    return 0;
  if (breakpoint->address < code->own.base || breakpoint->address >= code->own.limit)
    return 0;
  return *linkFor(code, breakpoint->address) == breakpoint;
}

static void enqueue(MutatorBreak breakpoint) {
  MutatorBreak *to = linkFor(breakpoint->code, breakpoint->address);
  breakpoint->next = *to;
  *to = breakpoint;
}

static void dequeue(MutatorBreak breakpoint) { *linkFor(breakpoint->code, breakpoint->address) = breakpoint->next; }

/* Are there no breakpoints on its page that are in the code? */
static MutatorBool isLast(const MutatorBreakStruct *breakpoint) {
  const MutatorBreakStruct *other = codePage(breakpoint->code, breakpoint->address)->breaks;
  while (other != NULL && !breakIsSoftware(other))
    other = other->next;
  return other == NULL;
}

/* set --------------------------------------------------------------------------------- */

static MutatorBool optionsCheck(const MutatorBreakOptionsStruct *options) {
  return options == NULL ||
         (coreAligned(options) && options->size == sizeof *options && (unsigned)options->kind < MutatorBreakLIMIT);
}

/* Do instructions that begin at `from` come to the address? */
static MutatorBool isBoundary(const MutatorCodeAliasStruct *alias, MutatorWord from, MutatorWord address) {
  unsigned char bytes[ARCH_FETCH_MAX];
  if (from < alias->base || from > address)
    return 0;
  while (from < address) {
    const size_t length = mutatorArchLength(bytes, mutatorMergeFetch(alias, from, bytes));
    if (length == 0)
      return 0;
    from += length;
  }
  return from == address;
}

static void init(MutatorBreak breakpoint, const MutatorCodeAliasStruct *alias, MutatorWord address,
                 const MutatorBreakOptionsStruct *options) {
  static const MutatorBreakOptionsStruct none;
  const MutatorBreakOptionsStruct *from = options == NULL ? &none : options;
  const MutatorBreakStruct fresh = {.signature = CORE_SIGNATURE_BREAK,
                                    .size = sizeof fresh,
                                    .code = alias->code,
                                    .address = codeTarget(alias, address),
                                    .callback = from->callback,
                                    .injected = from->injected,
                                    .closure = from->closure,
                                    .kind = (unsigned char)from->kind,
                                    .mode = MutatorBreakModePLANTED};
  *breakpoint = fresh;
}

/* Where the library cannot write to a planted page, the page goes through truth. */
static MutatorRes join(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  const MutatorWord at = breakpoint->address, mode = codePage(code, at)->mode;
  MutatorRes res = MutatorResOK;
  if (mode == CodePagePLANTED && code->path == CodePathOPEN)
    res = mutatorPageLower(code, at);
  if (res != MutatorResOK)
    return res;
  enqueue(breakpoint);
  if (mode == CodePagePLANTED && code->path != CodePathOPEN)
    res = mutatorPagePlant(breakpoint);
  else if (mode == CodePagePLANTED)
    res = mutatorPageRaise(code, at);
  if (res != MutatorResOK)
    dequeue(breakpoint);
  return res;
}

/* The first one of a page. */
static MutatorRes begin(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  MutatorRes res = mutatorPageBegin(code, breakpoint->address);
  if (res != MutatorResOK)
    return res;
  enqueue(breakpoint);
  res = mutatorPageRaise(code, breakpoint->address);
  if (res != MutatorResOK) {
    dequeue(breakpoint);
    mutatorPageEnd(code, breakpoint->address);
  }
  return res;
}

/* A debug register holds one address: the breakpoint is at the region's own mapping alone. */
static MutatorRes enlistHardware(MutatorBreak breakpoint) {
  unsigned number;
  const MutatorRes res = mutatorOSHardwareSet(breakpoint->address, &number);
  if (res != MutatorResOK)
    return res;
  breakpoint->kind = MutatorBreakHARDWARE;
  breakpoint->mode = MutatorBreakModeHARDWARE;
  breakpoint->plant = (unsigned char)number;
  enqueue(breakpoint);
  return MutatorResOK;
}

static MutatorBool isMapped(MutatorWord address) {
  OSMappingStruct mapping;
  return mutatorOSMapping(address, &mapping) && mapping.base <= address && (mapping.access & MutatorAccessEXECUTE) != 0;
}

static MutatorRes enlist(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  if (breakpoint->kind == MutatorBreakHARDWARE)
    return isMapped(breakpoint->address) ? enlistHardware(breakpoint) : MutatorResACCESS;
  if (breakpoint->kind == MutatorBreakAUTO && isMapped(breakpoint->address) &&
      enlistHardware(breakpoint) == MutatorResOK)
    return MutatorResOK;
  if (breakpoint->kind == MutatorBreakAUTO)
    breakpoint->kind = MutatorBreakSOFTWARE;
  if (code->path == CodePathNONE)
    return MutatorResACCESS;
  return codePage(code, breakpoint->address)->mode == CodePageFREE ? begin(breakpoint) : join(breakpoint);
}

static MutatorRes set(MutatorBreak breakpoint, MutatorWord address, const MutatorBreakOptionsStruct *options) {
  MutatorCodeAlias alias = mutatorCodeMapping(address, 1);
  MutatorBreakStruct before;
  MutatorRes res;
  if (isSet(breakpoint))
    return MutatorResSTATE;
  if (alias == NULL)
    return MutatorResPARAM;
  if (mutatorBreakAt(alias, address) != NULL)
    return MutatorResBUSY;
  if (options != NULL && options->from != NULL && !isBoundary(alias, (MutatorWord)options->from, address))
    return MutatorResPARAM;
  before = *breakpoint;
  init(breakpoint, alias, address, options);
  res = enlist(breakpoint);
  if (res != MutatorResOK)
    *breakpoint = before;
  return res;
}

MutatorRes MutatorBreakSet(MutatorBreak breakpoint, void *address, const MutatorBreakOptionsStruct *options) {
  OSSignalsStruct signals;
  MutatorRes res;
  if (!coreAligned(breakpoint) || !optionsCheck(options))
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  if (!mutatorCodeEnter(&signals))
    return MutatorResSTATE;
  res = set(breakpoint, (MutatorWord)address, options);
  mutatorCodeLeave(&signals);
  return res;
}

/* clear ------------------------------------------------------------------------------- */

static MutatorRes leave(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  const MutatorWord at = breakpoint->address;
  MutatorRes res = MutatorResOK;
  if (code->path == CodePathOPEN)
    res = mutatorPageLower(code, at);
  else if (breakIsPlanted(breakpoint))
    res = mutatorPageUnplant(breakpoint);
  dequeue(breakpoint);
  if (code->path == CodePathOPEN && res == MutatorResOK && !isLast(breakpoint))
    res = mutatorPageRaise(code, at);
  return res;
}

MutatorRes mutatorBreakRemove(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  const MutatorWord at = breakpoint->address, mode = codePage(code, at)->mode;
  MutatorRes res = MutatorResOK;
  if (!breakIsSoftware(breakpoint))
    mutatorOSHardwareClear(breakpoint->plant);
  if (mode == CodePagePLANTED && breakIsSoftware(breakpoint))
    res = leave(breakpoint);
  else
    dequeue(breakpoint);
  if (isLast(breakpoint) && mode != CodePageFREE)
    mutatorPageEnd(code, at);
  breakpoint->mode = MutatorBreakModeNONE;
  return res == MutatorResOK ? MutatorResOK : MutatorResACCESS;
}

MutatorRes MutatorBreakClear(MutatorBreak breakpoint) {
  OSSignalsStruct signals;
  MutatorRes res = MutatorResSTATE;
  if (!isBreak(breakpoint))
    return MutatorResPARAM;
  if (!mutatorCodeEnter(&signals))
    return MutatorResSTATE;
  if (isSet(breakpoint))
    res = mutatorBreakRemove(breakpoint);
  mutatorCodeLeave(&signals);
  return res;
}

void mutatorBreakLose(MutatorBreak breakpoint) {
  MutatorCode code = breakpoint->code;
  const MutatorWord at = breakpoint->address, mode = codePage(code, at)->mode;
  if (mode == CodePagePLANTED && code->path == CodePathOPEN)
    (void)mutatorPageLower(code, at);
  else if (mode == CodePagePLANTED && breakIsPlanted(breakpoint))
    (void)mutatorPageUnplant(breakpoint);
  breakpoint->mode = MutatorBreakModeLOST;
  ++code->counter[CodeCountLOST];
}

/* query ------------------------------------------------------------------------------- */

static MutatorBreakMode modeOf(const MutatorBreakStruct *breakpoint) {
  if (!breakIsPlanted(breakpoint))
    return (MutatorBreakMode)breakpoint->mode;
  return codePage(breakpoint->code, breakpoint->address)->mode == CodePageTRUTH ? MutatorBreakModeTRUTH
                                                                                : MutatorBreakModePLANTED;
}

static void describe(MutatorBreak breakpoint, MutatorBreakReport report) {
  unsigned char byte = 0;
  report->address = (void *)breakpoint->address;
  report->mode = modeOf(breakpoint);
  if (mutatorPagePeek(breakpoint->code, breakpoint->address, &byte))
    mutatorMergeTruth(breakpoint->code, &byte, breakpoint->address, 1);
  report->original = byte;
}

MutatorRes MutatorBreakQuery(MutatorBreak breakpoint, MutatorBreakReport report) {
  OSSignalsStruct signals;
  MutatorBool entered, there;
  if (!isBreak(breakpoint) || report == NULL)
    return MutatorResPARAM;
  memset(report, 0, sizeof *report);
  entered = mutatorCodeEnter(&signals);
  there = isSet(breakpoint);
  if (there)
    describe(breakpoint, report);
  report->kind = (MutatorBreakKind)breakpoint->kind;
  report->hits = breakpoint->counter[BreakCountHITS];
  report->rewrites = breakpoint->counter[BreakCountREWRITES];
  report->refused = breakpoint->counter[BreakCountREFUSED];
  if (entered)
    mutatorCodeLeave(&signals);
  return there ? MutatorResOK : MutatorResSTATE;
}

MutatorRes MutatorBreakFind(void *address, MutatorBreak *breakpointReturn) {
  OSSignalsStruct signals;
  MutatorBreak breakpoint = NULL;
  MutatorBool entered;
  MutatorCodeAlias alias;
  if (breakpointReturn == NULL)
    return MutatorResPARAM;
  entered = mutatorCodeEnter(&signals);
  alias = mutatorCodeMapping((MutatorWord)address, 1);
  if (alias != NULL)
    breakpoint = mutatorBreakAt(alias, (MutatorWord)address);
  if (entered)
    mutatorCodeLeave(&signals);
  if (breakpoint == NULL)
    return MutatorResFAIL;
  *breakpointReturn = breakpoint;
  return MutatorResOK;
}

void *MutatorBreakAddress(MutatorBreak breakpoint) {
  return isBreak(breakpoint) && breakpoint->mode != MutatorBreakModeNONE ? (void *)breakpoint->address : NULL;
}
