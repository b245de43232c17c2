/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/os/windows.h -- a stopped thread on Windows
 *
 * A fault is an EXCEPTION_POINTERS, the argument of a vectored exception
 * handler; a suspended thread is a HANDLE with THREAD_GET_CONTEXT rights (Microsoft,
 * AddVectoredExceptionHandler and GetThreadContext).  The registers of a
 * suspended thread are a copy: MutatorContextCommit writes edits back.
 *
 * Included by <mutator/context.h> and <mutator/fault.h>; do not include it alone.
 */

#ifndef MUTATOR_OS_WINDOWS_H
#define MUTATOR_OS_WINDOWS_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct MutatorContextStruct;

/* Room for a CONTEXT with its extended components, and for their alignment: AVX-512 needs
 * about 3.5 KiB; AMX tiles hold no references and are left out where the system can. */
#define MUTATOR_NATIVE_COPY 4608

/* MutatorNativeStruct -- what the system says of a stopped thread; private */
typedef struct MutatorNativeStruct {
  EXCEPTION_RECORD *record;                /* private; NULL in a THREAD context */
  CONTEXT *native;                         /* private; the exception's, or in the copy below */
  HANDLE thread;                           /* private; NULL in a FAULT context */
  unsigned char copy[MUTATOR_NATIVE_COPY]; /* private; a THREAD context's registers */
} MutatorNativeStruct;

/* No Windows ABI keeps anything below the stack pointer. */
#define MUTATOR_RED_ZONE 0

/* MutatorContextInitFault -- a context for a thread stopped by a fault or trap
 *
 * Keeps the pointers and looks at neither what they point at nor the
 * instruction.
 *
 * context   memory for the context, aligned for a pointer
 * pointers  the vectored handler's argument
 * Returns   MutatorResOK     *context is a FAULT context
 *           MutatorResPARAM  an argument, or a pointer inside it, is NULL or misaligned
 * Signals   may be called in a vectored handler
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitFault(struct MutatorContextStruct *context, EXCEPTION_POINTERS *pointers);

/* MutatorContextInitThread -- a context for a suspended thread
 *
 * The structure holds a copy of the registers, and must stay where it is.
 *
 * context   memory for the context, aligned for a pointer
 * thread    a suspended thread, with the right THREAD_GET_CONTEXT, and for
 *           MutatorContextCommit also THREAD_SET_CONTEXT
 * Returns   MutatorResOK      *context is a THREAD context
 *           MutatorResPARAM   an argument is NULL or misaligned; nothing changed
 *           MutatorResACCESS  the thread is gone, or the handle does not let it
 *                             be read; nothing changed, unless it goes during the call
 *           MutatorResBUSY    (32-bit programs on 64-bit systems) an exception is
 *                             being delivered to the thread, whose registers are not
 *                             known: resume it, and suspend it again; nothing changed
 *           MutatorResLIMIT   the CPU has more registers than the structure has
 *                             room for; *context is no context any more
 * Signals   may be called in a vectored handler; the last error is kept
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitThread(struct MutatorContextStruct *context, HANDLE thread);

/* MutatorFaultRecover -- was this fault the library's own, and expected?
 *
 * A client with its own vectored handler calls this first; when the answer is
 * true, return EXCEPTION_CONTINUE_EXECUTION.
 *
 * pointers  the vectored handler's argument
 * Returns   true (1) when the thread may simply go on, else false (0)
 * Signals   may be called in a vectored handler
 * Threads   any
 */
MUTATOR_API MutatorBool MutatorFaultRecover(EXCEPTION_POINTERS *pointers);

/* MutatorFaultDispatch -- offer a fault to the library from another handler
 *
 * pointers  the vectored handler's argument
 * Returns   true (1) when it was handled and the thread may go on, else false (0)
 * Signals   may be called in a vectored handler
 * Threads   any
 */
MUTATOR_API MutatorBool MutatorFaultDispatch(EXCEPTION_POINTERS *pointers);

#ifdef __cplusplus
}
#endif

#endif
