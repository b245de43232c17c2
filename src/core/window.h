/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/window.h -- what the two halves of the windows share
 */

#ifndef mutator_core_window_h
#define mutator_core_window_h

#include <mutator/window.h>

/* The `translate` of a window's memory; its closure is the window. */
MutatorRes mutatorCoreWindowTranslate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                                      void **pointerReturn);

#endif
