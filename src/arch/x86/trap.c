/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/trap.c -- a trap of the library's own
 */

#include "arch/x86/native.h"

enum { TrapSIZE = 1 }; /* HLT */

ArchTrap mutatorArchTrap(void) { return mutatorNativeTick; }

MutatorWord mutatorArchTrapAt(void) { return (MutatorWord)mutatorNativeTickTrap; }

MutatorWord mutatorArchTrapAfter(void) { return (MutatorWord)mutatorNativeTickTrap + TrapSIZE; }
