/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/merge.c -- loads and stores that see through breakpoints
 *
 * A store to a planted page is one store of the same width: its bytes, with trap bytes
 * where breakpoints are.  The bytes that belong there go into the breakpoints.
 */

#include "breakpoint/breakpoint.h"

#include <string.h>

enum { OperandMAX = 64 };

/* Call `change` for each planted breakpoint in [at, at + size). */
typedef void (*BreakChange)(MutatorBreak breakpoint, unsigned char *byte);

static void forEach(MutatorCode code, MutatorWord at, size_t size, unsigned char *bytes, BreakChange change) {
  const MutatorWord page = mutatorOSPageSize(), limit = at + size;
  MutatorWord from = at;
  while (from < limit) {
    MutatorBreak breakpoint = mutatorPageBreak(code, from, limit);
    for (; breakpoint != NULL && breakpoint->address < limit; breakpoint = breakpoint->next)
      if (breakIsSoftware(breakpoint))
        change(breakpoint, bytes + (breakpoint->address - at));
    from = codePageBase(from) + page;
  }
}

static void takeTruth(MutatorBreak breakpoint, unsigned char *byte) {
  if (breakIsPlanted(breakpoint) && codePage(breakpoint->code, breakpoint->address)->mode == CodePagePLANTED)
    *byte = breakpoint->original;
}

static void takePlant(MutatorBreak breakpoint, unsigned char *byte) {
  MutatorBreakStruct written = *breakpoint;
  written.original = *byte;
  *byte = mutatorBreakByte(&written);
}

static void keep(MutatorBreak breakpoint, unsigned char *byte) {
  breakpoint->original = *byte;
  breakpoint->plant = mutatorBreakByte(breakpoint);
  breakpoint->mode = MutatorBreakModePLANTED;
  ++breakpoint->counter[BreakCountREWRITES];
}

void mutatorMergeTruth(MutatorCode code, unsigned char *bytes, MutatorWord at, size_t size) {
  forEach(code, at, size, bytes, takeTruth);
}

MutatorRes mutatorMergeStore(MutatorCode code, MutatorWord at, const void *buffer, size_t size) {
  unsigned char merged[OperandMAX], written[OperandMAX];
  MutatorRes res;
  if (size > OperandMAX)
    return MutatorResUNIMPL;
  memcpy(merged, buffer, size);
  memcpy(written, buffer, size);
  forEach(code, at, size, merged, takePlant);
  res = mutatorPagePoke(code, at, merged, size);
  if (res == MutatorResOK)
    forEach(code, at, size, written, keep);
  return res;
}

/* the memory of a stepped store ------------------------------------------------------- */

/* Is every page of the operand planted, and meant to allow that access in that mapping?  A store also wants a way to
 * write there at once. */
static MutatorBool isMergeable(MutatorCodeAlias alias, MutatorWord address, size_t size, MutatorAccess access) {
  const MutatorWord page = mutatorOSPageSize();
  MutatorWord at = codeTarget(alias, address);
  const MutatorWord last = at + size - 1;
  for (at = codePageBase(at); at <= last; at += page)
    if (codePage(alias->code, at)->mode != CodePagePLANTED || (*mutatorPageWanted(alias, at) & access) == 0)
      return 0;
  return access == MutatorAccessREAD || alias->code->path == CodePathWINDOW || alias->code->path == CodePathPROCESS;
}

static MutatorCodeAlias find(void *address, size_t size, MutatorAccess access) {
  MutatorCodeAlias alias = mutatorCodeMapping((MutatorWord)address, size);
  return alias != NULL && isMergeable(alias, (MutatorWord)address, size, access) ? alias : NULL;
}

static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  (void)memory;
  (void)access;
  if (mutatorCodeOverlaps((MutatorWord)address, size))
    return MutatorResUNIMPL;
  *pointerReturn = address;
  return MutatorResOK;
}

static void note(MutatorMemory memory, MutatorCode code, MutatorWord at, size_t size) {
  CodeStore store = memory->closure;
  if (store->code != code || at < store->base)
    store->base = at;
  if (store->code != code || at + size > store->limit)
    store->limit = at + size;
  store->code = code;
}

static MutatorRes load(MutatorMemory memory, void *buffer, void *address, size_t size) {
  MutatorCodeAlias alias = find(address, size, MutatorAccessREAD);
  (void)memory;
  if (alias == NULL)
    return MutatorResUNIMPL;
  if (!mutatorArchNofaultLoad(buffer, address, size))
    return MutatorResACCESS;
  mutatorMergeTruth(alias->code, buffer, codeTarget(alias, (MutatorWord)address), size);
  return MutatorResOK;
}

static MutatorRes store(MutatorMemory memory, void *address, const void *buffer, size_t size) {
  MutatorCodeAlias alias = find(address, size, MutatorAccessWRITE);
  MutatorWord at;
  MutatorRes res;
  if (alias == NULL)
    return MutatorResUNIMPL;
  at = codeTarget(alias, (MutatorWord)address);
  res = mutatorMergeStore(alias->code, at, buffer, size);
  if (res == MutatorResOK)
    note(memory, alias->code, at, size);
  return res;
}

/* Every other store to the page is stepped too, and waits for this one to end. */
static MutatorRes compareAndSwap(MutatorMemory memory, void *address, void *expected, const void *desired,
                                 size_t size) {
  unsigned char now[OperandMAX];
  MutatorRes res = load(memory, now, address, size);
  if (res != MutatorResOK)
    return res;
  if (memcmp(now, expected, size) == 0)
    return store(memory, address, desired, size);
  memcpy(expected, now, size);
  return find(address, size, MutatorAccessWRITE) == NULL ? MutatorResUNIMPL : MutatorResFAIL;
}

void mutatorMergeMemory(MutatorMemory memory, CodeStore closure) {
  memset(closure, 0, sizeof *closure);
  (void)MutatorMemoryInit(memory, translate, load, store, compareAndSwap, closure);
}

/* fetches ----------------------------------------------------------------------------- */

/* Bytes up to the end of the mapping; what follows is another's. */
static size_t uncover(const MutatorCodeAliasStruct *alias, unsigned char *bytes, size_t count, MutatorWord pc) {
  if (count > alias->limit - pc)
    count = alias->limit - pc;
  mutatorMergeTruth(alias->code, bytes, codeTarget(alias, pc), count);
  return count;
}

size_t mutatorMergeFetch(const MutatorCodeAliasStruct *alias, MutatorWord address,
                         unsigned char bytes[ARCH_FETCH_MAX]) {
  return uncover(alias, bytes, mutatorArchFetch(bytes, address), address);
}

void mutatorMergeFetched(unsigned char *bytes, size_t count, MutatorWord pc) {
  OSSignalsStruct signals;
  MutatorCodeAlias alias;
  MutatorBool entered;
  if (mutatorCodeMapping(pc, 1) == NULL)
    return;
  entered = mutatorCodeEnter(&signals);
  alias = mutatorCodeMapping(pc, 1);
  if (alias != NULL)
    (void)uncover(alias, bytes, count, pc);
  if (entered)
    mutatorCodeLeave(&signals);
}

void mutatorCodeTell(const CodeStoreStruct *store) {
  if (mutatorCodeTells(store))
    store->code->written(store->code, (void *)store->base, (void *)store->limit, store->code->closure);
}
