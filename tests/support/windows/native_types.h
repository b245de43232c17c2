/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/windows/native_types.h -- a stopped thread is what a vectored handler gets
 */

#ifndef mutator_tests_support_windows_native_types_h
#define mutator_tests_support_windows_native_types_h

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <stddef.h>
#include <stdint.h>

typedef HANDLE NativeThread;

#define NATIVE_PRINTF gnu_printf /* whose rules a format string follows */

/* How far the record's PC is behind a breakpoint instruction of one byte. */
#define NATIVE_AFTER_BREAKPOINT 0

/* The error code is ExceptionInformation's first word: 0, 1 or 8, and not the CPU's. */
#define NATIVE_ERROR_BITS 0

/* Flags that a program may have set when it stops; the system's own code is not made for AC. */
#define NATIVE_FLAGS 0xcd5

/* Do threads that come later stop at debug registers that were set before? */
#define NATIVE_DEBUG_REGISTERS_INHERITED 0

/* Does a thread keep its vector registers when it is suspended on its way out of a fault?  Under Wine not
 * always; nor does it without the library. */
#define NATIVE_SUSPENSION_KEEPS_VECTORS 0

/* Does a C++ handler around an instruction that traps get what is thrown from there?  GCC's for 64-bit
 * Windows look for the instruction before it. */
#define NATIVE_TRAP_IS_IN_TRY (sizeof(void *) == 4)

/* Are x87 and MMX stepped?  It is not known from which field Windows restores them. */
#define NATIVE_STEPS_X87 0

/* The stack at a call is a multiple of this. */
#define NATIVE_STACK_ALIGN (sizeof(void *) == 8 ? 16 : 4)

/* What stops a thread, as nativeStopNumber has it. */
#define NATIVE_MEMORY ((int)EXCEPTION_ACCESS_VIOLATION)
#define NATIVE_STACK_SEGMENT ((int)EXCEPTION_STACK_OVERFLOW)
#define NATIVE_PRIVILEGED ((int)EXCEPTION_PRIV_INSTRUCTION)
#define NATIVE_ILLEGAL ((int)EXCEPTION_ILLEGAL_INSTRUCTION)
#define NATIVE_BREAKPOINT ((int)EXCEPTION_BREAKPOINT)
#define NATIVE_TRACE ((int)EXCEPTION_SINGLE_STEP)
#define NATIVE_DIVIDE ((int)EXCEPTION_INT_DIVIDE_BY_ZERO)
#define NATIVE_OVERFLOW ((int)EXCEPTION_INT_OVERFLOW)
/* Of SSE; in 32-bit mode the system does not say which (STATUS_FLOAT_MULTIPLE_TRAPS). */
#define NATIVE_FLOAT ((int)(sizeof(void *) == 8 ? (DWORD)EXCEPTION_FLT_DIVIDE_BY_ZERO : 0xc00002b5u))

typedef struct NativeStopStruct {
  EXCEPTION_POINTERS *pointers;
} NativeStopStruct;

/* The context with what follows it, as far as CONTEXT_EX says. */
typedef struct NativePictureStruct {
  EXCEPTION_RECORD record;
  size_t size;
  unsigned char context[8192] __attribute__((aligned(64)));
} NativePictureStruct;

/* Of the CPU's file: where register n is in a CONTEXT; the bits of ContextFlags that say
 * that an extended state follows; the FXSAVE area; MXCSR as the system loads it. */
extern const size_t nativeOffsets[];
extern const DWORD nativeExtended;
unsigned char *nativeFxsave(CONTEXT *context);
uint32_t *nativeMxcsr(CONTEXT *context);

MutatorWord nativeContextGet(const CONTEXT *context, unsigned reg);
void nativeContextSet(CONTEXT *context, unsigned reg, MutatorWord value);

#endif
