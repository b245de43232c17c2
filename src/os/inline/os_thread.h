/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/inline/os_thread.h -- mutatorOSThread where a call would be too slow: on most systems it is one all the same
 *
 * A system that has better has a file of this name in its own folder inline/, which CMake puts first.
 */

#ifndef mutator_os_thread_h
#define mutator_os_thread_h

#include "os/os.h"

static inline MutatorWord mutatorOSThreadInline(void) { return mutatorOSThread(); }

#endif
