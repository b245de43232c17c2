/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86_32/natives.c -- routines that differ between 64-bit and 32-bit mode
 */

#include "arch/x86/native.h"

int mutatorNativeSwap1(void *address, void *expected, const void *desired);
int mutatorNativeSwap2(void *address, void *expected, const void *desired);
int mutatorNativeSwap4(void *address, void *expected, const void *desired);
int mutatorNativeSwap8(void *address, void *expected, const void *desired);

const NativeSwap mutatorNativeSwaps[NativeSWAPS] = {mutatorNativeSwap1, mutatorNativeSwap2, mutatorNativeSwap4,
                                                    mutatorNativeSwap8, NULL};
