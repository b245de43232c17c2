/* SPDX-License-Identifier: BSD-2-Clause
 *
 * windows/postmortem_windows.h -- stacks, which each CPU walks in its own way
 */

#ifndef mutator_examples_postmortem_windows_h
#define mutator_examples_postmortem_windows_h

#include "../postmortem.h"

/* As systemAnnounce. */
void unwindAnnounce(const Function *functions, size_t count, unsigned char *room);

/* The system's own record of the stopped thread's registers. */
void unwindContext(CONTEXT *to, MutatorContext from);

/* Show each frame's program counter, from that context up. */
void unwindWalk(const CONTEXT *context, void (*show)(uintptr_t pc));

#endif
