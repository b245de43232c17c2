/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/context.h -- inside a context
 */

#ifndef mutator_core_context_h
#define mutator_core_context_h

#include "core/step.h"
#include "os/os.h"

/* mutatorContextFault -- the system's record, with general protection told apart; pre: a FAULT context */
void mutatorContextFault(MutatorContext context, OSFault fault);

/* mutatorContextPrepare -- everything a step needs, checked against the fault
 *
 * pre:      an initialised context
 * Returns   NONE and *step ready to perform, or why not
 */
MutatorDecline mutatorContextPrepare(MutatorContext context, CoreStep step);

/* mutatorContextRead -- fetch, plan and resolve, without asking what the fault says
 *
 * pre:      an initialised context, step->machine is its
 */
MutatorDecline mutatorContextRead(MutatorContext context, CoreStep step);

#endif
