/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/os.h -- what an operating system's port provides
 *
 * The port says what the system's record of a stopped thread means, and offers
 * the few services the library needs.  It knows no instruction.
 *
 * Functions marked "set-up" live in files named setup*.c and never run in a
 * fault handler; every other may: they keep errno, allocate nothing, lock nothing.
 */

#ifndef mutator_os_os_h
#define mutator_os_os_h

#include <mutator/context.h>
#include <mutator/fault.h>
#include <mutator/memory.h>
#include <mutator/thread.h>
#include <mutator/window.h>

struct MachineStruct;
struct VectorStruct;

/* OSFaultStruct -- the system's record of a fault, in the library's words */
typedef struct OSFaultStruct {
  MutatorFaultKind kind;    /* GENERAL where decoding must tell the causes apart */
  MutatorAccess access;     /* the hardware's word: READ, WRITE or EXECUTE; NONE when it gives none */
  MutatorBool addressKnown; /* `address` is set */
  MutatorWord address;
  MutatorBool codeKnown; /* `code` is set */
  MutatorWord code;      /* the CPU's page-fault error code */
  MutatorBool pcAfter;   /* the record's PC is past the breakpoint instruction, not at it */
} OSFaultStruct, *OSFault;

/* mutatorOSFault -- read the record.  pre: native is a FAULT context's */
void mutatorOSFault(const MutatorNativeStruct *native, OSFault fault);

/* OSGlanceStruct -- all that most faults are about */
typedef struct OSGlanceStruct {
  MutatorWord pc;
  MutatorWord address;
  MutatorAccess access;
} OSGlanceStruct, *OSGlance;

/* mutatorOSFaultKind -- the kind, with what the system can say beyond its record
 *
 * For people, not for the way of a fault: it may ask the system, which knows
 * what is there now.
 */
MutatorFaultKind mutatorOSFaultKind(const OSFaultStruct *fault);

/* mutatorOSNativeCopy -- the same stopped thread in another structure
 *
 * What a record points to is not copied; `to` may be `from`.
 */
void mutatorOSNativeCopy(MutatorNativeStruct *to, const MutatorNativeStruct *from);

/* mutatorOSStepsOffered -- does the system let a handler choose where a thread goes on? */
MutatorBool mutatorOSStepsOffered(void);

/* mutatorOSMachine -- the general registers, in place */
void mutatorOSMachine(const MutatorNativeStruct *native, struct MachineStruct *machine);

/* mutatorOSMachineArea -- the stretch of the record that holds every general-purpose register */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn);

/* mutatorOSVector -- the vector registers, in place; every pointer NULL when none were saved */
void mutatorOSVector(const MutatorNativeStruct *native, struct VectorStruct *vector);

/* mutatorOSVectorWake -- give a part that is in its initial state bytes to write to
 *
 * part  a VectorPart
 *
 * The part's bytes become zero, which is what its state was, and it is saved
 * as not initial from then on.  Pointers from mutatorOSVector are stale.
 *
 * Returns  true when mutatorOSVector now has bytes for the part; false, with nothing
 *          changed, when the record has no room for it, as in a compacted one
 */
MutatorBool mutatorOSVectorWake(const MutatorNativeStruct *native, unsigned part);

/* mutatorOSX87Read, Write -- the x87 state in the format of MachineX87SIZE bytes (arch/registers.h), without MXCSR
 *
 * Read gives the state after FNINIT when it is the initial one; Write makes it not initial.
 *
 * Returns  false when the record does not hold it, or the thread would not get
 *          what is written; x87 and MMX instructions are then declined
 */
MutatorBool mutatorOSX87Read(const MutatorNativeStruct *native, unsigned char *image);
MutatorBool mutatorOSX87Write(const MutatorNativeStruct *native, const unsigned char *image);

/* mutatorOSFrameOverlaps -- would a store to [address, address + size) hit the
 * live signal frame or the stack that the handler is running on? */
MutatorBool mutatorOSFrameOverlaps(const MutatorNativeStruct *native, MutatorWord address, size_t size);

/* mutatorOSUntraced -- the program's own bytes at pc, where a debugger has put a breakpoint over them
 *
 * True only when a debugger traces the process, and the code is a file's that is
 * the same but for breakpoints.
 *
 * bytes    the `count` bytes (1 to 16) that are in memory; receives the file's
 */
MutatorBool mutatorOSUntraced(unsigned char *bytes, size_t count, MutatorWord pc);

/* mutatorOSRestarted -- is the PC the abort handler of a restartable sequence (rseq(2))? */
MutatorBool mutatorOSRestarted(MutatorWord pc);

/* mutatorOSCommit -- write edited copies back to the thread */
MutatorRes mutatorOSCommit(MutatorNativeStruct *native);

/* OSLocalStruct -- what the library knows about the calling thread
 *
 * Signal handlers of the same thread may interrupt any change, and leave the
 * words as they found them.
 */
#define OS_LOCAL_STAYS 20
typedef struct OSLocalStruct {
  MutatorWord inside;               /* while it is not 0 a suspension is put off; first, for assembly */
  MutatorWord putOff;               /* one has been put off; second, for assembly */
  MutatorWord stays;                /* callbacks that the thread is inside (fault/stay.c) */
  MutatorWord stay[OS_LOCAL_STAYS]; /* where the stack frame of each is */
  MutatorWord pin[2];               /* the outermost's */
  MutatorThread thread;             /* the thread's own registration, or NULL */
  MutatorWord declined;             /* the port's: its latest fault that fell to the default action */
  MutatorFaultRange range;          /* the range found last (fault/range.h)... */
  MutatorWord rangeBase;            /* ...where it begins... */
  MutatorWord rangeSize;            /* ...how long it is, 0 for none... */
  MutatorWord rangeChanges;         /* ...as of so many changes of the index */
  struct PinSlotStruct *slot;       /* the thread's place among the pins, or NULL (core/pin.h) */
  struct PinSlotStruct *quick;      /* the same, once a fault of the thread's has been seen; or NULL */
  void *error;                      /* the port's: where the thread's errno is, once `quick` is set */
  MutatorWord pass[2];              /* the breakpoint that it passes next, and with which registers; or 0 */
  MutatorWord alternateBase;        /* the port's: the alternate stack that is known of, [base, limit) */
  MutatorWord alternateLimit;
  void *injectArea;      /* the port's: the area for injections */
  MutatorWord goesOn[2]; /* the port's: PC and SP that the latest handler has left the thread */
} OSLocalStruct, *OSLocal;

/* mutatorOSLocal -- the calling thread's; all zero at first */
OSLocal mutatorOSLocal(void);

/* mutatorOSInsideBegin, End -- the calling thread must not be suspended in between
 *
 * Nests.  End suspends the thread, or has it suspended soon, if somebody wanted to meanwhile.
 */
void mutatorOSInsideBegin(void);
void mutatorOSInsideEnd(void);

/* mutatorOSAbandoned -- can the stack frame at `frame` be alive no more?
 *
 * A handler for `native` runs at `here`; a frame of the same thread that lies
 * below it on the same stack has been left by a jump.  In doubt, false.
 */
MutatorBool mutatorOSAbandoned(const MutatorNativeStruct *native, MutatorWord frame, MutatorWord here);

/* mutatorOSForked -- has this process been forked since the library last adjusted to it?
 *
 * True in a child until its atfork handler has run (for ever after a bare
 * clone or vfork, which run none). */
MutatorBool mutatorOSForked(void);

/* mutatorOSProcessRead, Write -- the process memory's two verbs
 *
 * Returns   OK, ACCESS, or UNIMPL; nothing written unless OK */
MutatorRes mutatorOSProcessRead(void *buffer, MutatorWord address, size_t size);
MutatorRes mutatorOSProcessWrite(MutatorWord address, const void *buffer, size_t size);
MutatorBool mutatorOSProcessOffered(void);

/* mutatorOSPeek, Poke -- read or write this process's memory by a system call
 *
 * Without a fault, whatever the address; memory's protection counts.  Returns
 * whether all of it was copied. */
MutatorBool mutatorOSPeek(void *buffer, MutatorWord address, size_t size);
MutatorBool mutatorOSPoke(MutatorWord address, const void *buffer, size_t size);

/* mutatorOSPeekEach -- the same from several places, `size` bytes of each, one after the other
 *
 * count    at most OS_PEEKS
 * Returns  how many were copied before one that could not be */
#define OS_PEEKS 16
size_t mutatorOSPeekEach(void *buffer, size_t size, const MutatorWord *addresses, size_t count);

/* mutatorOSProtect -- allow what `access` says in whole pages, and nothing else
 *
 * Returns   OK; MEMORY: the system has no room for another stretch of
 *           protection, or not all of this is memory; ACCESS: refused for another reason.
 *           Unless OK part of it may be done */
MutatorRes mutatorOSProtect(MutatorWord base, size_t size, MutatorAccess access);

/* mutatorOSMapped -- the lowest address at or above this one where memory is
 *
 * The address itself when nobody knows; the highest address of all when there is none. */
MutatorWord mutatorOSMapped(MutatorWord address);

/* mutatorOSStackRoom -- can another, suspended thread's stack grow into [base, limit)?
 *
 * For systems where a page that a stack grows by is its own thread's alone to touch.
 *
 * Returns  true: the answer is in *roomReturn; false: whoever asks may look for himself */
MutatorBool mutatorOSStackRoom(MutatorWord base, MutatorWord limit, MutatorBool *roomReturn);

/* mutatorOSHardwareSet -- stop every thread of the process before it executes the instruction there
 *
 * The stop is a TRACE, with the PC at the instruction, which is executed when the handler returns.
 *
 * pre:      one caller at a time
 * Returns   OK and a number for Clear; LIMIT: the CPU has no more of them; UNIMPL */
MutatorRes mutatorOSHardwareSet(MutatorWord address, unsigned *slotReturn);
void mutatorOSHardwareClear(unsigned slot);

/* mutatorOSThread -- the calling thread's number, as the system tells it to debuggers; below 2^32, not 0
 *
 * mutatorOSThreadForked: in a forked child, before which it is still the parent's. */
MutatorWord mutatorOSThread(void);
void mutatorOSThreadForked(void);

/* mutatorOSWait -- sleep while *word is `value`, for some milliseconds at most
 *
 * mutatorOSWake: let `count` of those who sleep at the word look again. */
void mutatorOSWait(const uint32_t *word, uint32_t value, unsigned milliseconds);
void mutatorOSWake(const uint32_t *word, unsigned count);

/* Copies of a stopped thread's record, for injections ---------------------------
 *
 * The record that the handler was given is gone when the handler returns; the
 * copy stays until the thread goes on. */

/* Bytes of a copy, without the vector registers. */
size_t mutatorOSRecordSize(void);

/* mutatorOSRecordCopy -- copy the record to `record`
 *
 * state       where the trampoline will save the vector registers, in the CPU's own layout, stateSize bytes
 * native      receives the copy: registers in it, vector registers at state
 * maskReturn  receives the components to save; 0: the CPU has no XSAVE
 * Returns     false when such a thread cannot be gone back to; nothing is then of use
 */
MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *record, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn);

/* mutatorOSRecordEdited -- the callback has returned: its edits of the copy's vector registers go to `state`
 *
 * mutatorOSRecordRest: the stretch of `state` that a context of the copy does not show; empty where it shows all. */
void mutatorOSRecordEdited(const MutatorNativeStruct *copy, unsigned char *state);
void mutatorOSRecordRest(unsigned char *state, size_t stateSize, MutatorWord **baseReturn, MutatorWord **limitReturn);

/* mutatorOSRecordShow -- the other way: `state` has been written, and the copy's context is to show it */
void mutatorOSRecordShow(const MutatorNativeStruct *copy, const unsigned char *state);

/* mutatorOSRecordRestore -- the copy's vector registers back into a live record */
MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state);

/* The calling thread's area for injections, or NULL.  Set gives OK, MEMORY or UNIMPL. */
void *mutatorOSInjectArea(void);
MutatorRes mutatorOSInjectAreaSet(void *area);

/* errno, or its counterpart. */
MutatorWord mutatorOSErrorGet(void);
void mutatorOSErrorSet(MutatorWord error);

/* Is that stopped thread in the system's own code, or on its way out of it, so that it must not
 * be taken from there? */
MutatorBool mutatorOSInSystem(const MutatorThreadStruct *thread, const MutatorNativeStruct *native);

/* Has the calling thread a shadow stack? */
MutatorBool mutatorOSShadowStack(void);

/* mutatorOSMilliseconds -- since some moment in the past */
uint64_t mutatorOSMilliseconds(void);

/* Threads.  A thread's `state` is one of these; it alone makes itself STOPPED
 * where the port suspends by signal. */
enum { OSThreadRUNNING = 0, OSThreadWANTED = 1, OSThreadSTOPPED = 2 };

/* mutatorOSThreadWant -- begin to make a thread STOPPED
 *
 * pre:      the state was RUNNING, and the caller alone suspends threads
 * Returns   OK; STATE when there is no such thread any more, and the state is RUNNING
 */
MutatorRes mutatorOSThreadWant(MutatorThread thread);

/* mutatorOSThreadAwait -- wait until a thread that is WANTED has STOPPED
 *
 * deadline  in mutatorOSMilliseconds
 * Returns   OK; STATE when there is no such thread any more; LIMIT; the state is RUNNING unless OK
 */
MutatorRes mutatorOSThreadAwait(MutatorThread thread, uint64_t deadline);

/* mutatorOSThreadGo -- let a STOPPED thread run */
MutatorRes mutatorOSThreadGo(MutatorThread thread);

/* mutatorOSThreadContext -- a THREAD context of a STOPPED thread */
MutatorRes mutatorOSThreadContext(MutatorThread thread, MutatorContext context);

/* mutatorOSSignalsHold, Release -- no signal handler interrupts the calling thread in between */
typedef struct OSSignalsStruct {
  MutatorWord word[32];
} OSSignalsStruct, *OSSignals;
void mutatorOSSignalsHold(OSSignals before);
void mutatorOSSignalsRelease(const OSSignalsStruct *before);

/* mutatorOSSignalsDefer -- the same, for code that may fault: handlers of faults still interrupt; Release ends it */
void mutatorOSSignalsDefer(OSSignals before);

/* mutatorOSSignalsReturn -- instead of Release, in the handler of a fault whose end is near: where the return from a handler
 * lets signals in again, that is soon enough */
void mutatorOSSignalsReturn(const OSSignalsStruct *before);

/* OSMappingStruct -- a stretch of memory that is alike */
typedef struct OSMappingStruct *OSMapping;
typedef struct OSMappingStruct {
  MutatorWord base;
  MutatorWord limit;    /* one past the last byte */
  MutatorAccess access; /* what it allows */
  MutatorBool shared;   /* stores to it can be seen in other mappings of the same object */
  MutatorWord object;   /* a number for the file or memory object behind it; 0 for none, or when nobody knows */
  MutatorWord offset;   /* in the object, of base */
} OSMappingStruct;

/* mutatorOSMapping -- the mapping that holds the address, or else the nearest above it; false when there is none */
MutatorBool mutatorOSMapping(MutatorWord address, OSMapping mapping);

/* set-up (os/<os>/setup*.c) -------------------------------------------------- */

/* Everything below is for os-neutral set-up code; sizes are bytes. */
size_t mutatorOSPageSize(void);

/* Zeroed readable and writable memory, committed as it is touched; NULL when there is none. */
void *mutatorOSReserve(size_t size);
void mutatorOSRelease(void *base, size_t size);

/* OSForkStruct -- what is done around fork(2), by the thread that forks */
typedef struct OSForkStruct {
  void (*prepare)(void);
  void (*parent)(void);
  void (*child)(void); /* after the port has adjusted itself */
} OSForkStruct;

/* Process memory, fork word, page size, extended-state layout. */
MutatorRes mutatorOSSetup(const OSForkStruct *fork);

/* mutatorOSMapAgain -- a second mapping of shared memory, readable and writable; NULL when there can be none
 *
 * Given back by mutatorOSRelease. */
void *mutatorOSMapAgain(MutatorWord base, size_t size);

/* mutatorOSCodeCreate -- new memory in two mappings: one that can be executed, one that can be written to
 *
 * place    an address, as close to which as possible the first shall be */
MutatorRes mutatorOSCodeCreate(MutatorWord place, size_t size, MutatorWord *executableReturn,
                               MutatorWord *writableReturn);
void mutatorOSCodeDestroy(MutatorWord executable, MutatorWord writable, size_t size);

/* mutatorOSCodeForked -- in a forked child, put memory of its own there, with the same bytes; false: it is its parent's */
MutatorBool mutatorOSCodeForked(MutatorWord executable, MutatorWord writable, size_t size);

/* Windows: memory that can be mapped twice.  Create fills in base, alias, size and
 * object; the fork policy is there.  Destroy undoes it.  Around fork(2) the port
 * visits all windows (mutatorCoreWindows). */
MutatorRes mutatorOSWindowCreate(MutatorWindow window, size_t size);
void mutatorOSWindowDestroy(MutatorWindow window);

/* What a window's `state` says: a set of bits. */
enum {
  OSWindowADOPTED = 1, /* the mappings are the client's */
  OSWindowREFUSED = 2  /* the fork policy refuses this process */
};

/* The hook: a handler for memory faults, and for what else `hook` says, that calls
 * mutatorFaultNative (below) and, when that declines, the previous handler; with
 * earlierFirst the other way round.  Install may be called again with more in `hook`.
 * Remove gives BUSY when somebody else's handler is installed on top. */
MutatorRes mutatorOSHookInstall(MutatorFaultHook hook, MutatorBool earlierFirst);
MutatorRes mutatorOSHookRemove(void);

/* Alternate stacks for the calling thread, for faults nested to `depth` in
 * callbacks that use `callback` bytes each; results as MutatorFaultStackInstall and Remove.
 * Once it was OK, mutatorCoreThreadExit (below) is called when the thread exits, where
 * there is a mutatorOSBarrier. */
MutatorRes mutatorOSStackInstall(size_t depth, size_t callback);
MutatorRes mutatorOSStackRemove(void);

/* mutatorOSThreadSetup, Finish -- what suspends threads; results as MutatorThreadSetup and
 * Finish.  0 for the default signal.  pre: the set-up lock is held */
MutatorRes mutatorOSThreadSetup(int signal);
MutatorRes mutatorOSThreadFinish(void);
MutatorBool mutatorOSThreadReady(void);

/* mutatorOSThreadIdentify -- the calling thread's id, handle and stack; Forget gives back what it took
 *
 * Also has mutatorThreadExit (below) called when the thread exits. */
MutatorRes mutatorOSThreadIdentify(MutatorThread thread);
void mutatorOSThreadForget(MutatorThread thread);

/* mutatorOSBarrier -- a full memory barrier in every thread of the process, before this returns
 *
 * Returns  false where the system does not offer that; then it never did, but for a
 *          sandbox that has been entered since */
MutatorBool mutatorOSBarrier(void);

/* A lock for set-up functions only.  Who holds it is not suspended. */
void mutatorOSSetupLock(void);
void mutatorOSSetupUnlock(void);

/* Sleep about a millisecond: for functions that wait. */
void mutatorOSPause(void);

/* up-calls: what the port calls, provided by the core and by src/fault ---------
 *
 * The public functions whose arguments are the system's own (MutatorContextInitFault,
 * InitThread, MutatorFaultRecover, MutatorFaultDispatch) are the port's, and
 * say the same thing to these in the library's words. */

/* To be called first in every handler, before anything that may touch misaligned memory. */
void mutatorCoreHandlerEnter(void);

/* Make *context a context of that variety; pre: arguments checked. */
void mutatorCoreContextInit(MutatorContext context, MutatorContextVar var, const MutatorNativeStruct *native);

/* The calling thread exits: it is registered no more (set-up). */
void mutatorThreadExit(MutatorThread thread);

/* The calling thread exits, and has had an alternate stack or a registration (set-up). */
void mutatorCoreThreadExit(void);

/* The windows that exist, linked by `next`; pre: the set-up lock is held (set-up). */
MutatorWindow mutatorCoreWindows(void);

/* Is it an expected fault of the library's own access?  Then its PC has been moved. */
MutatorBool mutatorCoreRecover(const MutatorNativeStruct *native);

/* OSAnswer -- what has become of a fault */
typedef enum OSAnswer {
  OSAnswerNONE = 0, /* nobody has been asked */
  OSAnswerHANDLED = 1,
  OSAnswerDECLINED = 2
} OSAnswer;

/* mutatorFaultQuick -- the quick way to the callback of a range, for what nearly all faults are
 *
 * Keeps the thread's errno.  pre: as for mutatorFaultNative, which is to be called for NONE
 */
OSAnswer mutatorFaultQuick(OSLocal local, MutatorNativeStruct native);

/* mutatorCoreDetour -- somebody begins, or ends, to be asked before the ranges: then nothing is quick */
void mutatorCoreDetour(MutatorBool begins);

/* Recover, or ask handlers and ranges; true when the thread may go on.
 * pre: local is mutatorOSLocal(); the caller has counted itself in its `inside`, and keeps that until the hook's end */
MutatorBool mutatorFaultNative(const MutatorNativeStruct *native, OSLocal local);

#endif
