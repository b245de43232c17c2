/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/inline/os_thread.h -- mutatorOSThread where a call would be too slow
 */

#ifndef mutator_os_thread_h
#define mutator_os_thread_h

#include "os/os.h"

/* The calling thread's number; 0 until it has been asked for. */
extern _Thread_local MutatorWord mutatorLinuxThread;

static inline MutatorWord mutatorOSThreadInline(void) {
  return mutatorLinuxThread != 0 ? mutatorLinuxThread : mutatorOSThread();
}

#endif
