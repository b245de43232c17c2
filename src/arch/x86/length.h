/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/length.h -- how long any instruction is, in the table or not
 */

#ifndef mutator_arch_x86_length_h
#define mutator_arch_x86_length_h

#include "arch/x86/raw.h"

/* mutatorRawHasModRM -- do prefixes and opcode want a ModR/M byte? */
MutatorBool mutatorRawHasModRM(const RawStruct *raw);

/* mutatorRawWhole -- take all of an instruction apart
 *
 * Returns  its length in bytes; 0 when it is not whole, or its length is not known
 */
size_t mutatorRawWhole(Raw raw, const unsigned char *bytes, size_t count);

#endif
