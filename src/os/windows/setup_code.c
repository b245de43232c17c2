/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup_code.c -- memory for code, in two mappings
 */

#include "os/windows/windows.h"

/* Of memory that somebody else has mapped, a section's handle is not known: the client gives a mapping. */
void *mutatorOSMapAgain(MutatorWord base, size_t size) {
  (void)base;
  (void)size;
  return NULL;
}

static void *mapNear(HANDLE section, MutatorWord place, size_t size) {
  enum { Tries = 64 };
  const DWORD access = FILE_MAP_READ | FILE_MAP_EXECUTE;
  const MutatorWord distance = (MutatorWord)1 << 24, granularity = 0x10000;
  MutatorWord i;
  for (i = 1; i <= Tries; ++i) {
    const MutatorWord by = (i / 2 + 1) * distance;
    const MutatorWord there = (i % 2 != 0 ? place - by : place + by) / granularity * granularity;
    void *base = MapViewOfFileEx(section, access, 0, 0, size, (void *)there);
    if (base != NULL)
      return base;
  }
  return MapViewOfFile(section, access, 0, 0, size);
}

MutatorRes mutatorOSCodeCreate(MutatorWord place, size_t size, MutatorWord *executableReturn,
                               MutatorWord *writableReturn) {
  HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, (DWORD)size, NULL);
  void *executable, *writable;
  if (section == NULL)
    return MutatorResMEMORY;
  executable = mapNear(section, place, size);
  writable = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, size);
  (void)CloseHandle(section);
  *executableReturn = (MutatorWord)executable;
  *writableReturn = (MutatorWord)writable;
  if (executable != NULL && writable != NULL)
    return MutatorResOK;
  if (executable != NULL)
    (void)UnmapViewOfFile(executable);
  if (writable != NULL)
    (void)UnmapViewOfFile(writable);
  return MutatorResMEMORY;
}

void mutatorOSCodeDestroy(MutatorWord executable, MutatorWord writable, size_t size) {
  (void)size;
  (void)UnmapViewOfFile((void *)executable);
  (void)UnmapViewOfFile((void *)writable);
}
