/* SPDX-License-Identifier: BSD-2-Clause */

#include "../weak_table_system.h"

#include <windows.h>

bool systemProtect(void *base, size_t size, bool open) {
  DWORD before;
  return VirtualProtect(base, size, open ? PAGE_READWRITE : PAGE_NOACCESS, &before);
}
