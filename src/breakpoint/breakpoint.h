/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/breakpoint.h -- regions, pages and breakpoints, as the files of this folder share them
 *
 * Everything here is changed inside mutatorCodeEnter.  docs/breakpoint.md has the
 * state machine of a page and what is true in each state.
 */

#ifndef mutator_breakpoint_breakpoint_h
#define mutator_breakpoint_breakpoint_h

#include <mutator/breakpoint.h>

#include "arch/arch.h"
#include "cc/atomic.h"
#include "core/core.h"
#include "os/os.h"

/* How the library writes to a region (MutatorCodeStruct, path). */
enum {
  CodePathNONE = 0,    /* not at all: it would part the memory from its other mappings */
  CodePathWINDOW = 1,  /* through a mapping of its own */
  CodePathPROCESS = 2, /* through the process memory, whatever the protection */
  CodePathOPEN = 3     /* in place, on a page that may be written and not executed */
};

/* A page's mode. */
enum {
  CodePageFREE = 0,    /* no breakpoints; it allows what the JIT wants */
  CodePagePLANTED = 1, /* trap bytes are in it; never writable */
  CodePageTRUTH = 2    /* what the JIT wrote is in it; never executable */
};

/* CodePageStruct -- a page of a region; in the library's memory, zero is FREE */
typedef struct CodePageStruct *CodePage;
typedef struct CodePageStruct {
  MutatorBreak breaks; /* by ascending address; those in debug registers may be on a FREE page */
  MutatorWord mode;
} CodePageStruct;

/* Counters of a region, as MutatorCodeReportStruct has them. */
enum {
  CodeCountSTEPPED = 0,
  CodeCountFLIPS,
  CodeCountRAISED,
  CodeCountDISPLACED,
  CodeCountEMULATED,
  CodeCountLOST,
  CodeCountLIMIT
};
/* And of a breakpoint. */
enum { BreakCountHITS = 0, BreakCountREWRITES, BreakCountREFUSED };

#define CODE_ALL (MutatorAccessREAD | MutatorAccessWRITE | MutatorAccessEXECUTE)

/* lock.c ------------------------------------------------------------------------------ */

/* mutatorCodeEnter, Leave -- one thread at a time
 *
 * In between no signal handler but a fault's interrupts the thread, and it is not suspended.
 *
 * Returns  false, and there is nothing to leave, when the thread is inside already: a fault in here is not ours
 */
MutatorBool mutatorCodeEnter(OSSignals before);
void mutatorCodeLeave(const OSSignalsStruct *before);

/* mutatorCodeLeaveHandled -- the same, and tell the client, at the end of a handler that has handled its fault
 *
 * The return from it lets signals in again, which saves a system call.
 */
struct CodeStoreStruct;
void mutatorCodeLeaveHandled(const OSSignalsStruct *before, const struct CodeStoreStruct *store);

/* Is the calling thread inside? */
MutatorBool mutatorCodeInside(void);

/* In a forked child, where nobody is inside or waits any more. */
void mutatorCodeForked(void);

/* region.c ---------------------------------------------------------------------------- */

/* mutatorCodeMapping -- the alias that holds all of [address, address + size), or NULL
 *
 * Outside of mutatorCodeEnter the answer says no more than that it may be worth entering.
 */
MutatorCodeAlias mutatorCodeMapping(MutatorWord address, size_t size);

/* mutatorCodeOverlaps -- does [address, address + size) touch a mapping's page that is not FREE? */
MutatorBool mutatorCodeOverlaps(MutatorWord address, size_t size);

/* Into the table and out of it; LIMIT when it is full. */
MutatorRes mutatorCodeMappingAdd(MutatorCodeAlias alias);
void mutatorCodeMappingRemove(MutatorCodeAlias alias);

/* Does a mapping of the table overlap these bytes? */
MutatorBool mutatorCodeMappingTaken(MutatorWord base, MutatorWord limit);

/* mutatorCodeAt -- the mapping whose number that is, or NULL: for walking the table, which has Count places */
size_t mutatorCodeCount(void);
MutatorCodeAlias mutatorCodeAt(size_t number);

MutatorBool mutatorCodeCheck(MutatorCode code);
MutatorBool mutatorCodeAliasCheck(MutatorCodeAlias alias);

/* The region's address of an alias's byte. */
static inline MutatorWord codeTarget(const MutatorCodeAliasStruct *alias, MutatorWord address) {
  return alias->target + (address - alias->base);
}

/* The page that holds a region's address, and where it begins. */
static inline MutatorWord codePageBase(MutatorWord address) {
  return address & ~(MutatorWord)(mutatorOSPageSize() - 1);
}
static inline CodePage codePage(MutatorCode code, MutatorWord address) {
  return (CodePage)code->pages + (address - code->own.base) / mutatorOSPageSize();
}

/* The context's PC, to read and to change. */
static inline MutatorWord *codePC(MutatorContext context) {
  MachineStruct machine;
  mutatorOSMachine(&context->native, &machine);
  return machineRegister(&machine, MutatorRegisterPC);
}

/* page.c ------------------------------------------------------------------------------ */

/* What the JIT wants the alias's page to allow, that of the region's address `at`; only of a page that is not FREE. */
unsigned char *mutatorPageWanted(MutatorCodeAlias alias, MutatorWord at);

/* Has the page's plant, in that mode, been put into the code? */
static inline MutatorBool breakIsPlanted(const MutatorBreakStruct *breakpoint) {
  return breakpoint->mode == MutatorBreakModePLANTED;
}

/* Is it in the code, or would be in another mode of its page? */
static inline MutatorBool breakIsSoftware(const MutatorBreakStruct *breakpoint) {
  return breakpoint->kind != MutatorBreakHARDWARE;
}

/* mutatorPageLower -- from planted to truth; mutatorPageRaise -- from truth to planted
 *
 * Returns  as mutatorOSProtect: unless OK the page is in the mode in which it was
 */
MutatorRes mutatorPageLower(MutatorCode code, MutatorWord at);
MutatorRes mutatorPageRaise(MutatorCode code, MutatorWord at);

/* mutatorPageBegin -- from free to truth; mutatorPageEnd -- and back */
MutatorRes mutatorPageBegin(MutatorCode code, MutatorWord at);
void mutatorPageEnd(MutatorCode code, MutatorWord at);

/* mutatorPageJoin -- protect an alias's pages like the others of the region; Part: as the JIT wants them */
MutatorRes mutatorPageJoin(MutatorCodeAlias alias);
void mutatorPagePart(MutatorCodeAlias alias);

/* mutatorPageApply -- protect the page as its mode and the JIT want it, in one mapping
 *
 * mutatorPageExecutable: does the JIT want it to be executed anywhere; Writable: written? */
MutatorRes mutatorPageApply(MutatorCodeAlias alias, MutatorWord at, MutatorWord mode);
MutatorBool mutatorPageExecutable(MutatorCode code, MutatorWord at);
MutatorBool mutatorPageWritable(MutatorCode code, MutatorWord at);

/* mutatorPagePlant, Unplant -- put one breakpoint's trap byte into the code, or what the JIT wrote
 *
 * pre:      the page is planted
 * Returns   OK; ACCESS: nothing written
 */
MutatorRes mutatorPagePlant(MutatorBreak breakpoint);
MutatorRes mutatorPageUnplant(MutatorBreak breakpoint);

/* mutatorPagePoke -- write to the region as it is, without asking where breakpoints are
 *
 * size      1, 2, 4, 8, 16, 32 or 64 bytes
 * Returns   OK, ACCESS, UNIMPL; nothing written unless OK
 */
MutatorRes mutatorPagePoke(MutatorCode code, MutatorWord at, const void *buffer, size_t size);

/* mutatorPagePeek -- read one byte of the region as it is */
MutatorBool mutatorPagePeek(MutatorCode code, MutatorWord at, unsigned char *byteReturn);

/* The lowest breakpoint of the code at or above `at`, below `limit`, on the page of `at`; or NULL. */
MutatorBreak mutatorPageBreak(MutatorCode code, MutatorWord at, MutatorWord limit);

/* The breakpoint at exactly that address of the alias, or NULL. */
static inline MutatorBreak mutatorBreakAt(const MutatorCodeAliasStruct *alias, MutatorWord address) {
  const MutatorWord at = codeTarget(alias, address);
  return mutatorPageBreak(alias->code, at, at + 1);
}

/* The trap byte for a breakpoint: over the JIT's own INT3 it is that. */
unsigned char mutatorBreakByte(const MutatorBreakStruct *breakpoint);

/* merge.c ----------------------------------------------------------------------------- */

/* CodeStoreStruct -- a stored-to stretch, for who is told of it */
typedef struct CodeStoreStruct *CodeStore;
typedef struct CodeStoreStruct {
  MutatorCode code;
  MutatorWord base;
  MutatorWord limit;
} CodeStoreStruct;

/* mutatorMergeMemory -- a memory whose loads see what the JIT wrote, and whose stores leave breakpoints in place
 *
 * store     receives what has been stored to
 * pre:      used inside mutatorCodeEnter
 */
void mutatorMergeMemory(MutatorMemory memory, CodeStore store);

/* mutatorMergeTruth -- put what the JIT wrote in place of trap bytes, in a copy of [at, at + size) of the region */
void mutatorMergeTruth(MutatorCode code, unsigned char *bytes, MutatorWord at, size_t size);

/* mutatorMergeStore -- store to planted pages of the region; as mutatorPagePoke */
MutatorRes mutatorMergeStore(MutatorCode code, MutatorWord at, const void *buffer, size_t size);

/* mutatorMergeFetch -- the bytes that a program would fetch there, without breakpoints; up to the end of the mapping
 *
 * Returns  how many
 */
size_t mutatorMergeFetch(const MutatorCodeAliasStruct *alias, MutatorWord address, unsigned char bytes[ARCH_FETCH_MAX]);

/* mutatorMergeFetched -- the CoreTruth */
void mutatorMergeFetched(unsigned char *bytes, size_t count, MutatorWord pc);

/* mutatorCodeTell -- call the client's function, if there is one and anything was stored; pre: not inside */
void mutatorCodeTell(const CodeStoreStruct *store);

/* Is there one? */
static inline MutatorBool mutatorCodeTells(const CodeStoreStruct *store) {
  return store->code != NULL && store->code->written != NULL;
}

/* slot.c ------------------------------------------------------------------------------ */

/* CodeSlotStruct -- a place where one thread runs one instruction; zero is free */
typedef struct CodeSlotStruct {
  MutatorWord origin; /* the instruction's own address, or 0 */
  MutatorWord next;   /* where the thread goes on */
  MutatorWord length; /* of the code in the slot; there the trap byte lies */
  MutatorWord thread;
} CodeSlotStruct, *CodeSlot;

enum { CodeSlotBYTES = 32, CodeSlotCOUNT = 128 };

/* CodeSlotsStruct -- a region's, in the library's memory */
typedef struct CodeSlotsStruct *CodeSlots;
typedef struct CodeSlotsStruct {
  MutatorWord executable, writable; /* the two mappings of CodeSlotBYTES * CodeSlotCOUNT bytes */
  MutatorBool foreign;              /* a forked child's are its parent's, and not to be used */
  CodeSlotStruct slot[CodeSlotCOUNT];
} CodeSlotsStruct;

/* mutatorSlotRun -- send the thread into a slot; pre: inside, the context's PC is the instruction's
 *
 * Returns   OK; UNIMPL or ACCESS: it cannot be run elsewhere; BUSY: no slot is free
 */
MutatorRes mutatorSlotRun(MutatorCode code, MutatorContext context, const unsigned char *bytes, size_t count,
                          MutatorMemory memory);

/* mutatorSlotFind -- the slot that holds a PC, or is at its end; its region, and how far behind the slot's first byte */
CodeSlot mutatorSlotFind(MutatorWord pc, MutatorWord *byReturn);

/* mutatorSlotsForked -- in a forked child, free the slots of all but one thread */
void mutatorSlotsForked(MutatorCode code, MutatorWord thread);

/* mutatorSlotsFree -- is nobody in a slot of that region? */
MutatorBool mutatorSlotsFree(MutatorCode code);

/* break.c ----------------------------------------------------------------------------- */

/* mutatorBreakRemove -- take a breakpoint out of the code and off its page; as MutatorBreakClear; pre: inside, set */
MutatorRes mutatorBreakRemove(MutatorBreak breakpoint);

/* mutatorBreakLose -- its instruction can be run nowhere but in its place: take the trap byte away; pre: inside */
void mutatorBreakLose(MutatorBreak breakpoint);

/* hit.c, fault.c ---------------------------------------------------------------------- */

/* mutatorBreakTrap -- a trap instruction at `address`; `byte` is what it is made of */
MutatorFaultResult mutatorBreakTrap(MutatorContext context, MutatorWord address, unsigned char byte);

/* mutatorBreakTraced -- one instruction has been traced, perhaps one in a slot; or a debug register has stopped the thread */
MutatorFaultResult mutatorBreakTraced(MutatorContext context);

/* mutatorBreakFirst, Last -- handlers, asked before the ranges and when everybody else has declined */
MutatorFaultResult mutatorBreakFirst(MutatorFaultHandler handler, MutatorContext context, void *closure);
MutatorFaultResult mutatorBreakLast(MutatorFaultHandler handler, MutatorContext context, void *closure);

#endif
