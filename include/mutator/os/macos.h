/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/os/macos.h -- a stopped thread on macOS
 *
 * A fault arrives in one of two ways.  As a signal: a siginfo_t and a
 * ucontext_t, the second and third arguments of a handler installed with
 * SA_SIGINFO; that is what MutatorFaultSetup installs.  Or as a Mach exception, before
 * it becomes a signal: for threads that have called MutatorMachServe.  A
 * suspended thread is its Mach port; its registers are a copy, which
 * MutatorContextCommit writes back.
 *
 * Processes with a hardened runtime may be refused exception ports; then
 * signals are what there is.  Under Rosetta (an x86-64 program on another CPU)
 * the error code of a fault is the translator's: contexts, capture and
 * scanning work, and the write bit may be missing, so that steps are declined.
 *
 * Included by <mutator/context.h> and <mutator/fault.h>; do not include it alone.
 */

#ifndef MUTATOR_OS_MACOS_H
#define MUTATOR_OS_MACOS_H

#include <mach/mach.h>
#include <signal.h>
#include <sys/ucontext.h>

#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct MutatorContextStruct;

/* Room for the largest vector state, x86_AVX512_STATE64, bytes. */
#define MUTATOR_MACH_VECTOR 2448

typedef struct MutatorMachStruct *MutatorMach;

/* MutatorMachStruct -- a thread that a Mach exception or thread_suspend has stopped
 *
 * The first five fields are for a server of the caller's own to fill in, as the
 * message or thread_get_state had them; with `vectorFlavor` 0 the library asks for the rest
 * when it needs it.  The others are private.
 */
typedef struct MutatorMachStruct {
  thread_act_t thread;          /* whose state can be got and set; MACH_PORT_NULL: nothing but `general` is known */
  exception_type_t exception;   /* 0: suspended */
  int64_t code[2];              /* the exception's, with MACH_EXCEPTION_CODES */
  x86_thread_state64_t general; /* flavor x86_THREAD_STATE64; edits are made here */
  x86_exception_state64_t trap; /* flavor x86_EXCEPTION_STATE64 */
  MutatorBool trapKnown;        /* `trap` is set */
  int vectorFlavor;             /* private; of `vector`; 0: not asked for yet, -1: there is none */
  unsigned char vector[MUTATOR_MACH_VECTOR]; /* private */
} MutatorMachStruct;

/* MutatorNativeStruct -- what the system says of a stopped thread; private */
typedef struct MutatorNativeStruct {
  siginfo_t *info;        /* private; of a signal, else NULL */
  ucontext_t *ucontext;   /* private; of a signal, else NULL */
  MutatorMach mach;       /* private; an exception's, or the copy below */
  MutatorMachStruct copy; /* private; a suspended thread's */
} MutatorNativeStruct;

/* The System V ABI lets a leaf function use memory below its stack pointer. */
#define MUTATOR_RED_ZONE MUTATOR_CPU_RED_ZONE

/* MutatorContextInitFault -- a context for a thread stopped by a Mach exception
 *
 * Keeps the pointer.  Edits are in mach->general; MutatorContextCommit writes
 * edited vector registers to the thread, and the caller sets the general ones,
 * by thread_set_state or in its reply.
 *
 * context   memory for the context, aligned for a pointer
 * mach      what the message said
 * Returns   MutatorResOK     *context is a FAULT context
 *           MutatorResPARAM  an argument is NULL or misaligned, or mach->exception is 0; nothing changed
 * Signals   async-signal-safe
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitFault(struct MutatorContextStruct *context, MutatorMach mach);

/* MutatorContextInitSignal -- a context for a thread stopped by a fault or trap that became a signal
 *
 * Keeps the two pointers and looks at neither what they point at nor the instruction.
 *
 * context   memory for the context, aligned for a pointer
 * info      the handler's second argument
 * ucontext  the handler's third argument
 * Returns   MutatorResOK     *context is a FAULT context
 *           MutatorResPARAM  an argument is NULL or misaligned; nothing changed
 * Signals   async-signal-safe
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitSignal(struct MutatorContextStruct *context, siginfo_t *info,
                                                ucontext_t *ucontext);

/* MutatorContextInitThread -- a context for a suspended thread
 *
 * The structure holds a copy of the registers, and must stay where it is.
 *
 * context   memory for the context, aligned for a pointer
 * thread    a thread of this process, suspended by thread_suspend
 * Returns   MutatorResOK      *context is a THREAD context
 *           MutatorResPARAM   context is NULL or misaligned, or thread is MACH_PORT_NULL; nothing changed
 *           MutatorResACCESS  the thread is gone; *context is no context any more
 * Signals   async-signal-safe
 * Threads   safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextInitThread(struct MutatorContextStruct *context, thread_act_t thread);

/* MutatorFaultRecover -- was this fault the library's own, and expected?
 *
 * For a client with its own signal handler, which calls this first, and returns
 * at once when the answer is true.
 *
 * info      the handler's second argument
 * ucontext  the handler's third argument
 * Returns   true (1) when the thread may simply go on, else false (0)
 * Signals   async-signal-safe
 * Threads   any
 */
MUTATOR_API MutatorBool MutatorFaultRecover(siginfo_t *info, ucontext_t *ucontext);

/* MutatorFaultDispatch -- offer a fault to the library from another signal handler
 *
 * signal    the handler's first argument
 * info      the handler's second argument
 * ucontext  the handler's third argument
 * Returns   true (1) when it was handled and the thread may go on, else false (0)
 * Signals   async-signal-safe as far as the range's callback is; errno kept
 * Threads   any
 */
MUTATOR_API MutatorBool MutatorFaultDispatch(int signal, siginfo_t *info, ucontext_t *ucontext);

/* MutatorMachServe -- have the calling thread's faults arrive as Mach exceptions
 *
 * The first call starts a thread of the library's that serves them.  The callbacks
 * of ranges then run on that thread, one at a time, while the thread that has faulted waits in
 * the kernel: they must not wait for it.  What nobody handles goes to the thread's
 * previous exception port, or on its way to the task's and to a signal.  The
 * library's own accesses that fail are recovered by its signal handler.  No call can be injected
 * from such a callback (MutatorInject gives STATE, or UNIMPL where the server's thread has an area): it is another thread's.
 *
 * Needs    MutatorFaultSetup; MutatorThreadRegister first, if the thread is to be suspended
 * Returns  MutatorResOK      they do
 *          MutatorResSTATE   MutatorFaultSetup has not been called, or they do already; nothing changed
 *          MutatorResMEMORY  no port, thread or memory is to be had; nothing changed
 *          MutatorResACCESS  the system refuses exception ports (a hardened process); signals go on
 * Signals  not async-signal-safe
 * Threads  any, each for itself.  In a forked child the one that is left goes on being served
 */
MUTATOR_API MutatorRes MutatorMachServe(void);

/* MutatorMachRelease -- give the calling thread its previous exception ports back
 *
 * Returns  MutatorResOK     done
 *          MutatorResSTATE  they had not been replaced
 * Signals  not async-signal-safe
 * Threads  any, each for itself, and before it exits
 */
MUTATOR_API MutatorRes MutatorMachRelease(void);

#ifdef __cplusplus
}
#endif

#endif
