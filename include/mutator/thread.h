/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/thread.h -- stopping other threads, looking at them, and letting them go on
 *
 * A collector must know what every thread holds in its registers.  Threads
 * register themselves; any thread may then suspend any other, read and edit its
 * registers through a MutatorContext, and resume it.
 *
 * On POSIX systems a thread is suspended by a signal whose handler waits.  That
 * thread runs none of the program's code meanwhile, no signal handler either.  A
 * system call that it is blocked in is interrupted and, once the thread has been
 * resumed, goes on (the handler has SA_RESTART), or ends with EINTR where it is one of
 * those that are never restarted: signal(7) lists them, among them nanosleep, poll,
 * sigsuspend, and everything on a socket with a timeout.  On Windows the system suspends threads.
 *
 * A thread inside the library's hook, or about to return from it, is never shown
 * there: its suspension is put off until the hook has ended, so that its
 * registers, and MutatorContextStackHot, are the program's own.  For the same
 * reason a thread is not stopped while it runs on its alternate signal stack, in
 * a handler of the program's: it is tried again until that is over.
 */

#ifndef MUTATOR_THREAD_H
#define MUTATOR_THREAD_H

#include <mutator/context.h>
#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorThreadStruct *MutatorThread;
typedef struct MutatorThreadOptionsStruct *MutatorThreadOptions;

/* MutatorThreadStruct -- in the caller's memory; every field is private */
typedef struct MutatorThreadStruct {
  MutatorWord signature;   /* private */
  MutatorWord size;        /* private; of this structure, bytes */
  MutatorWord state;       /* private; running, wanted or stopped */
  MutatorThread next;      /* private; the next registered thread */
  MutatorWord id;          /* private; the system's name for it */
  void *handle;            /* private; likewise, where one word is not enough */
  void *record;            /* private; its registers, while it is stopped */
  MutatorContext context;  /* private; the latest made for it */
  MutatorWord stackBase;   /* private; lowest byte of its stack */
  MutatorWord stackLimit;  /* private; one past the highest */
  MutatorWord guard;       /* private; bytes below stackBase that belong to the stack's guard */
  MutatorWord mine;        /* private; it is to be stopped, or has been, with all others */
  MutatorWord again;       /* private; it could not stop where it was: tell it again */
  MutatorWord reserved[3]; /* private; room to grow */
} MutatorThreadStruct;

/* MutatorThreadOptionsStruct -- fill it by MutatorThreadOptionsInit, then change what you like */
typedef struct MutatorThreadOptionsStruct {
  MutatorWord signature; /* private */
  MutatorWord size;      /* private; of this structure, bytes */
  /* The signal that suspends: one that nobody else uses, a real-time signal for
   * instance (SIGRTMIN + n).  Its waiting is not by a signal, so a second one is
   * not needed.  Ignored on Windows. */
  int signal;
  MutatorWord reserved[8]; /* private; room to grow, zero */
} MutatorThreadOptionsStruct;

/* MutatorThreadOptionsInit -- the default options: SIGXFSZ, which hardly any program uses
 *
 * Returns  MutatorResOK, or MutatorResPARAM when options is NULL or misaligned
 * Signals  async-signal-safe
 * Threads  one caller at a time per structure
 */
MUTATOR_API MutatorRes MutatorThreadOptionsInit(MutatorThreadOptions options);

/* MutatorThreadSetup -- make ready to suspend threads
 *
 * Calls MutatorSetup, then installs a handler for the signal.  Idempotent.  Such
 * a signal that does not come from the library goes to the action that was
 * there before.
 *
 * options  filled by MutatorThreadOptionsInit; NULL for the defaults or, once
 *          set up, for what is in force
 * Returns  MutatorResOK      ready
 *          MutatorResPARAM   options not initialised, or a signal that cannot be used: unknown, not to
 *                            be caught, or raised by faults; nothing changed
 *          MutatorResSTATE   already set up with another signal
 *          MutatorResFAIL    the system refused; nothing changed
 *          MutatorResMEMORY, MutatorResUNIMPL  as MutatorSetup
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorThreadSetup(const MutatorThreadOptionsStruct *options);

/* MutatorThreadFinish -- put the previous action of the signal back
 *
 * Returns  MutatorResOK     gone
 *          MutatorResSTATE  not set up
 *          MutatorResBUSY   a thread is still registered, or somebody else's handler is
 *                           now installed for the signal; nothing changed
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorThreadFinish(void);

/* MutatorThreadRegister -- let other threads suspend the calling one
 *
 * Learns the bounds of its stack, and gives it an alternate signal stack as
 * MutatorFaultStackInstall does.
 *
 * thread   memory for the structure, aligned for a pointer; stays in use until
 *          MutatorThreadDeregister, which happens by itself when the thread exits
 * Needs    MutatorThreadSetup
 * Returns  MutatorResOK      registered
 *          MutatorResPARAM   thread NULL or misaligned
 *          MutatorResSTATE   not set up; or the calling thread is registered already, or the structure is
 *          MutatorResMEMORY  no memory for its alternate stack; not registered
 *          MutatorResFAIL    the system does not name the thread or its stack; not registered
 * Signals  not async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorThreadRegister(MutatorThread thread);

/* MutatorThreadDeregister -- let nobody suspend the calling thread any more
 *
 * Waits while a suspension is under way.  Other threads may still hold the pointer: keep the
 * memory until they cannot use it; until then they get STATE.  The
 * alternate stack stays until the thread exits, or MutatorFaultStackRemove.
 *
 * thread   as given to MutatorThreadRegister by this thread
 * Returns  MutatorResOK     no longer registered
 *          MutatorResPARAM  not an initialised thread
 *          MutatorResSTATE  not the calling thread's registration: nothing changed
 * Signals  not async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorRes MutatorThreadDeregister(MutatorThread thread);

/* MutatorThreadSelf -- the calling thread's registration
 *
 * Returns  it, or NULL when the thread is not registered
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorThread MutatorThreadSelf(void);

/* MutatorThreadSuspend -- stop another thread
 *
 * Returns when it has stopped.  Suspensions do not nest: one that is suspended
 * is its suspender's until it is resumed.  Two threads that suspend each other
 * do not block: one gets there first, and the other goes on when it is resumed.
 *
 * thread   a registered thread other than the calling one
 * timeout  milliseconds to wait at most
 * Needs    the caller to hold no lock that a fault's callback takes in that thread (or time runs out)
 * Returns  MutatorResOK     it has stopped
 *          MutatorResPARAM  not an initialised thread
 *          MutatorResSTATE  the calling thread; or it has been deregistered, or has exited
 *          MutatorResBUSY   already suspended; or the caller is in a callback, or in a signal handler that
 *                           has interrupted this function, and waiting would be for itself: try again after it
 *          MutatorResLIMIT  time ran out: it blocks the signal, stays inside a callback or on its
 *                           alternate stack, or is not scheduled; or (Windows) the system keeps refusing to stop or
 *                           to show it.  It is not suspended and will not be, for this call
 * Signals  async-signal-safe
 * Threads  any; callers wait for each other
 */
MUTATOR_API MutatorRes MutatorThreadSuspend(MutatorThread thread, unsigned timeout);

/* MutatorThreadSuspendAll -- stop every registered thread but the calling one
 *
 * Tells all of them before it waits for any, which with more threads than CPUs
 * takes a fraction of the time that one after the other does.  All or none.
 * A thread that has vanished without exiting properly is passed over.  A thread
 * may register afterwards, and run.
 *
 * timeout  milliseconds to wait at most, for all of them
 * Returns  MutatorResOK     they have stopped
 *          MutatorResBUSY   one was suspended already; or as MutatorThreadSuspend
 *          MutatorResLIMIT  time ran out for one of them.  Unless OK none is suspended by this call
 * Needs, Signals, Threads  as MutatorThreadSuspend
 */
MUTATOR_API MutatorRes MutatorThreadSuspendAll(unsigned timeout);

/* MutatorThreadResumeAll -- let those go on that MutatorThreadSuspendAll has stopped
 *
 * Not those that were suspended one by one.
 *
 * Returns  MutatorResOK     they go on, if there were any
 *          MutatorResBUSY   as MutatorThreadSuspend; nothing changed
 *          MutatorResACCESS the system refused one its edited registers; all go on
 * Signals  async-signal-safe
 * Threads  any, usually the threads' suspender
 */
MUTATOR_API MutatorRes MutatorThreadResumeAll(void);

/* MutatorThreadContext -- what a suspended thread was doing
 *
 * A THREAD context, valid until the thread is resumed: scan it, read and set
 * registers.  Keep it until then: MutatorThreadResume writes its edits to the
 * thread where the system has given a copy.
 *
 * thread         a suspended thread
 * contextReturn  memory for the context, aligned as MutatorContextStruct
 * Returns        MutatorResOK      *contextReturn is a THREAD context
 *                MutatorResPARAM   an argument is not what it should be; nothing changed
 *                MutatorResSTATE   the thread is not suspended; nothing changed
 *                MutatorResACCESS  the system does not let it be read
 * Signals        async-signal-safe
 * Threads        the thread's suspender
 */
MUTATOR_API MutatorRes MutatorThreadContext(MutatorThread thread, MutatorContext contextReturn);

/* MutatorThreadHolds -- is the thread suspended, and this the latest context that was made for it?
 *
 * Returns  true (1) or false (0); false for anything that is not a registered thread and its context
 * Signals  async-signal-safe
 * Threads  the thread's suspender
 */
MUTATOR_API MutatorBool MutatorThreadHolds(MutatorThread thread, MutatorContext context);

/* MutatorThreadResume -- let a suspended thread go on
 *
 * With the registers that its context now has.
 *
 * Returns  MutatorResOK     it goes on
 *          MutatorResPARAM  not an initialised thread
 *          MutatorResSTATE  it is not suspended
 *          MutatorResACCESS the system refused its edited registers; it goes on with the old ones
 * Signals  async-signal-safe
 * Threads  any, usually the thread's suspender
 */
MUTATOR_API MutatorRes MutatorThreadResume(MutatorThread thread);

/* MutatorThreadStackBase, MutatorThreadStackLimit -- the bounds of a registered thread's stack
 *
 * The limit is one past the highest byte: scan from MutatorContextStackHot up to it.
 *
 * Returns  the address; NULL when not an initialised thread
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void *MutatorThreadStackBase(MutatorThread thread);
MUTATOR_API void *MutatorThreadStackLimit(MutatorThread thread);

/* MutatorThreadStackOverflow -- has the calling thread run out of stack?
 *
 * Tells a stack overflow from a wild access: the fault's address lies just below the thread's stack,
 * and the stack pointer is where an access to it can come from.  Windows tells them apart itself: there an
 * overflow is an exception of its own (EXCEPTION_STACK_OVERFLOW), which is left to others, and this is false.
 *
 * context  a FAULT context of the calling thread
 * Returns  true (1) or false (0); false when the thread is not registered
 * Signals  async-signal-safe
 * Threads  any, each for itself
 */
MUTATOR_API MutatorBool MutatorThreadStackOverflow(MutatorContext context);

#ifdef __cplusplus
}
#endif

#endif
