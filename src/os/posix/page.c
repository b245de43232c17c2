/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/posix/page.c -- the page size, for handlers too
 */

#include "os/posix/posix.h"

/* Every x86 page is at least this large (Intel SDM volume 3, section 4.1.1). */
AtomicWord mutatorPosixPageSize = 4096;

size_t mutatorOSPageSize(void) { return atomicLoadRelaxed(&mutatorPosixPageSize); }
