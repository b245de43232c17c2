/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/page.c -- the page size, for handlers too
 */

#include "os/os.h"

/* On every x86 CPU (Microsoft, SYSTEM_INFO; Intel SDM volume 3, section 4.1.1). */
size_t mutatorOSPageSize(void) { return 4096; }
