/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/thread.c -- the calling thread's number, and waiting until a word changes
 */

#include <pthread.h>

#include "os/macos/macos.h"

/* The name of its port, which is how debuggers of the process know it too. */
MutatorWord mutatorOSThread(void) { return pthread_mach_thread_np(pthread_self()); }

void mutatorOSThreadForked(void) {}

/* The system's own way (__ulock_wait) is private to it.  So the word is looked at
 * again and again: soon at first, then every millisecond. */
enum { SpinCOUNT = 64 };

void mutatorOSWait(const uint32_t *word, uint32_t value, unsigned milliseconds) {
  const volatile uint32_t *now = word;
  unsigned i;
  for (i = 0; i < SpinCOUNT && *now == value; ++i)
    (void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE, 0);
  for (i = 0; i < milliseconds && *now == value; ++i)
    (void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1);
}

void mutatorOSWake(const uint32_t *word, unsigned count) {
  (void)word;
  (void)count;
}
