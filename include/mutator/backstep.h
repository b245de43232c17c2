/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/backstep.h -- checkpoints by write protection, and running backwards
 *
 * A mutator counts ticks (MutatorTick): one for each basic block, loop or
 * virtual instruction.  At some ticks the library takes a checkpoint: it closes
 * the registered regions for writing, and saves registers and stack.  The first
 * write to a unit of a region is caught, and its bytes go into an undo log.  To go
 * back to a tick, the nearest checkpoint before it is restored from the log,
 * and the mutator runs forward to the tick: docs/backstep.md.
 *
 * What is rewound: the bytes of the registered regions; the stack of the thread that
 * called MutatorBackstepInit, from its stack pointer (and the red zone below) up to
 * options.stackCold; its registers, flags, vector and x87 registers; the tick.
 *
 * What is not: everything else.  Memory outside the regions, such as malloc's,
 * static variables and thread-local ones, errno among them; what stdio has buffered or written; files,
 * positions in them, signal masks and whatever else the system keeps; other
 * threads, their stacks and registers.  What the mutator learns from there it
 * must ask for through MutatorBackstepValue, and what it does there only when
 * MutatorBackstepReplaying is false; then going forward again is the same as the first time.
 */

#ifndef MUTATOR_BACKSTEP_H
#define MUTATOR_BACKSTEP_H

#include <mutator/context.h>
#include <mutator/fault.h>
#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorBackstepStruct *MutatorBackstep;
typedef struct MutatorBackstepRegionStruct *MutatorBackstepRegion;
typedef struct MutatorBackstepOptionsStruct *MutatorBackstepOptions;
typedef struct MutatorBackstepStopStruct *MutatorBackstepStop;
typedef struct MutatorBackstepStatsStruct *MutatorBackstepStats;

/* MutatorBackstepStruct -- in the caller's memory, outside every region and the stack; every field is private */
typedef struct MutatorBackstepStruct {
  MutatorWord signature;             /* private */
  MutatorWord size;                  /* private; of this structure, bytes */
  MutatorWord count;                 /* private; counts up to zero, where something is to be done */
  void *state;                       /* private; the library's memory */
  MutatorFaultHandlerStruct handler; /* private */
  MutatorWord reserved[4];           /* private; room to grow */
} MutatorBackstepStruct;

/* MutatorTick -- count a tick
 *
 * One increment and one compare; every so many ticks it traps, and the thread
 * comes out of it as it went in: perhaps after it has gone back.
 *
 * backstep  a MutatorBackstep that has been initialised; evaluated once
 * Needs     to be called by the thread that initialised it; before
 *           MutatorBackstepStart, and in a callback of the library's, it counts nothing
 *
 * A code generator writes the same: increment the word `count`, and when it
 * becomes zero call what MutatorBackstepRoutine returns.
 */
#define MutatorTick(backstep) \
  ((void)(++*(volatile MutatorWord *)&(backstep)->count == 0 ? (MutatorBackstepReached(), 0) : 0))

/* MutatorBackstepNEVER -- a tick that does not come; a density without checkpoints of its own */
#define MutatorBackstepNEVER (~(uint64_t)0)

/* MutatorBackstepReason -- why the mutator has stopped */
typedef enum MutatorBackstepReason {
  MutatorBackstepReasonTICK = 0,     /* the tick that was asked for */
  MutatorBackstepReasonWRITE = 1,    /* the last tick at which the watched word had another value */
  MutatorBackstepReasonNOTFOUND = 2, /* it had none as far back as the log goes */
  MutatorBackstepReasonREFUSED = 3   /* what the callback asked for cannot be done; `res` says why */
} MutatorBackstepReason;

/* MutatorBackstepGo -- what the mutator does when the callback returns */
typedef enum MutatorBackstepGo {
  MutatorBackstepGoRUN = 0,      /* run on */
  MutatorBackstepGoTO = 1,       /* go to the tick `tick`, backwards or forwards, and stop there */
  MutatorBackstepGoLASTWRITE = 2 /* go back to the last tick at which *`word` had another value, and stop there */
} MutatorBackstepGo;

/* MutatorBackstepStopStruct -- a stop, and the callback's answer */
typedef struct MutatorBackstepStopStruct {
  MutatorBackstepReason reason;
  MutatorRes res;         /* MutatorResOK, or why it was refused */
  uint64_t now;           /* the tick at which the mutator is */
  uint64_t oldest;        /* the first tick that can be gone back to */
  MutatorContext context; /* its registers, to read */
  MutatorBackstepGo go;   /* the answer: RUN, unless the callback changes it */
  uint64_t tick;          /* for TO */
  void *word;             /* for LASTWRITE: aligned for a word, in a region */
} MutatorBackstepStopStruct;

/* MutatorBackstepCallback -- called on the mutator's thread when it stops
 *
 * An ordinary function, outside the handler, on the library's own stack: it may print,
 * allocate, lock, and run the mutator's code to look at the mutator's data.
 * What it writes to the regions is undone when it returns.
 *
 * backstep  as given to MutatorBackstepInit
 * stop      the stop; valid until the callback returns
 * closure   as given in the options
 */
typedef void (*MutatorBackstepCallback)(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure);

/* MutatorBackstepOptionsStruct -- fill it by MutatorBackstepOptionsInit, then change what you like */
typedef struct MutatorBackstepOptionsStruct {
  MutatorWord signature; /* private */
  MutatorWord size;      /* private; of this structure, bytes */
  uint64_t density;      /* ticks between two checkpoints, not 0; NEVER: only MutatorBackstepCheckpoint's */
  size_t keep;           /* of checkpoints that are equally spaced, how many: 2 to 1024; see Retention */
  size_t unit;           /* what a first write saves, bytes: a power of two, a page to 16 MiB; 0: a page */
  size_t budget;         /* bytes of memory for the log, at least one unit */
  size_t runs;           /* stretches of open units that there may be before the gaps between are closed up */
  size_t stackSize;      /* of the callback's own stack, bytes; at least 65536 */
  void *stackCold;       /* where the mutator's stack begins: one past its highest byte; NULL: as registered */
  MutatorBackstepCallback callback; /* or NULL: then it never stops, only goes back */
  void *closure;                    /* handed to it */
  MutatorWord reserved[8];          /* private; room to grow, zero */
} MutatorBackstepOptionsStruct;

/* Retention: of the checkpoints `density` ticks apart, the latest `keep` stay; of
 * every second one, the latest `keep`; of every fourth, and so on.  So the
 * distance from a tick back to the checkpoint before it is at most `density`,
 * or 2 / `keep` of that checkpoint's age if that is more, and there are about
 * keep / 2 * log2(age / density / keep) + keep of them.  The first one stays for
 * ever.  When the budget is spent the oldest are dropped, and what lies before
 * them can be gone back to no more. */

/* MutatorBackstepRegionStruct -- in the caller's memory, outside every region and the stack; every field is private */
typedef struct MutatorBackstepRegionStruct {
  MutatorWord signature;   /* private */
  MutatorWord size;        /* private; of this structure, bytes */
  MutatorBackstep owner;   /* private */
  void *state;             /* private; the library's memory */
  MutatorWord reserved[4]; /* private; room to grow */
} MutatorBackstepRegionStruct;

/* MutatorBackstepStatsStruct -- what has happened so far */
typedef struct MutatorBackstepStatsStruct {
  uint64_t now;         /* the tick */
  uint64_t oldest;      /* the first tick that can be gone back to; NEVER when none can */
  uint64_t checkpoints; /* that there are */
  uint64_t taken;       /* checkpoints taken */
  uint64_t merged;      /* checkpoints given up for older and younger ones (Retention) */
  uint64_t dropped;     /* oldest checkpoints dropped, for want of room in the log */
  uint64_t lost;        /* times that everything was dropped */
  uint64_t faults;      /* first writes that were caught */
  uint64_t units;       /* units saved */
  uint64_t coarsened;   /* among them, units saved for the sake of fewer stretches of protection */
  uint64_t restored;    /* times that a checkpoint was restored */
  uint64_t foreign;     /* first writes by another thread: replay may differ */
  void *foreignAddress; /* of the latest */
  uint64_t diverged;    /* values whose size was not that of the first time */
  uint64_t refused;     /* ticks at which nothing could be done: no injection into the thread */
  uint64_t used;        /* bytes of the log in use */
  uint64_t budget;      /* bytes of the log */
} MutatorBackstepStatsStruct;

/* MutatorBackstepOptionsInit -- the defaults
 *
 * A checkpoint every 524,288 ticks, keep 16, a page, 64 MiB, 1,024 runs, 256 KiB of stack.
 *
 * Returns  MutatorResOK, or MutatorResPARAM when options is NULL or misaligned
 * Signals  async-signal-safe
 * Threads  one caller at a time per structure
 */
MUTATOR_API MutatorRes MutatorBackstepOptionsInit(MutatorBackstepOptions options);

/* MutatorBackstepInit -- make ready; the calling thread is the mutator
 *
 * Attaches an area for injections to the thread (MutatorInjectAttach).
 *
 * backstep  memory for the structure; stays in use until MutatorBackstepFinish
 * options   filled by MutatorBackstepOptionsInit; NULL for the defaults
 * Needs     MutatorFaultSetup
 * Returns   MutatorResOK      initialised; no tick is counted yet
 *           MutatorResPARAM   an argument is bad; the budget is less than one unit; density 0; stackCold
 *                             not above the stack pointer, or NULL in a thread that is not
 *                             registered (MutatorThreadRegister); backstep on that stack
 *           MutatorResSTATE   initialised already; MutatorSetup has not been called; or the thread has an area for injections
 *           MutatorResLIMIT   there are as many mutators as there may be (64)
 *           MutatorResMEMORY  no memory; unless OK nothing has changed
 *           MutatorResUNIMPL  not offered here
 * Signals   not async-signal-safe
 * Threads   any, each for itself
 */
MUTATOR_API MutatorRes MutatorBackstepInit(MutatorBackstep backstep, const MutatorBackstepOptionsStruct *options);

/* MutatorBackstepFinish -- open the regions and give everything back
 *
 * Returns  MutatorResOK     finished
 *          MutatorResPARAM  not an initialised backstep
 *          MutatorResSTATE  not its mutator, or inside a callback
 *          MutatorResBUSY   another thread stayed in the library's handler
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepFinish(MutatorBackstep backstep);

/* MutatorBackstepRegionAdd -- rewind this memory, too
 *
 * From the next checkpoint on, every unit of it is closed for writing until its first write.
 * Before it was added a region is as it was then.  Memory that is protected otherwise: see MutatorBackstepProtect.
 *
 * region       memory for the structure; stays in use until MutatorBackstepRegionRemove or Finish
 * base, limit  multiples of the unit; readable and writable memory
 * Returns      MutatorResOK      added
 *              MutatorResPARAM   an argument is bad; the memory overlaps another region, the structures,
 *                                the library's own memory, or the mutator's stack
 *              MutatorResSTATE   the region has been added already, or inside a callback
 *              MutatorResLIMIT   as many regions as there may be (256)
 *              MutatorResMEMORY  no memory, or there is none at a part of the region; unless OK nothing has changed
 * Signals      not async-signal-safe
 * Threads      the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepRegionAdd(MutatorBackstep backstep, MutatorBackstepRegion region, void *base,
                                                void *limit);

/* MutatorBackstepRegionRemove -- rewind it no more
 *
 * Every checkpoint is dropped, since none could be restored as a whole; the next density
 * tick, or MutatorBackstepCheckpoint, begins again.  The memory is open afterwards, if it is still there.
 *
 * Returns  MutatorResOK     removed
 *          MutatorResPARAM  not an added region of this backstep
 *          MutatorResSTATE  not the mutator, or inside a callback
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepRegionRemove(MutatorBackstep backstep, MutatorBackstepRegion region);

/* MutatorBackstepStart -- take the first checkpoint; this is tick 0
 *
 * Returns  MutatorResOK     ticks count from now on.  Also whenever the mutator goes back to tick 0
 *          MutatorResPARAM  not an initialised backstep
 *          MutatorResSTATE  started already, not the mutator, or inside a callback
 *          MutatorResLIMIT  the stack does not fit into the log, or no injection was possible
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepStart(MutatorBackstep backstep);

/* MutatorBackstepCheckpoint -- take a checkpoint here
 *
 * Between two ticks: it serves to go back to later ticks, not to the one before.
 *
 * Returns  MutatorResOK     taken
 *          others as MutatorBackstepStart; STATE when not started
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepCheckpoint(MutatorBackstep backstep);

/* MutatorBackstepTo -- go to a tick, and stop there
 *
 * Backwards it does not return: the mutator is at the tick, as it was the first time, the
 * callback is called if there is one, and it runs on from there.  A tick that is still to come
 * is where it will stop.
 *
 * tick     at least stats.oldest
 * Returns  MutatorResOK      a tick to come: it will stop there
 *          MutatorResPARAM   not an initialised backstep
 *          MutatorResSTATE   not started, not the mutator, or inside a callback of the library's (where
 *                            the callback's answer does it); nothing changed
 *          MutatorResLIMIT   before the oldest checkpoint, or no injection was possible; nothing changed
 *          MutatorResACCESS  a region's memory is not there any more, or cannot be opened; nothing changed
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepTo(MutatorBackstep backstep, uint64_t tick);

/* MutatorBackstepLastWrite -- go back to the last tick at which a word had another value, and stop there
 *
 * The undo log says in which intervals the word's unit was written; of these the
 * latest is replayed, with the unit closed and each write to it looked at, and if the word has not
 * changed the one before.  The cost is that of the replays, not of a look at every tick.
 *
 * word     aligned for a word, in a region
 * Returns  only when nothing was done:
 *          MutatorResFAIL    it had no other value as far back as the log goes.  (When only a
 *                            replay has shown that, the mutator stops at the tick where it was,
 *                            with NOTFOUND, and this does not return)
 *          MutatorResPARAM   not an initialised backstep, or not such a word
 *          MutatorResSTATE, MutatorResLIMIT, MutatorResACCESS  as MutatorBackstepTo
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepLastWrite(MutatorBackstep backstep, void *word);

/* MutatorBackstepTouch -- save and open memory ahead of a system call
 *
 * A system call that would write to a closed unit fails with EFAULT.  Whatever writes to the
 * regions without a fault (another mapping, another process, a device) must come after this, too.
 *
 * base, limit  any stretch; only the units of regions in it count
 * Returns      MutatorResOK      it can be written until the next tick, or until the library is called
 *              MutatorResPARAM   not an initialised backstep, or limit below base
 *              MutatorResSTATE   not the mutator
 *              MutatorResACCESS  a part cannot be opened
 * Signals      not async-signal-safe
 * Threads      the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepTouch(MutatorBackstep backstep, void *base, void *limit);

/* MutatorBackstepProtect -- what a collector does instead of mprotect in a region
 *
 * The memory then allows `access`, except that the first write to a unit is still
 * caught and saved.  A fault that `access` explains goes on to the collector's own range or handler,
 * after the unit has been saved.  Going back restores the protection as well.
 *
 * base, limit  multiples of the unit, in one region
 * access       NONE, READ, or READ with WRITE
 * Returns      MutatorResOK      done
 *              MutatorResPARAM   an argument is bad
 *              MutatorResLIMIT   no room in the log to remember what was allowed before
 *              MutatorResMEMORY  the system has no room for another stretch of protection
 *              MutatorResACCESS  the system refused
 * Signals      async-signal-safe: may be called in a collector's callback
 * Threads      any
 */
MUTATOR_API MutatorRes MutatorBackstepProtect(MutatorBackstep backstep, void *base, void *limit, MutatorAccess access);

/* MutatorBackstepValue -- a value that the mutator has from outside: the clock, input, a random number
 *
 * The first time it is written to the log; when the mutator comes here again after going back, the
 * value of the first time is put in its place.
 *
 * value    the value; replaced in a replay
 * size     its size, bytes, 1 to 65536
 * Returns  MutatorResOK      logged, or replaced
 *          MutatorResFAIL    a replay asks for a value of another size: it has taken another way;
 *                            counted in stats.diverged, *value left alone
 *          MutatorResPARAM   not an initialised backstep, value NULL, or a bad size
 *          MutatorResSTATE   not started, not the mutator, or inside a callback
 *          MutatorResLIMIT   no room in the log
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorRes MutatorBackstepValue(MutatorBackstep backstep, void *value, size_t size);

/* MutatorBackstepReplaying -- has the mutator been exactly here before?
 *
 * Counts its calls: it answers whether this call has been made already, before the mutator went
 * back.  So what is printed when it answers false is printed once.
 *
 * Returns  true (1) or false (0); true inside a callback, false when not started or not an initialised backstep
 * Signals  not async-signal-safe
 * Threads  the mutator
 */
MUTATOR_API MutatorBool MutatorBackstepReplaying(MutatorBackstep backstep);

/* MutatorBackstepNow -- the tick; 0 when not started or not an initialised backstep
 *
 * Signals  async-signal-safe
 * Threads  the mutator; for others about right
 */
MUTATOR_API uint64_t MutatorBackstepNow(MutatorBackstep backstep);

/* MutatorBackstepStatsGet -- what has happened so far
 *
 * Returns  MutatorResOK, or MutatorResPARAM: not an initialised backstep, or statsReturn NULL
 * Signals  async-signal-safe
 * Threads  the mutator; for others about right
 */
MUTATOR_API MutatorRes MutatorBackstepStatsGet(MutatorBackstep backstep, MutatorBackstepStats statsReturn);

/* MutatorBackstepReached -- what MutatorTick calls when its count is zero; does nothing at other times
 *
 * It takes no argument, so that the caller's frame is the same whether it was called or not.
 *
 * Signals  not async-signal-safe
 * Threads  any; does nothing unless it is the mutator
 */
MUTATOR_API void MutatorBackstepReached(void);

/* MutatorBackstepRoutine -- the same for generated code: the address of a routine that keeps every register and flag
 *
 * The stack pointer need not be aligned.
 *
 * Needs    its caller to be a mutator: elsewhere it is a general protection fault
 * Returns  the address; NULL where back-stepping is not offered
 * Signals  async-signal-safe
 * Threads  any
 */
typedef void (*MutatorBackstepRoutineFunction)(void);
MUTATOR_API MutatorBackstepRoutineFunction MutatorBackstepRoutine(void);

#ifdef __cplusplus
}
#endif

#endif
