/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/header/windows/system.h -- what two_copies.c needs of Windows
 */

#include <windows.h>

/* Hooks are on a list. */
enum { SystemANYORDER = 1 };

static int systemClose(void *base, size_t size) {
  DWORD was;
  return VirtualProtect(base, size, PAGE_NOACCESS, &was) != 0;
}
