/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/peek.c -- memory reached by a system call, so that nothing faults
 */

#include "os/windows/windows.h"

#define WRITABLE (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)
#define READABLE (WRITABLE | PAGE_READONLY | PAGE_EXECUTE_READ)

/* Bytes at the address that lie in pages of such a protection; 0 for none. */
static size_t allowed(MutatorWord address, DWORD protections) {
  MEMORY_BASIC_INFORMATION page;
  if (VirtualQuery((const void *)address, &page, sizeof page) != sizeof page || page.State != MEM_COMMIT)
    return 0;
  if ((page.Protect & protections) == 0 || (page.Protect & PAGE_GUARD) != 0)
    return 0;
  return page.RegionSize - (address - (MutatorWord)page.BaseAddress);
}

/* WriteProcessMemory opens some pages that are closed, and not every system's
 * ReadProcessMemory heeds protection: they are asked for open pages only. */
static MutatorBool allAllowed(MutatorWord address, size_t size, DWORD protections) {
  while (size > 0) {
    const size_t count = allowed(address, protections);
    if (count == 0)
      return 0;
    if (count >= size)
      return 1;
    address += count;
    size -= count;
  }
  return 1;
}

MutatorBool mutatorOSPeek(void *buffer, MutatorWord address, size_t size) {
  const DWORD error = GetLastError();
  SIZE_T count = 0;
  const BOOL done = allAllowed(address, size, READABLE) &&
                    ReadProcessMemory(GetCurrentProcess(), (const void *)address, buffer, size, &count);
  SetLastError(error);
  return done && count == size;
}

size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i)
    if (!mutatorOSPeek((char *)buffer + i * size, addresses[i], size))
      break;
  return i;
}

MutatorBool mutatorOSPoke(MutatorWord address, const void *buffer, size_t size) {
  const DWORD error = GetLastError();
  SIZE_T count = 0;
  const BOOL done = allAllowed(address, size, WRITABLE) &&
                    WriteProcessMemory(GetCurrentProcess(), (void *)address, buffer, size, &count);
  SetLastError(error);
  return done && count == size;
}
