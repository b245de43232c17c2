/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/absent.c -- what other systems have
 */

#include "os/windows/windows.h"

/* There is no fork. */
MutatorBool mutatorOSForked(void) { return 0; }

/* WriteProcessMemory opens a page that is closed, for every thread, and closes
 * it again: that is what a memory must not do. */
MutatorBool mutatorOSProcessOffered(void) { return 0; }
