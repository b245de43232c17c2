/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/protect.c -- pages: their protection, and where they are
 *
 * All of this is the kernel's; the thread that asks takes no lock of the process.
 */

#include "os/windows/windows.h"

/* Writable memory is always readable. */
static DWORD protection(MutatorAccess access) {
  static const DWORD protections[] = {
      PAGE_NOACCESS, PAGE_READONLY,     PAGE_READWRITE,         PAGE_READWRITE,
      PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE,
  };
  return protections[((access & MutatorAccessREAD) != 0 ? 1 : 0) | ((access & MutatorAccessWRITE) != 0 ? 2 : 0) |
                     ((access & MutatorAccessEXECUTE) != 0 ? 4 : 0)];
}

static MutatorBool query(MutatorWord address, MEMORY_BASIC_INFORMATION *page) {
  return VirtualQuery((const void *)address, page, sizeof *page) == sizeof *page;
}

/* The first byte after the pages that are of one kind with that address's; 0 at the end of all. */
static MutatorWord limitOf(const MEMORY_BASIC_INFORMATION *page) {
  return (MutatorWord)page->BaseAddress + page->RegionSize;
}

/* One call serves one allocation only, all of which must be committed (Microsoft,
 * VirtualProtect): where it fails, one is made for each stretch of pages that are alike. */
static MutatorRes protectStretch(MutatorWord base, MutatorWord limit, DWORD wanted, MutatorWord *nextReturn) {
  MEMORY_BASIC_INFORMATION page;
  DWORD before;
  if (!query(base, &page) || page.State != MEM_COMMIT)
    return MutatorResMEMORY;
  *nextReturn = limitOf(&page) < limit ? limitOf(&page) : limit;
  return VirtualProtect((void *)base, *nextReturn - base, wanted, &before) ? MutatorResOK : MutatorResACCESS;
}

MutatorRes mutatorOSProtect(MutatorWord base, size_t size, MutatorAccess access) {
  const DWORD error = GetLastError();
  const MutatorWord limit = base + size;
  MutatorRes res = MutatorResOK;
  DWORD before;
  if (VirtualProtect((void *)base, size, protection(access), &before))
    base = limit;
  while (res == MutatorResOK && base < limit)
    res = protectStretch(base, limit, protection(access), &base);
  SetLastError(error);
  return res;
}

MutatorWord mutatorOSMapped(MutatorWord address) {
  const DWORD error = GetLastError();
  MEMORY_BASIC_INFORMATION page;
  while (query(address, &page) && page.State != MEM_COMMIT && limitOf(&page) > address)
    address = limitOf(&page);
  if (!query(address, &page) || page.State != MEM_COMMIT)
    address = ~(MutatorWord)0;
  SetLastError(error);
  return address;
}

static MutatorAccess allowedBy(DWORD protection) {
  switch (protection & 0xff) {
  case PAGE_READONLY: return MutatorAccessREAD;
  case PAGE_READWRITE:
  case PAGE_WRITECOPY: return MutatorAccessREAD | MutatorAccessWRITE;
  case PAGE_EXECUTE: return MutatorAccessEXECUTE;
  case PAGE_EXECUTE_READ: return MutatorAccessREAD | MutatorAccessEXECUTE;
  case PAGE_EXECUTE_READWRITE:
  case PAGE_EXECUTE_WRITECOPY: return MutatorAccessREAD | MutatorAccessWRITE | MutatorAccessEXECUTE;
  default: return MutatorAccessNONE;
  }
}

/* Which section is behind a view the system does not say. */
MutatorBool mutatorOSMapping(MutatorWord address, OSMapping mapping) {
  const DWORD error = GetLastError();
  MEMORY_BASIC_INFORMATION page;
  MutatorBool found;
  address = mutatorOSMapped(address);
  found = address != ~(MutatorWord)0 && query(address, &page);
  SetLastError(error);
  if (!found)
    return 0;
  mapping->base = (MutatorWord)page.BaseAddress;
  mapping->limit = limitOf(&page);
  mapping->access = allowedBy(page.Protect);
  mapping->shared = page.Type == MEM_MAPPED;
  mapping->object = mapping->offset = 0;
  return 1;
}
