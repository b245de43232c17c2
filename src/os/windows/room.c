/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/room.c -- room on another thread's stack
 *
 * A stack is reserved as a whole.  The page below what is in use is a guard:
 * when its own thread touches it, the next becomes one; when another does, that
 * gets an exception, and the guard is gone (Microsoft, Thread Stack Size, Creating Guard Pages).
 */

#include "os/windows/windows.h"

/* Below the last guard the system keeps pages for the exception of an overflow. */
enum { OverflowPAGES = 4 };

static MutatorBool ask(MutatorWord address, MEMORY_BASIC_INFORMATION *page) {
  return VirtualQuery((const void *)address, page, sizeof *page) == sizeof *page && page->State != MEM_FREE;
}

MutatorBool mutatorOSStackRoom(MutatorWord base, MutatorWord limit, MutatorBool *roomReturn) {
  MEMORY_BASIC_INFORMATION top, bottom;
  MutatorBool open = base < limit && ask(limit - 1, &top) && ask(base, &bottom) && top.State == MEM_COMMIT &&
                     (top.Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0 &&
                     top.AllocationBase == bottom.AllocationBase;
  if (open && bottom.BaseAddress != top.BaseAddress)
    open = base - (MutatorWord)bottom.AllocationBase >= OverflowPAGES * mutatorOSPageSize();
  *roomReturn = open;
  return 1;
}
