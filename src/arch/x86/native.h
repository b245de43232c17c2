/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/native.h -- routines in assembly: the CPU's own instructions
 *
 * They are lines of arch/x86/natives.inc, which says how to add one.
 */

#ifndef mutator_arch_x86_native_h
#define mutator_arch_x86_native_h

#include "arch/arch.h"

/* NativeOperandsStruct -- what an operation is given, and what it leaves
 *
 * No formula for results or flags: they are whatever this CPU makes them.  Of
 * flags, only MachineFlagsSTATUS may be set in what is given; what comes back
 * is the whole register.
 */
typedef struct NativeOperandsStruct {
  MutatorWord a; /* AL to RAX: the destination */
  MutatorWord b; /* DL to RDX: the source, or the destination's upper half */
  MutatorWord c; /* CL to RCX: a count or a factor */
  MutatorWord flags;
} NativeOperandsStruct, *NativeOperands;

/* NativeOperation -- one instruction, with operands and flags from there and back to there */
typedef void (*NativeOperation)(NativeOperands operands);

/* A family: the operation on 1, 2, 4 and 8 bytes, by log2 of that; NULL where the CPU has none. */
enum { NativeSIZES = 4 };
#define NATIVE_FAMILY(symbol) extern const NativeOperation symbol[NativeSIZES]

NATIVE_FAMILY(mutatorNativeCompare); /* CMP a, b; the others are in arch/x86/operation.h */
NATIVE_FAMILY(mutatorNativeTest);    /* TEST a, b */

/* a: the shadow stack's pointer; as it was where the thread has none, for then RDSSP does nothing. */
void mutatorNativeShadowStack(NativeOperands operands);

/* nativeOf -- the member of a family for operands of 1, 2, 4 or 8 bytes */
static inline NativeOperation nativeOf(const NativeOperation family[NativeSIZES], size_t bytes) {
  return family[bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3];
}

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
int mutatorNativeLoad32(void *buffer, const void *address);        /* AVX */
int mutatorNativeLoad64(void *buffer, const void *address);        /* AVX-512 */
int mutatorNativeStore1(void *address, const void *buffer);
int mutatorNativeStore2(void *address, const void *buffer);
int mutatorNativeStore4(void *address, const void *buffer);
int mutatorNativeStore8(void *address, const void *buffer);
int mutatorNativeStore16(void *address, const void *buffer);
int mutatorNativeStore16Aligned(void *address, const void *buffer);
int mutatorNativeStore32(void *address, const void *buffer);
int mutatorNativeStore64(void *address, const void *buffer);

/* mutatorNativeSwaps -- LOCK CMPXCHG of 1 to 8 bytes, and the pairs, CMPXCHG8B and 16B
 *
 * Returns  0 when replaced; 1 when it faulted; 2 when it held something else,
 *          now in *expected
 */
typedef int (*NativeSwap)(void *address, void *expected, const void *desired);

/* By log2 of the size; NULL where the mode has none. */
enum { NativeSWAPS = 5 };
extern const NativeSwap mutatorNativeSwaps[NativeSWAPS];

/* The fix-up table: pairs of distances from mutatorNativeBegin, to an access
 * and to where its routine goes on.  A pair may match nothing. */
extern const int32_t mutatorNativeFixups[];
extern const int32_t mutatorNativeFixupsEnd[];

/* Every access lies in [mutatorNativeBegin, mutatorNativeEnd). */
extern const unsigned char mutatorNativeBegin[];
extern const unsigned char mutatorNativeEnd[];

/* The trampoline of an injection, [entry, end), and the trap at its end. */
extern const unsigned char mutatorNativeInjectEntry[];
extern const unsigned char mutatorNativeInjectTrap[];
extern const unsigned char mutatorNativeInjectEnd[];

/* mutatorNativeInjectBlock -- write what the trampoline cannot: the block that it loads registers from
 *
 * Returns  false when there is no place for it
 */
MutatorBool mutatorNativeInjectBlock(const ArchInjectStruct *arch);

/* Bytes above the trampoline's stack that such a block may take. */
extern const size_t mutatorNativeInjectReserve;

/* A routine that traps and keeps every register, and the trap: an instruction of one byte. */
void mutatorNativeTick(void);
extern const unsigned char mutatorNativeTickTrap[];

/* mutatorNativeEnter -- clear AC (Intel SDM volume 1, section 3.4.3.3) */
void mutatorNativeEnter(void);

#endif
