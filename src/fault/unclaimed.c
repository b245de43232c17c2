/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/unclaimed.c -- a place for a debugger's breakpoint
 *
 * In a file of its own, so that the call is made and not inlined.
 */

#include <mutator/fault.h>

void MutatorFaultUnclaimed(MutatorContext context) { (void)context; }
