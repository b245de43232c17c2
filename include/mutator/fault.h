/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/fault.h -- catching faults: the hook, ranges with callbacks, alternate stacks
 *
 * MutatorFaultSetup installs the library's hook: a handler for SIGSEGV and
 * SIGBUS on POSIX systems, vectored handlers on Windows.  A client registers the ranges of
 * memory it protects; a fault in one calls the range's callback, which opens
 * the page, steps the instruction, or declines.  What is nobody's goes to the
 * handler that was there before, exactly as it would have without us.
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
 * the memory ahead of a system call.  Then HANDLED means that the library may make the
 * access now (through the range's window if it has one), DECLINED that it may not.
 *
 * range    the range that holds `address`
 * context  the stopped thread, or NULL
 * address  the first byte that is wanted
 * access   what is wanted of it; for a fault the hardware's word, see MutatorContextAccess
 * closure  as given to MutatorFaultRangeAdd
 * Signals  called in the handler: must be async-signal-safe, hold no lock that
 *          a stopped thread could own, and leave by returning
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

/* MutatorFaultSetup -- install the hook for SIGSEGV and SIGBUS
 *
 * Calls MutatorSetup, then puts the hook in front of the handlers that are
 * there and remembers them.  Idempotent while installed.  Gives the calling
 * thread an alternate stack (MutatorFaultStackInstall) if it has none that is big enough.
 *
 * options  as for MutatorSetup; NULL for the defaults
 * Returns  MutatorResOK      installed
 *          MutatorResMEMORY  no memory; nothing installed
 *          MutatorResPARAM, MutatorResSTATE, MutatorResUNIMPL  as MutatorSetup; nothing installed
 *          MutatorResFAIL    the system refused to install a handler; nothing installed
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 * Source   sigaction(2); Microsoft, AddVectoredExceptionHandler
 */
MUTATOR_API MutatorRes MutatorFaultSetup(const MutatorOptionsStruct *options);

/* MutatorFaultFinish -- take the hook away and put the previous handlers back
 *
 * Ranges stay registered and are served again after another set-up.
 *
 * Needs    no thread to be inside the hook
 * Returns  MutatorResOK     gone
 *          MutatorResSTATE  not installed
 *          MutatorResBUSY   somebody else's handler is now installed on top of
 *                           ours; nothing changed
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorFaultFinish(void);

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
 *          MutatorResBUSY   time ran out with somebody inside
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
