/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_64/registers.c -- the vector registers of 64-bit mode
 */

#include "arch/registers.h"

const uint16_t mutatorVectorPartSize[VectorPartLIMIT] = {
    [VectorPartX87] = 8 * 16,  [VectorPartXMM] = 16 * 16,      [VectorPartYMMUpper] = 16 * 16,
    [VectorPartMask] = 8 * 8,  [VectorPartZMMUpper] = 16 * 32, [VectorPartHigh16] = 16 * 64,
    [VectorPartEGPR] = 16 * 8,
};
