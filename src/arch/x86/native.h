/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/native.h -- routines in assembly: the CPU's own instructions
 */

#ifndef mutator_arch_x86_native_h
#define mutator_arch_x86_native_h

#include "arch/arch.h"

/* mutatorNativeCompareN, TestN -- the flags after CMP a, b or TEST a, b on N bytes
 *
 * Returns  the whole flags register; the caller takes the status bits
 */
typedef MutatorWord (*NativeCompare)(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeCompare1(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeCompare2(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeCompare4(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeCompare8(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeTest1(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeTest2(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeTest4(MutatorWord a, MutatorWord b);
MutatorWord mutatorNativeTest8(MutatorWord a, MutatorWord b);

/* mutatorNativeLoadN, StoreN -- one access of N bytes that may fault
 *
 * buffer   ordinary memory
 * Returns  0 when done, 1 when the access faulted (nothing was written)
 */
typedef int (*NativeLoad)(void *buffer, const void *address);
typedef int (*NativeStore)(void *address, const void *buffer);
int mutatorNativeLoad1(void *buffer, const void *address);
int mutatorNativeLoad2(void *buffer, const void *address);
int mutatorNativeLoad4(void *buffer, const void *address);
int mutatorNativeLoad8(void *buffer, const void *address);
int mutatorNativeLoad16(void *buffer, const void *address);        /* MOVDQU */
int mutatorNativeLoad16Aligned(void *buffer, const void *address); /* MOVDQA: one access where the CPU has AVX */
int mutatorNativeStore1(void *address, const void *buffer);
int mutatorNativeStore2(void *address, const void *buffer);
int mutatorNativeStore4(void *address, const void *buffer);
int mutatorNativeStore8(void *address, const void *buffer);
int mutatorNativeStore16(void *address, const void *buffer);
int mutatorNativeStore16Aligned(void *address, const void *buffer);

/* mutatorNativeSwapN -- LOCK CMPXCHG of N bytes (16: CMPXCHG16B)
 *
 * Returns  0 when replaced; 1 when it faulted; 2 when it held something else,
 *          now in *expected
 */
typedef int (*NativeSwap)(void *address, void *expected, const void *desired);
int mutatorNativeSwap1(void *address, void *expected, const void *desired);
int mutatorNativeSwap2(void *address, void *expected, const void *desired);
int mutatorNativeSwap4(void *address, void *expected, const void *desired);
int mutatorNativeSwap8(void *address, void *expected, const void *desired);
int mutatorNativeSwap16(void *address, void *expected, const void *desired);

/* The CPU has CMPXCHG16B, bit 13 of CPUID leaf 1's ECX. */
MutatorBool mutatorNativeHasSwap16(void);

/* The fix-up table: pairs of distances from the table's start to an access
 * and to where its function goes on; mutatorNativeFixupCount pairs. */
extern const int32_t mutatorNativeFixups[];
extern const int32_t mutatorNativeFixupCount;

/* Every access lies in [mutatorNativeBegin, mutatorNativeEnd). */
extern const unsigned char mutatorNativeBegin[];
extern const unsigned char mutatorNativeEnd[];

#endif
