/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/os/posix.h -- a stopped thread on Linux and FreeBSD
 *
 * A thread that a signal stopped is a siginfo_t and a ucontext_t, the second
 * and third arguments of a handler installed with SA_SIGINFO (POSIX.1-2008,
 * sigaction).  The context keeps the two pointers and reads through them, so
 * both must stay valid, and where the system put them, for as long as the
 * context is used: the vector registers lie in the signal frame, behind a
 * pointer inside the ucontext_t.
 *
 * Included by <mutator/context.h> and <mutator/fault.h>; do not include it alone.
 */

#ifndef MUTATOR_OS_POSIX_H
#define MUTATOR_OS_POSIX_H

#include <signal.h>
#include <ucontext.h>

#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct MutatorContextStruct;

/* MutatorNativeStruct -- what the system says of a stopped thread; private */
typedef struct MutatorNativeStruct {
  siginfo_t *info;      /* private; NULL in a THREAD context */
  ucontext_t *ucontext; /* private */
} MutatorNativeStruct;

/* The System V ABI lets a leaf function use memory below its stack pointer. */
#define MUTATOR_RED_ZONE MUTATOR_CPU_RED_ZONE

/* MutatorContextInitFault -- a context for a thread stopped by a fault or trap
 *
 * Keeps the two pointers and looks at neither what they point at nor the
 * instruction, so it may be called before the record is filled in.
 *
 * context   memory for the context, aligned for a pointer
 * info      the handler's second argument
 * ucontext  the handler's third argument
 * Returns   MutatorResOK     *context is a FAULT context
 *           MutatorResPARAM  an argument is NULL or misaligned; nothing changed
 * Signals   async-signal-safe
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitFault(struct MutatorContextStruct *context, siginfo_t *info,
                                               ucontext_t *ucontext);

/* MutatorContextInitThread -- a context for a suspended thread
 *
 * context   memory for the context, aligned for a pointer
 * ucontext  where a signal handler that suspended the thread found its state,
 *           or what getcontext(3) filled in
 * Returns   MutatorResOK     *context is a THREAD context
 *           MutatorResPARAM  an argument is NULL or misaligned; nothing changed
 * Signals   async-signal-safe
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitThread(struct MutatorContextStruct *context, ucontext_t *ucontext);

/* MutatorFaultRecover -- was this fault the library's own, and expected?
 *
 * The library reads and writes memory that may be inaccessible with single
 * instructions whose addresses it knows.  A fault on one of them is not an
 * error: this function moves the program counter to the place where the
 * library goes on, and reports ACCESS to its caller.  Under MutatorFaultSetup
 * it is called for you.  A client with its own handler must install it with
 * SA_NODEFER and call this first; when the answer is true, return at once.
 *
 * info      the handler's second argument
 * ucontext  the handler's third argument
 * Returns   true (1) when the thread may simply go on, false (0) for every
 *           other fault, for a signal somebody sent, and for NULL
 * Signals   async-signal-safe
 * Threads   any
 */
MUTATOR_API MutatorBool MutatorFaultRecover(siginfo_t *info, ucontext_t *ucontext);

/* MutatorFaultDispatch -- offer a fault to the library from another handler
 *
 * For a handler that was installed after MutatorFaultSetup, or instead of it:
 * does what the library's own hook does (recovery, then the range's callback)
 * short of calling the previous handler.
 *
 * signal    the handler's first argument
 * info      the handler's second argument
 * ucontext  the handler's third argument
 * Returns   true (1) when it was handled and the thread may go on, else false (0)
 * Signals   async-signal-safe as far as the range's callback is; errno kept
 * Threads   any
 */
MUTATOR_API MutatorBool MutatorFaultDispatch(int signal, siginfo_t *info, ucontext_t *ucontext);

#ifdef __cplusplus
}
#endif

#endif
