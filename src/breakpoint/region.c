/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/region.c -- which mapping holds an address
 */

#include "breakpoint/breakpoint.h"

/* EntryStruct -- a mapping; `alias` is 0 while there is none, and changes last when it is added */
typedef struct EntryStruct {
  AtomicWord alias;
  AtomicWord base;
  AtomicWord limit;
} EntryStruct;

static EntryStruct entries[MutatorCodeLIMIT];
static AtomicWord used;      /* entries beyond are empty */
static AtomicWord low, high; /* every mapping that there ever was lies in [low, high) */

size_t mutatorCodeCount(void) { return atomicLoadAcquire(&used); }

static MutatorBool holds(const EntryStruct *entry, MutatorWord address, size_t size) {
  const AtomicWord base = atomicLoadRelaxed(&entry->base), limit = atomicLoadRelaxed(&entry->limit);
  return address >= base && address < limit && size <= limit - address;
}

MutatorCodeAlias mutatorCodeMapping(MutatorWord address, size_t size) {
  const size_t count = mutatorCodeCount();
  size_t i;
  if (address < atomicLoadRelaxed(&low) || address >= atomicLoadRelaxed(&high))
    return NULL;
  for (i = 0; i < count; ++i) {
    const AtomicWord alias = atomicLoadAcquire(&entries[i].alias);
    if (alias != 0 && holds(&entries[i], address, size))
      return (MutatorCodeAlias)alias;
  }
  return NULL;
}

MutatorCodeAlias mutatorCodeAt(size_t number) { return (MutatorCodeAlias)atomicLoadAcquire(&entries[number].alias); }

static MutatorBool overlap(MutatorWord base, MutatorWord limit, const MutatorCodeAliasStruct *alias) {
  return base < alias->limit && alias->base < limit;
}

MutatorBool mutatorCodeMappingTaken(MutatorWord base, MutatorWord limit) {
  size_t i;
  for (i = 0; i < mutatorCodeCount(); ++i) {
    MutatorCodeAlias alias = mutatorCodeAt(i);
    if (alias != NULL && overlap(base, limit, alias))
      return 1;
  }
  return 0;
}

/* Pages are no smaller than this on any system. */
enum { SmallestPage = 4096 };

static MutatorBool touchesClosed(const MutatorCodeAliasStruct *alias, MutatorWord base, MutatorWord limit) {
  MutatorWord at;
  if (base < alias->base)
    base = alias->base;
  if (limit > alias->limit)
    limit = alias->limit;
  for (at = base; at < limit; at = at / SmallestPage * SmallestPage + SmallestPage)
    if (codePage(alias->code, codeTarget(alias, at))->mode != CodePageFREE)
      return 1;
  return 0;
}

MutatorBool mutatorCodeOverlaps(MutatorWord address, size_t size) {
  size_t i;
  for (i = 0; i < mutatorCodeCount(); ++i) {
    MutatorCodeAlias alias = mutatorCodeAt(i);
    if (alias != NULL && overlap(address, address + size, alias) && touchesClosed(alias, address, address + size))
      return 1;
  }
  return 0;
}

static void widen(const MutatorCodeAliasStruct *alias) {
  if (atomicLoad(&high) == 0 || alias->base < atomicLoad(&low))
    atomicStore(&low, alias->base);
  if (alias->limit > atomicLoad(&high))
    atomicStore(&high, alias->limit);
}

MutatorRes mutatorCodeMappingAdd(MutatorCodeAlias alias) {
  size_t i;
  for (i = 0; i < MutatorCodeLIMIT; ++i) {
    if (atomicLoad(&entries[i].alias) != 0)
      continue;
    atomicStore(&entries[i].base, alias->base);
    atomicStore(&entries[i].limit, alias->limit);
    widen(alias);
    atomicStore(&entries[i].alias, (AtomicWord)alias);
    if (i >= atomicLoad(&used))
      atomicStore(&used, i + 1);
    return MutatorResOK;
  }
  return MutatorResLIMIT;
}

void mutatorCodeMappingRemove(MutatorCodeAlias alias) {
  size_t i;
  for (i = 0; i < mutatorCodeCount(); ++i)
    if (mutatorCodeAt(i) == alias)
      atomicStore(&entries[i].alias, 0);
}

static MutatorBool isThere(const void *alias) {
  size_t i;
  for (i = 0; i < mutatorCodeCount(); ++i)
    if (mutatorCodeAt(i) == alias)
      return 1;
  return 0;
}

MutatorBool mutatorCodeCheck(MutatorCode code) {
  return coreAligned(code) && isThere(&code->own) && code->signature == CORE_SIGNATURE_CODE &&
         code->size == sizeof *code;
}

MutatorBool mutatorCodeAliasCheck(MutatorCodeAlias alias) {
  return coreAligned(alias) && isThere(alias) && alias->signature == CORE_SIGNATURE_ALIAS &&
         alias->size == sizeof *alias;
}
