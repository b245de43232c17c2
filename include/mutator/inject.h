/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/inject.h -- call ordinary code at a trap, then go on as if nothing had happened
 *
 * A handler may do very little: no malloc, no printf, no lock.  Injection lets
 * it ask for more.  MutatorInject changes the stopped thread's registers so
 * that, when the handler returns, the thread does not go on with its
 * instruction but calls a function: outside the handler, off the alternate
 * stack, with the thread's own signal mask.  When the function returns, every
 * register, flag and vector register is as it was at the trap, or as the
 * function has set it in the context it was given, and the thread goes on.
 *
 * The handler writes registers and the thread's own area (MutatorInjectAttach),
 * never the stack that was interrupted.
 */

#ifndef MUTATOR_INJECT_H
#define MUTATOR_INJECT_H

#include <mutator/context.h>
#include <mutator/thread.h>
#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MutatorInjectCallback -- the function that an injection calls
 *
 * Runs like any function of the thread: the stack is aligned, the direction
 * flag clear, floating-point control words have their defaults.  errno (on
 * Windows GetLastError, not a C library's errno) is kept for the thread.  It may
 * allocate, print, lock, fault, trap again and be injected into, and leave for
 * good (MutatorInjectAbandon).  At a point where the thread held a lock, taking that lock again
 * is as wrong as it would be in the thread's own code.
 *
 * context  a FAULT context of the trap; registers may be read, scanned, edited,
 *          the instruction decoded and stepped.  Edits take effect when the
 *          function returns: a PC behind the instruction skips it, an
 *          unchanged one retries it.  Valid until the function returns
 * closure  as given to MutatorInject
 */
typedef void (*MutatorInjectCallback)(MutatorContext context, void *closure);

/* MutatorInjectRefusal -- why an injection is refused */
typedef enum MutatorInjectRefusal {
  MutatorInjectRefusalNONE = 0,    /* it is not */
  MutatorInjectRefusalSETUP = 1,   /* the thread has no area (MutatorInjectAttach) */
  MutatorInjectRefusalDEPTH = 2,   /* as many injections are running as the area has room for */
  MutatorInjectRefusalROOM = 3,    /* no room on the stack */
  MutatorInjectRefusalASYNC = 4,   /* no trap: somebody sent the signal, or the thread is suspended */
  MutatorInjectRefusalSHADOW = 5,  /* a shadow stack that this way back would break */
  MutatorInjectRefusalOWNCODE = 6, /* the PC is in the library's own injection code */
  MutatorInjectRefusalSTATE = 7, /* the record lacks what is needed to go back: another code segment, no vector state */
  MutatorInjectRefusalSYSTEMCALL = 8, /* the suspended thread is inside a system call */
  MutatorInjectRefusalLIMIT = 9       /* one past the last reason */
} MutatorInjectRefusal;

/* MutatorInjectBack -- the way back from the callback to the thread */
typedef enum MutatorInjectBack {
  MutatorInjectBackAUTO = 0, /* straight where that restores everything, else by a trap */
  MutatorInjectBackSTRAIGHT =
      1,                    /* by the CPU's own return instruction; falls back to a trap where it cannot be exact */
  MutatorInjectBackTRAP = 2 /* by a second trap, whose handler restores the state */
} MutatorInjectBack;

/* MutatorInjectOptionsStruct -- for MutatorInjectAttach; all zero but `size` is the default */
typedef struct MutatorInjectOptionsStruct *MutatorInjectOptions;
typedef struct MutatorInjectOptionsStruct {
  MutatorWord size;        /* of this structure, bytes */
  void *stack;             /* lowest byte of a private stack for callbacks; NULL: the thread's own stack */
  size_t stackSize;        /* its size, bytes; at least 16384 */
  size_t room;             /* bytes of stack that must be there; 0: 32768 */
  MutatorInjectBack back;  /* the way back */
  MutatorWord reserved[4]; /* zero */
} MutatorInjectOptionsStruct;

/* MutatorInjectAreaSize -- what an area needs
 *
 * depth    how many injections may be running at once on the thread: 1 and
 *          one more for each that a callback may be interrupted by
 * Returns  bytes, for this CPU's registers; 0 when depth is 0 or above 64
 * Signals  not async-signal-safe
 * Threads  any
 * Source   CPUID leaf 0DH (Intel SDM volume 1, section 13.2)
 */
MUTATOR_API size_t MutatorInjectAreaSize(unsigned depth);

/* MutatorInjectAttach -- give the calling thread an area
 *
 * area     memory aligned to 64 bytes, in use until MutatorInjectDetach
 * size     its size, bytes: at least MutatorInjectAreaSize(1); as many
 *          injections may nest as it has room for, 64 at most
 * options  or NULL for the defaults; copied
 * Needs    MutatorFaultSetup; or a client's own handler for SIGSEGV that calls MutatorInjectReturn
 * Returns  MutatorResOK      attached
 *          MutatorResPARAM   NULL, misaligned or too small area; bad options
 *          MutatorResSTATE   the thread has an area, or MutatorSetup has not been called
 *          MutatorResBUSY    the area is another thread's
 *          MutatorResUNIMPL  not offered here
 *          MutatorResMEMORY  the system has no memory for a thread's slot
 * Signals  not async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorInjectAttach(void *area, size_t size, const MutatorInjectOptionsStruct *options);

/* MutatorInjectDetach -- take the calling thread's area away
 *
 * Returns  MutatorResOK     the area is the caller's memory again
 *          MutatorResSTATE  the thread has none
 *          MutatorResBUSY   an injection is running on it
 * Signals  not async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorInjectDetach(void);

/* MutatorInject -- make the stopped thread call a function when the handler returns
 *
 * To be called in the handler of a synchronous trap (illegal instruction,
 * breakpoint, divide error, memory fault, general protection), on the thread
 * that trapped, as the last thing done to its context: report the trap as
 * handled and return.
 *
 * context        a FAULT context made from the handler's own arguments
 * callback       called with closure
 * refusalReturn  receives the reason when it is refused, else NONE; or NULL
 * Returns        MutatorResOK      the thread will call it
 *                MutatorResPARAM   not a FAULT context made on the calling thread, or no callback
 *                MutatorResSTATE   the thread has no area
 *                MutatorResLIMIT   depth or stack exhausted
 *                MutatorResUNIMPL  refused for another reason; unless OK, nothing has changed
 * Signals        async-signal-safe
 * Threads        the one that trapped
 */
MUTATOR_API MutatorRes MutatorInject(MutatorContext context, MutatorInjectCallback callback, void *closure,
                                     MutatorInjectRefusal *refusalReturn);

/* MutatorInjectThread -- make a suspended thread call a function when it is resumed
 *
 * A collector can make a thread run to a safepoint this way.  The thread may
 * have been stopped anywhere, holding any lock, so its callback must be
 * async-signal-safe.  The callback's context is a THREAD context.
 *
 * thread         suspended by MutatorThreadSuspend or SuspendAll
 * context        made by MutatorThreadContext, its latest
 * area           the thread's, as it gave it to MutatorInjectAttach when it was already registered
 * callback       called with closure, on that thread
 * refusalReturn  as for MutatorInject
 * Returns        MutatorResOK      the thread will call it once it is resumed
 *                MutatorResPARAM   not a registered thread, not its context, not its area, or no callback
 *                MutatorResSTATE   the library does not hold the thread's suspension
 *                MutatorResLIMIT   depth or stack exhausted
 *                MutatorResUNIMPL  refused: it is inside a system call, or for another
 *                                  reason; unless OK, nothing has changed
 *
 * On Windows a thread counts as inside a system call until it has left the
 * place where its latest handler let it go on: a system call takes it there.
 *
 * Signals        async-signal-safe
 * Threads        the thread's suspender
 */
MUTATOR_API MutatorRes MutatorInjectThread(MutatorThread thread, MutatorContext context, void *area,
                                           MutatorInjectCallback callback, void *closure,
                                           MutatorInjectRefusal *refusalReturn);

/* MutatorInjectReturn -- is this the second trap of an injection on its way back?
 *
 * Under MutatorFaultSetup it is called for you.  A client with a handler of its own
 * calls it for each SIGSEGV, and when the answer is true returns at once.
 *
 * context  a FAULT context made from the handler's own arguments
 * Returns  true (1): the context now holds what the injection saved; false (0): not ours, nothing changed
 * Signals  async-signal-safe
 * Threads  the one that trapped
 */
MUTATOR_API MutatorBool MutatorInjectReturn(MutatorContext context);

/* MutatorInjectAbandon -- the running callback will not return
 *
 * Gives up the innermost injection of the calling thread; then leave the
 * callback by longjmp or a C++ exception that is caught outside.  (The compiler
 * must know that an instruction that traps may throw: -fnon-call-exceptions for
 * a function that catches or cleans up itself; its callers need nothing.  Where
 * longjmp unwinds, as on Windows, neither leaves a private stack.)  A callback
 * that returns all the same stops at a general protection fault.
 *
 * Returns  MutatorResOK     given up
 *          MutatorResSTATE  none is running on this thread
 * Signals  async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorInjectAbandon(void);

/* MutatorInjectDepth -- how many injections are running on the calling thread; async-signal-safe */
MUTATOR_API unsigned MutatorInjectDepth(void);

/* MutatorInjectScan -- show a collector the registers that a thread's injections have saved
 *
 * Each of them may hold a reference: the thread will go on with it.
 * A thread that is suspended in the last instructions of a straight return has them on the
 * stack that it is on, above the stack pointer of its context, and no longer here: a
 * collector scans that stack too, be it the thread's own or the private one, and
 * does not move what it finds there.
 *
 * area     as given to MutatorInjectAttach; of the calling thread, or of one
 *          that is suspended; NULL: the calling thread's
 * scan     called for each stretch of registers, see MutatorContextScan
 * Returns  MutatorResOK     all scanned, or none running
 *          MutatorResPARAM  not an attached area, or scan NULL
 *          another          what scan gave: it stops there
 * Signals  async-signal-safe as far as scan is
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorInjectScan(void *area, MutatorAreaScan scan, void *closure);

/* MutatorInjectImageSize -- what an image of a thread's registers takes
 *
 * Returns  bytes; 0 when the calling thread has no area
 * Signals  async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API size_t MutatorInjectImageSize(void);

/* MutatorInjectImageSave, Load -- everything that a running injection will restore
 *
 * General registers, flags, vector and x87 registers.  What has been loaded is what the thread goes on with when
 * the callback returns; the stack that they point to is the caller's business.
 *
 * context  a callback's own, while it runs
 * image    memory for the image, or what Save has written on the same thread
 * size     its size, bytes: at least MutatorInjectImageSize()
 * Returns  MutatorResOK, or MutatorResPARAM: not the context of a callback that runs on this thread, NULL,
 *          too small, or not an image; nothing has changed
 * Signals  async-signal-safe
 * Threads  the one that the callback runs on
 */
MUTATOR_API MutatorRes MutatorInjectImageSave(MutatorContext context, void *image, size_t size);
MUTATOR_API MutatorRes MutatorInjectImageLoad(MutatorContext context, const void *image, size_t size);

#ifdef __cplusplus
}
#endif

#endif
