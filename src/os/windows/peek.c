/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/peek.c -- memory reached by a system call, so that nothing faults
 */

#include "os/windows/windows.h"

MutatorBool mutatorOSPeek(void *buffer, MutatorWord address, size_t size) {
  const DWORD error = GetLastError();
  SIZE_T count = 0;
  const BOOL done = ReadProcessMemory(GetCurrentProcess(), (const void *)address, buffer, size, &count);
  SetLastError(error);
  return done && count == size;
}

static MutatorBool isWritable(DWORD protection) {
  return (protection & (PAGE_GUARD | PAGE_NOACCESS)) == 0 &&
         (protection & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0;
}

/* WriteProcessMemory opens some pages that are closed: it is asked for others only. */
static MutatorBool allWritable(MutatorWord address, size_t size) {
  MEMORY_BASIC_INFORMATION page;
  MutatorWord next;
  for (; size > 0; size -= next - address, address = next) {
    if (VirtualQuery((const void *)address, &page, sizeof page) != sizeof page || page.State != MEM_COMMIT ||
        !isWritable(page.Protect))
      return 0;
    next = (MutatorWord)page.BaseAddress + page.RegionSize;
    if (next - address > size)
      next = address + size;
  }
  return 1;
}

MutatorBool mutatorOSPoke(MutatorWord address, const void *buffer, size_t size) {
  const DWORD error = GetLastError();
  SIZE_T count = 0;
  const BOOL done =
      allWritable(address, size) && WriteProcessMemory(GetCurrentProcess(), (void *)address, buffer, size, &count);
  SetLastError(error);
  return done && count == size;
}

size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count) {
  size_t i = 0;
  while (i < count && mutatorOSPeek((unsigned char *)buffer + i * size, addresses[i], size))
    ++i;
  return i;
}
