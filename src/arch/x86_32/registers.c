/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_32/registers.c -- the vector registers of 32-bit mode: eight, and neither zmm16 to zmm31 nor r16 to r31
 */

#include "arch/registers.h"

const uint16_t mutatorVectorPartSize[VectorPartLIMIT] = {
    [VectorPartX87] = 8 * 16, [VectorPartXMM] = 8 * 16,      [VectorPartYMMUpper] = 8 * 16,
    [VectorPartMask] = 8 * 8, [VectorPartZMMUpper] = 8 * 32,
};
