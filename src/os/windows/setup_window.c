/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/setup_window.c -- memory that is mapped twice
 */

#include "os/windows/windows.h"

static MutatorBool mapTwice(MutatorWindow window, HANDLE section) {
  window->base = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, window->size);
  if (window->base == NULL)
    return 0;
  window->alias = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, window->size);
  if (window->alias != NULL)
    return 1;
  (void)UnmapViewOfFile(window->base);
  return 0;
}

/* The views keep the section; there is no fork that would have to copy it. */
MutatorRes mutatorOSWindowCreate(MutatorWindow window, size_t size) {
  HANDLE section =
      CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD)((uint64_t)size >> 32), (DWORD)size, NULL);
  MutatorBool mapped;
  if (section == NULL)
    return MutatorResMEMORY;
  window->size = size;
  mapped = mapTwice(window, section);
  (void)CloseHandle(section);
  return mapped ? MutatorResOK : MutatorResMEMORY;
}

void mutatorOSWindowDestroy(MutatorWindow window) {
  (void)UnmapViewOfFile(window->base);
  (void)UnmapViewOfFile(window->alias);
}
