/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/thread.c -- the calling thread's number, and sleeping until a word changes
 */

#include "os/windows/windows.h"

MutatorWord mutatorOSThread(void) { return GetCurrentThreadId(); }

void mutatorOSThreadForked(void) {}

/* What the system offers for this (WaitOnAddress) keeps lists in the process, which a
 * stopped thread may have half changed.  So the word is looked at again and
 * again: soon at first, then as seldom as the system's clock ticks. */
enum { SpinCOUNT = 64 };

void mutatorOSWait(const uint32_t *word, uint32_t value, unsigned milliseconds) {
  const volatile uint32_t *now = word;
  unsigned i;
  for (i = 0; i < SpinCOUNT && *now == value; ++i)
    (void)SwitchToThread();
  for (i = 0; i < milliseconds && *now == value; ++i)
    Sleep(1);
}

void mutatorOSWake(const uint32_t *word, unsigned count) {
  (void)word;
  (void)count;
}
