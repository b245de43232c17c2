/* SPDX-License-Identifier: BSD-2-Clause */

#include "../weak_table_system.h"

#include <sys/mman.h>

bool systemProtect(void *base, size_t size, bool open) {
  return mprotect(base, size, open ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
}
