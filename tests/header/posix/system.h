/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/header/posix/system.h -- what two_copies.c needs of a POSIX system
 */

#include <sys/mman.h>

/* Hooks are taken away in the opposite order. */
enum { SystemANYORDER = 0 };

static int systemClose(void *base, size_t size) { return mprotect(base, size, PROT_NONE) == 0; }
