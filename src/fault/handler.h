/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/handler.h -- the handlers that are asked, in order
 */

#ifndef mutator_fault_handler_h
#define mutator_fault_handler_h

#include <mutator/fault.h>

#include "core/core.h"

/* mutatorFaultHandlers -- the MutatorFaultHandler that is asked first
 *
 * A list by `next`, never empty: the range table is one of them.  Read in a
 * stay in mutatorPinCallbacks; changed with the set-up lock held.
 */
extern AtomicWord mutatorFaultHandlers;

#endif
