/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/backstep.h -- the log, regions and checkpoints
 *
 * Everything is in the library's own mappings, made by set-up.  Whoever reads or
 * changes it holds it (mutatorBackstepEnter): the mutator in a tick, or a thread in the
 * handler.  A thread that finds it held by another goes back to its instruction, and faults again.
 */

#ifndef mutator_backstep_backstep_h
#define mutator_backstep_backstep_h

#include <mutator/backstep.h>
#include <mutator/inject.h>

#include "arch/arch.h"
#include "cc/atomic.h"
#include "core/core.h"
#include "os/os.h"

typedef struct BackstepStruct *Backstep;
typedef struct BackstepAreaStruct *BackstepArea;
typedef struct BackstepRegionStruct *BackstepRegion;
typedef struct BackstepCheckpointStruct *BackstepCheckpoint;
typedef struct BackstepChainStruct *BackstepChain;
typedef struct BackstepEntryStruct *BackstepEntry;

/* Slots are numbered from 1; 0 is none. */
typedef uint32_t BackstepSlot;

/* BackstepEntryStruct -- what a slot of the log holds: a unit's bytes, as they were */
typedef struct BackstepEntryStruct {
  MutatorWord address; /* of the first byte */
  BackstepArea area;   /* that the address is in; NULL: the stack, or the log of values */
  BackstepSlot next;   /* in its chain, or in the list of free ones */
} BackstepEntryStruct;

typedef struct BackstepChainStruct {
  BackstepSlot first, last;
} BackstepChainStruct;

/* BackstepAreaStruct -- memory in units, of which it is known whether they have been saved in this interval */
typedef struct BackstepAreaStruct {
  BackstepRegion region;
  MutatorWord base;
  size_t units;
  MutatorWord *saved; /* a bit each: it is in the newest checkpoint's chain */
  MutatorWord *mark;  /* a bit each, all clear between two uses */
} BackstepAreaStruct;

/* BackstepRegionStruct -- a region
 *
 * `wanted` is what the client allows (MutatorBackstepProtect), a byte a unit.  It is
 * rewound as well, and so an area of its own, which nobody protects.
 */
typedef struct BackstepRegionStruct {
  BackstepAreaStruct data;
  BackstepAreaStruct access;
  MutatorWord limit;
  MutatorWord *open; /* a bit each: the unit may be written */
  unsigned char *wanted;
  MutatorBool mixed; /* `wanted` is not the same everywhere */
  size_t runs;       /* of open units */
  size_t size;       /* of the mapping that this is in */
  MutatorBackstepRegion client;
} BackstepRegionStruct;

/* BackstepCheckpointStruct -- a checkpoint, and the interval from it to the next one */
typedef struct BackstepCheckpointStruct {
  uint64_t tick;
  uint64_t serial;           /* its number among equally spaced ones; decides how long it stays */
  uint64_t id;               /* larger than that of every older one */
  uint64_t events, values;   /* how many there had been; bytes of the log of values */
  MutatorBool exact;         /* at the tick, not between it and the next one */
  MutatorBool regular;       /* at a multiple of the density */
  size_t image;              /* its registers: which of the images */
  BackstepChainStruct stack; /* as it was */
  BackstepChainStruct undo;  /* units that have been written since, as they were */
} BackstepCheckpointStruct;

/* What the trap is for. */
typedef enum BackstepRequest {
  BackstepRequestTICK = 0,
  BackstepRequestSTART = 1,
  BackstepRequestCHECKPOINT = 2,
  BackstepRequestTO = 3,
  BackstepRequestLASTWRITE = 4,
  BackstepRequestLIMIT = 5
} BackstepRequest;

enum { BackstepRegionLIMIT = 256 };

/* BackstepSearchStruct -- the way to a last write */
typedef struct BackstepSearchStruct {
  MutatorBool active;
  BackstepArea area;
  size_t unit;
  const MutatorWord *word;
  MutatorWord value; /* it has now */
  uint64_t origin;   /* the tick where the search began */
  uint64_t id;       /* of the checkpoint whose interval is being replayed */
  uint64_t end;      /* the tick where that ends */
  MutatorBool exact; /* the mutator has been at a tick since: the word's value is that tick's */
  uint64_t step;     /* the tick at which to look at the word, since a write could not be stepped; or NEVER */
  uint64_t last;     /* the tick at which a write was looked at last; or NEVER */
  uint64_t found;    /* the latest tick at which it had another value; or NEVER */
} BackstepSearchStruct;

typedef struct BackstepStruct {
  MutatorBackstep client;
  void *injectArea; /* also tells the mutator from other threads */
  AtomicWord holder;
  Backstep other; /* of all that there are, for forks; under the set-up lock */
  size_t size;    /* of the mapping that this is in */

  uint64_t density;
  size_t keep, unit, runsLimit;
  MutatorWord stackCold;
  void *stack; /* the callback's own */
  size_t stackSize;
  MutatorBackstepCallback callback;
  void *closure;

  BackstepEntry entries; /* by slot */
  unsigned char *slots;
  BackstepSlot slotCount, fresh, freed; /* slots there are; the first never used; the list of free ones */
  size_t used;

  BackstepCheckpoint checkpoint; /* oldest first */
  size_t checkpoints, checkpointLimit;
  size_t *images; /* numbers of those that are free */
  size_t imageSize;
  unsigned char *image;

  BackstepRegion region[BackstepRegionLIMIT]; /* by address */
  size_t regions;
  AtomicWord low, high; /* no region is outside; they only grow */
  size_t runs;

  MutatorBool started, inside; /* inside the client's callback */
  uint64_t now;                /* the latest stop */
  uint64_t next;               /* when the count becomes zero */
  uint64_t target;             /* stop there; or NEVER */
  MutatorBackstepReason reason;
  uint64_t nextId;
  BackstepRequest request;
  MutatorWord argument;
  uint64_t tick;
  MutatorRes result;
  MutatorContext context; /* of the mutator, in a tick */
  BackstepSearchStruct search;

  uint64_t events, eventsHigh;
  uint64_t values, valuesLow, valuesHigh; /* bytes read or written so far; still there; of the first time */
  BackstepChainStruct valueChain;
  BackstepSlot valueSlot; /* that `values` is in, or 0 when nobody knows */
  uint64_t valueRoom;     /* bytes up to the end of the chain */

  MutatorBackstepStatsStruct stats;
} BackstepStruct;

/* mutatorBackstepAreas -- the areas for injections of all mutators, or 0 */
enum { BackstepLIMIT = 64 };
extern AtomicWord mutatorBackstepAreas[BackstepLIMIT];

/* The count between two stops is at most this, also where words are short. */
#define BACKSTEP_FAR ((uint64_t)1 << 30)

static inline Backstep backstepOf(MutatorBackstep client) {
  return coreAligned(client) && client->signature == CORE_SIGNATURE_BACKSTEP && client->size == sizeof *client
             ? client->state
             : NULL;
}

/* Is the calling thread the mutator? */
static inline MutatorBool backstepIsMutator(Backstep b) { return mutatorOSInjectArea() == b->injectArea; }

/* Is it in its own code, not in a callback of the library's? */
static inline MutatorBool backstepIsOutside(Backstep b) {
  return backstepIsMutator(b) && mutatorOSLocal()->stays == 0 && MutatorInjectDepth() == 0;
}

static inline BackstepCheckpoint backstepNewest(Backstep b) { return &b->checkpoint[b->checkpoints - 1]; }

/* The first tick that can be gone back to. */
static inline uint64_t backstepOldest(Backstep b) {
  return b->checkpoints > 0 ? b->checkpoint[0].tick : MutatorBackstepNEVER;
}

static inline unsigned char *backstepSlot(Backstep b, BackstepSlot slot) {
  return b->slots + (size_t)(slot - 1) * b->unit;
}

/* bits -------------------------------------------------------------------------- */

#define BACKSTEP_BITS (8 * sizeof(MutatorWord))
#define BACKSTEP_WORDS(bits) (((bits) + BACKSTEP_BITS - 1) / BACKSTEP_BITS)

static inline MutatorBool backstepBit(const MutatorWord *bits, size_t i) {
  return (bits[i / BACKSTEP_BITS] >> i % BACKSTEP_BITS & 1) != 0;
}
static inline void backstepBitSet(MutatorWord *bits, size_t i) {
  bits[i / BACKSTEP_BITS] |= (MutatorWord)1 << i % BACKSTEP_BITS;
}
static inline void backstepBitClear(MutatorWord *bits, size_t i) {
  bits[i / BACKSTEP_BITS] &= ~((MutatorWord)1 << i % BACKSTEP_BITS);
}

/* The first bit at or above `from` that is set (or clear), below `limit`; else `limit`. */
size_t mutatorBackstepNextSet(const MutatorWord *bits, size_t from, size_t limit);
size_t mutatorBackstepNextClear(const MutatorWord *bits, size_t from, size_t limit);

/* hold.c ------------------------------------------------------------------------ */

/* mutatorBackstepEnter, Leave -- hold everything; no signal handler interrupts it
 *
 * wait     true: until nobody else holds it
 * Returns  false when it is held: by the calling thread, or by another and `wait` is false
 */
MutatorBool mutatorBackstepEnter(Backstep b, OSSignals signals, MutatorBool wait);
void mutatorBackstepLeave(Backstep b, const OSSignalsStruct *signals);

/* log.c ------------------------------------------------------------------------- */

/* mutatorBackstepTake -- a free slot, to be appended to a chain; drops the oldest checkpoints for it
 *
 * Pointers to checkpoints are stale afterwards.
 *
 * Returns  0 when there is none
 */
BackstepSlot mutatorBackstepTake(Backstep b);
void mutatorBackstepAppend(Backstep b, BackstepChain chain, BackstepSlot slot);
void mutatorBackstepFree(Backstep b, BackstepSlot slot);
void mutatorBackstepFreeChain(Backstep b, BackstepChain chain);

/* unit.c ------------------------------------------------------------------------ */

/* The region that holds the address, or NULL. */
BackstepRegion mutatorBackstepFind(Backstep b, MutatorWord address);
size_t mutatorBackstepUnit(Backstep b, const BackstepAreaStruct *area, MutatorWord address);
MutatorWord mutatorBackstepAddress(Backstep b, const BackstepAreaStruct *area, size_t unit);

/* Save a unit, once an interval; false when there is no room, or no checkpoint.  pre: it can be read */
MutatorBool mutatorBackstepSave(Backstep b, BackstepArea area, size_t unit);

/* Give units the protection that `wanted` and `open` say. */
MutatorRes mutatorBackstepApply(Backstep b, BackstepRegion region, size_t from, size_t limit);

/* mutatorBackstepOpen -- save and open a unit, for a write that `wanted` allows
 *
 * When there are too many stretches of protection, its closed neighbours as well.  When all else fails
 * everything is opened, and the checkpoints are lost.
 */
MutatorBool mutatorBackstepOpen(Backstep b, BackstepRegion region, size_t unit);

/* mutatorBackstepSaveClosed -- save a unit that nobody may write, or read, now */
void mutatorBackstepSaveClosed(Backstep b, BackstepRegion region, size_t unit);

/* A unit that has been saved, and is to be closed all the same. */
void mutatorBackstepCloseAgain(Backstep b, BackstepRegion region, size_t unit);

/* Close what is open, with as few calls as may be; nothing has been saved then. */
MutatorRes mutatorBackstepClose(Backstep b, BackstepRegion region);

/* From more runs on, one call for the whole region costs less than one for each. */
enum { BackstepRunsATONCE = 64 };
void mutatorBackstepOpenAll(Backstep b);

/* stack.c ----------------------------------------------------------------------- */

/* mutatorBackstepStackSave -- b->context's stack into slots of the chain; false when there is no room for it all */
MutatorBool mutatorBackstepStackSave(Backstep b, BackstepChain chain);

/* mutatorBackstepStackRestore -- and back; pre: the context is still that of now */
void mutatorBackstepStackRestore(Backstep b, BackstepSlot slot);

/* checkpoint.c ------------------------------------------------------------------ */

/* mutatorBackstepCheckpointTake -- take a checkpoint of b->context at b->now; OK or LIMIT */
MutatorRes mutatorBackstepCheckpointTake(Backstep b, MutatorBool exact);

/* The newest one from which the tick can be reached; the number of checkpoints when there is none. */
size_t mutatorBackstepCheckpointBefore(Backstep b, uint64_t tick);

MutatorBool mutatorBackstepAtCheckpoint(Backstep b);
void mutatorBackstepDropOldest(Backstep b);

/* mutatorBackstepRemove -- out of the list, with its stack and image; its undo log is somebody else's, or empty */
void mutatorBackstepRemove(Backstep b, size_t i);

/* Free checkpoint i, which is not the oldest; the interval before it takes its units. */
void mutatorBackstepMerge(Backstep b, size_t i);

/* Every checkpoint is gone and everything is open. */
void mutatorBackstepLose(Backstep b);

/* restore.c --------------------------------------------------------------------- */

/* mutatorBackstepRestore -- memory, stack, registers and tick of checkpoint i; younger ones are dropped
 *
 * Returns  MutatorResOK, or MutatorResACCESS with nothing changed
 */
MutatorRes mutatorBackstepRestore(Backstep b, size_t i);

/* mutatorBackstepUndo -- the regions alone, as they were at the newest checkpoint */
MutatorRes mutatorBackstepUndo(Backstep b);

/* run.c ------------------------------------------------------------------------- */

/* What the mutator does at the trap: a MutatorInjectCallback. */
void mutatorBackstepRun(MutatorContext context, void *closure);

/* Go back to a tick and stop there; LIMIT or ACCESS with nothing changed. */
MutatorRes mutatorBackstepGoBack(Backstep b, uint64_t tick);

/* The tick, from the count; for the mutator. */
uint64_t mutatorBackstepTickOf(Backstep b);

/* Look again at that tick.  pre: it is to come, and not far */
void mutatorBackstepCountTo(Backstep b, uint64_t tick);

/* search.c ---------------------------------------------------------------------- */

/* mutatorBackstepSearch -- begin a search at b->now; FAIL, PARAM, ACCESS with nothing changed */
MutatorRes mutatorBackstepSearch(Backstep b, MutatorWord address);

/* In a tick, while a search is active; End: before the mutator goes on. */
void mutatorBackstepSearchTick(Backstep b);
void mutatorBackstepSearchEnd(Backstep b);

/* A write to the unit that is being watched; pre: `wanted` allows it.  False: it cannot be opened. */
MutatorBool mutatorBackstepSearchWrite(Backstep b, BackstepRegion region, size_t unit, MutatorContext context);
void mutatorBackstepSearchTouched(Backstep b);
MutatorBool mutatorBackstepWatched(Backstep b, BackstepRegion region, size_t unit);

/* fault.c ----------------------------------------------------------------------- */

MutatorFaultResult mutatorBackstepFault(MutatorFaultHandler handler, MutatorContext context, void *closure);

/* value.c ----------------------------------------------------------------------- */

/* Forget values that no checkpoint is old enough for. */
void mutatorBackstepValuesTrim(Backstep b);

/* Read or write on from there. */
void mutatorBackstepValuesSeek(Backstep b, uint64_t values);

#endif
