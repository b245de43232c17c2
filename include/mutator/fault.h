/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/fault.h -- catching faults: the hook, handlers, ranges with callbacks, alternate stacks
 *
 * MutatorFaultSetup installs the library's hook: a handler for SIGSEGV and
 * SIGBUS on POSIX systems, vectored handlers on Windows.  A client registers the ranges of
 * memory it protects; a fault in one calls the range's callback, which opens
 * the page, steps the instruction, or declines.  What is nobody's goes to the
 * handler that was there before, exactly as it would have without us.
 *
 * The order in which a fault is offered: the library's own expected faults; the
 * client's handlers of priority above 0; the ranges; handlers of priority 0 and
 * below; the handler that was there before the hook.  The first that answers
 * HANDLED ends it.
 */

#ifndef MUTATOR_FAULT_H
#define MUTATOR_FAULT_H

#include <mutator/context.h>
#include <mutator/setup.h>
#include <mutator/types.h>
#include <mutator/window.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorFaultRangeStruct *MutatorFaultRange;
typedef struct MutatorFaultHandlerStruct *MutatorFaultHandler;
typedef struct MutatorFaultOptionsStruct *MutatorFaultOptions;

/* MutatorFaultResult -- a callback's answer */
typedef enum MutatorFaultResult {
  MutatorFaultDECLINED = 0, /* not mine: the previous handler shall have it */
  MutatorFaultHANDLED = 1   /* done: the page is open or the instruction stepped; the thread goes on */
} MutatorFaultResult;

/* MutatorFaultCallback -- a client's answer to a fault in its range
 *
 * Called for a fault with the context of the thread that stopped.  Called with
 * a NULL context when there is no instruction to step: an instruction that is
 * being stepped for another range touches this one too, or a client asks for
 * the memory ahead of a system call (MutatorFaultPrepare).  Then HANDLED means that the library may make the
 * access now (through the range's window if it has one), DECLINED that it may not.
 * With MutatorAccessOPEN among `access` the page itself must be open for it.
 *
 * range    the range that holds `address`
 * context  the stopped thread, or NULL
 * address  the first byte that is wanted
 * access   what is wanted of it; for a fault the hardware's word, see MutatorContextAccess
 * closure  as given to MutatorFaultRangeAdd
 * Signals  called in the handler: must be async-signal-safe, hold no lock that
 *          a stopped thread could own, and leave by returning, or by a
 *          jump after MutatorFaultLeave
 * Threads  called by any thread, by several at once
 */
typedef MutatorFaultResult (*MutatorFaultCallback)(MutatorFaultRange range, MutatorContext context, void *address,
                                                   MutatorAccess access, void *closure);

/* MutatorFaultRangeStruct -- in the caller's memory; every field is private
 *
 * Keep it out of the memory that it describes.
 */
typedef struct MutatorFaultRangeStruct {
  MutatorWord signature;         /* private */
  MutatorWord size;              /* private; of this structure, bytes */
  MutatorWord base;              /* private */
  MutatorWord limit;             /* private; one past the last byte */
  MutatorFaultCallback callback; /* private */
  void *closure;                 /* private */
  MutatorWindow window;          /* private; or NULL */
  MutatorWord state;             /* private */
  MutatorWord reserved[4];       /* private; room to grow */
} MutatorFaultRangeStruct;

/* MutatorFaultHandlerCallback -- a client's answer to any fault or trap that reaches the hook
 *
 * handler  as given to MutatorFaultHandlerAdd
 * context  the stopped thread
 * closure  as given to MutatorFaultHandlerAdd
 * Signals, Threads  as MutatorFaultCallback
 */
typedef MutatorFaultResult (*MutatorFaultHandlerCallback)(MutatorFaultHandler handler, MutatorContext context,
                                                          void *closure);

/* MutatorFaultHandlerStruct -- in the caller's memory; every field is private */
typedef struct MutatorFaultHandlerStruct {
  MutatorWord signature;                /* private */
  MutatorWord size;                     /* private; of this structure, bytes */
  MutatorWord next;                     /* private; the handler that is asked after this one */
  MutatorFaultHandlerCallback callback; /* private */
  void *closure;                        /* private */
  int priority;                         /* private */
  MutatorWord epoch;                    /* private; when it was removed */
  MutatorWord reserved[4];              /* private; room to grow */
} MutatorFaultHandlerStruct;

/* MutatorFaultHook -- what the hook catches besides memory faults: a set of bits */
typedef unsigned MutatorFaultHook;

enum {
  MutatorFaultHookMEMORY =
      0, /* SIGSEGV and SIGBUS; on Windows access violations, guard pages, in-page errors: always */
  MutatorFaultHookILLEGAL = 1, /* SIGILL; on Windows illegal and privileged instructions */
  MutatorFaultHookTRAP = 2,    /* SIGTRAP; on Windows breakpoints and single steps */
  MutatorFaultHookFLOAT = 4    /* SIGFPE; on Windows integer and floating-point arithmetic */
};

/* MutatorFaultOptionsStruct -- fill it by MutatorFaultOptionsInit, then change what you like */
typedef struct MutatorFaultOptionsStruct {
  MutatorWord signature; /* private */
  MutatorWord size;      /* private; of this structure, bytes */
  MutatorFaultHook hook; /* what to catch besides memory faults */
  /* True (1): the handler that was there before the hook is called first, and
   * the library asked afterwards, unless that handler has changed the stopped
   * thread's registers.  On Windows, behind every vectored handler, whenever it
   * was added.  For an earlier handler that leaves faults it does not
   * know alone, by returning or by restoring the default action (which is taken back
   * when the library then handles the fault; another thread that faults
   * between the two is lost).  Not for one that ends the process.  What an earlier
   * handler cures without touching a register is offered to the library as well. */
  MutatorBool earlierFirst;
  /* Bytes of stack that callbacks and handlers may use, for each level of
   * nesting; 0 to 16,777,216.  Alternate stacks are made that much larger. */
  size_t callbackStack;
  MutatorWord reserved[10]; /* private; room to grow, zero */
} MutatorFaultOptionsStruct;

/* MutatorFaultOptionsInit -- the default options: memory faults, the library first, 8,192 bytes
 *
 * Returns  MutatorResOK, or MutatorResPARAM when options is NULL or misaligned
 * Signals  async-signal-safe
 * Threads  one caller at a time per structure
 */
MUTATOR_API MutatorRes MutatorFaultOptionsInit(MutatorFaultOptions options);

/* MutatorFaultSetup -- install the hook for memory faults
 *
 * MutatorFaultSetupWith with the default fault options, or with those in force.
 */
MUTATOR_API MutatorRes MutatorFaultSetup(const MutatorOptionsStruct *options);

/* MutatorFaultSetupWith -- install the hook
 *
 * Calls MutatorSetup, then puts the hook in front of the handlers that are
 * there and remembers them.  Idempotent while installed; a later call that
 * asks for more to be caught catches that too.  Gives the calling
 * thread an alternate stack (MutatorFaultStackInstall) if it has none that is big enough.
 *
 * options       as for MutatorSetup; NULL for the defaults
 * faultOptions  filled by MutatorFaultOptionsInit; NULL for the defaults or,
 *               while installed, for what is in force
 * Returns  MutatorResOK      installed
 *          MutatorResMEMORY  no memory; nothing installed
 *          MutatorResPARAM   as MutatorSetup; fault options not initialised, or out of
 *                            their bounds; nothing installed
 *          MutatorResSTATE   as MutatorSetup; installed with another earlierFirst
 *                            or callbackStack; nothing changed
 *          MutatorResUNIMPL  as MutatorSetup; nothing installed
 *          MutatorResFAIL    the system refused to install a handler; nothing installed
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 * Source   sigaction(2); Microsoft, AddVectoredExceptionHandler
 */
MUTATOR_API MutatorRes MutatorFaultSetupWith(const MutatorOptionsStruct *options,
                                             const MutatorFaultOptionsStruct *faultOptions);

/* MutatorFaultFinish -- take the hook away and put the previous handlers back
 *
 * Ranges stay registered and are served again after another set-up.
 *
 * Needs    no thread to be inside the hook
 * Returns  MutatorResOK     gone
 *          MutatorResSTATE  not installed
 *          MutatorResBUSY   somebody else's handler is now installed on top of
 *                           ours; nothing changed (never on Windows, where handlers are on a list)
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorFaultFinish(void);

/* MutatorFaultHandlerAdd -- ask a handler about every fault and trap that reaches the hook
 *
 * For what has no range: traps, illegal instructions, or the "is it yours" function of
 * another runtime in the same process.  A handler is not told of the library's
 * own faults.  Signals that somebody sent are offered too (kind ASYNC).
 *
 * handler   memory for the structure, aligned for a pointer; stays in use until
 *           it is removed and MutatorFaultQuiesce has given OK
 * priority  higher is asked earlier; among equals the oldest first.  The ranges have
 *           priority 0 and are older than every handler
 * callback  called for each fault that nobody before it has handled
 * closure   handed to it
 * Needs     MutatorSetup
 * Returns   MutatorResOK     it will be asked
 *           MutatorResPARAM  handler NULL or misaligned, or callback NULL
 *           MutatorResSTATE  MutatorSetup has not been called, or the handler is already there
 *           MutatorResBUSY   it was removed, and a thread may still be looking at it: MutatorFaultQuiesce first
 * Signals   not async-signal-safe
 * Threads   any; callers wait for each other, faults for nobody
 */
MUTATOR_API MutatorRes MutatorFaultHandlerAdd(MutatorFaultHandler handler, int priority,
                                              MutatorFaultHandlerCallback callback, void *closure);

/* MutatorFaultHandlerRemove -- ask it no more
 *
 * Does not wait: another thread may still be inside the callback.
 * MutatorFaultQuiesce waits for it.  A callback may remove its own handler.
 *
 * Returns   MutatorResOK     unlinked
 *           MutatorResPARAM  not an initialised handler
 *           MutatorResSTATE  not there
 * Signals   not async-signal-safe, and yet safe in a callback for a fault of the program's own code
 * Threads   any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorFaultHandlerRemove(MutatorFaultHandler handler);

/* MutatorFaultRangeAdd -- serve faults in [base, limit)
 *
 * range     memory for the structure, aligned for a pointer; stays in use
 *           until it is removed and MutatorFaultQuiesce has given OK
 * base      first byte
 * limit     one past the last byte, above base
 * callback  called for each fault in the range
 * closure   handed to it
 * window    a live window that contains the range, or NULL
 * Needs     MutatorSetup
 * Returns   MutatorResOK      in the index
 *           MutatorResPARAM   an argument is bad, the window does not contain the range, or it overlaps another range
 *           MutatorResSTATE   MutatorSetup has not been called, or this range is already in the index
 *           MutatorResLIMIT   as many ranges as MutatorSetup was asked for, or too many changes
 *                             while readers were in the way: try again
 * Signals   async-signal-safe and lock-free: may be called in a callback
 * Threads   any, for different ranges
 */
MUTATOR_API MutatorRes MutatorFaultRangeAdd(MutatorFaultRange range, void *base, void *limit,
                                            MutatorFaultCallback callback, void *closure, MutatorWindow window);

/* MutatorFaultRangeRemove -- serve no more faults in the range
 *
 * Unlinks at once and does not wait: another thread may still be inside the
 * callback.  MutatorFaultQuiesce waits for it.
 *
 * Returns   MutatorResOK     unlinked
 *           MutatorResPARAM  not an initialised range
 *           MutatorResSTATE  not in the index
 *           MutatorResLIMIT  too many changes while readers were in the way: try again; nothing changed
 * Signals   async-signal-safe and lock-free: may be called in a callback
 * Threads   any, for different ranges
 */
MUTATOR_API MutatorRes MutatorFaultRangeRemove(MutatorFaultRange range);

/* MutatorFaultRangeFind -- the range that holds an address
 *
 * The answer may be removed by another thread as it is given.
 *
 * address      any address
 * rangeReturn  receives the range
 * Returns      MutatorResOK, MutatorResFAIL (no range holds it), MutatorResPARAM (rangeReturn NULL)
 * Signals      async-signal-safe and lock-free
 * Threads      any
 */
MUTATOR_API MutatorRes MutatorFaultRangeFind(void *address, MutatorFaultRange *rangeReturn);

/* MutatorFaultRangeBase, MutatorFaultRangeLimit, MutatorFaultRangeWindow,
 * MutatorFaultRangeClosure -- as given to MutatorFaultRangeAdd
 *
 * Returns  the value; NULL when not an initialised range, or no window
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void *MutatorFaultRangeBase(MutatorFaultRange range);
MUTATOR_API void *MutatorFaultRangeLimit(MutatorFaultRange range);
MUTATOR_API MutatorWindow MutatorFaultRangeWindow(MutatorFaultRange range);
MUTATOR_API void *MutatorFaultRangeClosure(MutatorFaultRange range);

/* MutatorFaultQuiesce -- wait until nobody uses what has been removed
 *
 * After OK no thread is inside a callback that it entered before this call, so
 * removed ranges may be freed.
 *
 * timeout  milliseconds to wait at most; 0 asks once
 * Needs    the caller to be in no callback, and to hold no lock that a callback takes
 * Returns  MutatorResOK     nobody is left
 *          MutatorResBUSY   time ran out with somebody inside; or, on Linux, a sandbox entered since set-up
 *                           forbids membarrier(2)
 *          MutatorResSTATE  MutatorSetup has not been called
 * Signals  not async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorFaultQuiesce(unsigned timeout);

/* MutatorFaultStep -- step the instruction, through the windows of the ranges it touches
 *
 * What a callback usually does.  Operands in a range that has a window go
 * through the window, others direct.  When the instruction touches a second
 * range, that range's callback is asked first (with a NULL context); if it
 * declines, so does the step.
 *
 * context  a FAULT context, in a callback
 * Returns  as MutatorContextStepInstruction
 * Signals  async-signal-safe as far as the callbacks are
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorRes MutatorFaultStep(MutatorContext context);

/* MutatorFaultPrepare -- open memory ahead of a system call
 *
 * A system call that meets protected memory raises no signal: it fails with
 * EFAULT, or does a part of its work.  This does what the program's own accesses would:
 * for the first byte that is closed it asks the range's callback, with a NULL context and
 * MutatorAccessOPEN added to the access, then goes on to the next.  Handlers
 * are not asked, they expect a context.  Nothing keeps the memory open but whoever
 * else could close it: hold your lock until the system call is over.
 *
 * base, limit  the memory: first byte, and one past the last
 * access       READ for a buffer that the system reads, WRITE for one that it fills, or both
 * Needs        MutatorFaultSetup, or a handler of your own that calls MutatorFaultRecover
 * Returns      MutatorResOK      all of it can be accessed now, or it is empty
 *              MutatorResACCESS  some of it is closed, and either no range holds it, or the
 *                                callback declined, or left it closed; what lies before it is open
 *              MutatorResPARAM   limit below base, or another access; nothing was asked
 *              MutatorResSTATE   MutatorSetup has not been called; nothing was asked
 * Signals      async-signal-safe as far as the callbacks are
 * Threads      any
 * Source       POSIX.1-2008, read and write, EFAULT
 */
MUTATOR_API MutatorRes MutatorFaultPrepare(void *base, void *limit, MutatorAccess access);

/* MutatorFaultLeave -- before leaving a callback by longjmp
 *
 * The thread is then no longer inside the callback to which that context was
 * given, nor inside any nested in it: MutatorFaultQuiesce does not wait for
 * it, and it can be suspended.  Jump at once.  The signal mask is the
 * interrupted one (the hook blocks nothing), and the context is no longer valid.
 *
 * A jump without this call keeps MutatorFaultQuiesce waiting and the thread
 * from being suspended; on an alternate stack the thread's next fault puts that right.
 *
 * context  the callback's own, or NULL for every callback that the thread is inside
 * Returns  MutatorResOK     it has left
 *          MutatorResPARAM  not the context of a callback that this thread is inside; nothing changed
 *          MutatorResSTATE  the thread is inside no callback
 * Signals  async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorFaultLeave(MutatorContext context);

/* MutatorFaultUnclaimed -- a place for a debugger's breakpoint: nobody has claimed this fault
 *
 * Does nothing.  The library calls it, in the handler, with each fault that
 * neither it nor any handler or range has handled, before the handler that was there before
 * the hook gets it.  That one may yet know what to do; if it does not, the
 * process dies where the context says.  A fault that ends in the default
 * action comes here twice, since it is retried once.
 *
 * context  the stopped thread
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void MutatorFaultUnclaimed(MutatorContext context);

/* MutatorFaultStackInstall -- give the calling thread an alternate signal stack
 *
 * Sized at run time for the kernel's signal frame on this CPU, the library's
 * handler, and the depth of nested faults asked for at set-up; with a guard
 * page below.  Keeps an alternate stack that is already big enough.
 *
 * Needs    MutatorSetup
 * Returns  MutatorResOK      the thread has a big enough alternate stack
 *          MutatorResSTATE   MutatorSetup has not been called, or the thread is on its alternate stack now
 *          MutatorResMEMORY  no memory; nothing changed
 *          MutatorResUNIMPL  the system has none (Windows): handlers run on the thread's own stack
 * Signals  not async-signal-safe
 * Threads  any, each for itself
 * Source   sigaltstack(2); getauxval(3), AT_MINSIGSTKSZ
 */
MUTATOR_API MutatorRes MutatorFaultStackInstall(void);

/* MutatorFaultStackRemove -- take it away and free it
 *
 * For a thread about to exit.  Leaves alone a stack that the library did not install.
 *
 * Returns  MutatorResOK     the thread's alternate stack was ours and is gone
 *          MutatorResSTATE  it was not ours, or the thread is on it now; nothing changed
 * Signals  not async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorFaultStackRemove(void);

#ifdef __cplusplus
}
#endif

#endif
