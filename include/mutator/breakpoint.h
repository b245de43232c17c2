/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/breakpoint.h -- breakpoints in code that a JIT rewrites
 *
 * A debugger that puts a trap byte into code, and later puts back what it read,
 * destroys whatever the compiler has written there meanwhile.  Here the pages
 * that hold breakpoints are closed to stores, and a store into one is stepped:
 * its bytes go to memory, except those under a breakpoint, which go into the
 * breakpoint.  So what the JIT wrote is never lost, and a breakpoint stays.
 *
 *   planted   the page may be executed and not written; trap bytes are in it.
 *             A store faults and is stepped
 *   truth     the page may be written and not executed; it holds exactly what the
 *             JIT wrote.  Executing it faults, and it becomes planted again
 *
 * A store that cannot be stepped makes the page go to truth: a flip.
 *
 * A JIT declares where its code is (MutatorCodeAdd), every other mapping of the same
 * memory (MutatorCodeAliasAdd), and writes that make no fault: those through
 * /proc/self/mem or process_vm_writev (MutatorCodeWrite, MutatorCodeWritten), and
 * changes of protection (MutatorCodeProtect).
 */

#ifndef MUTATOR_BREAKPOINT_H
#define MUTATOR_BREAKPOINT_H

#include <mutator/context.h>
#include <mutator/fault.h>
#include <mutator/inject.h>
#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorCodeStruct *MutatorCode;
typedef struct MutatorCodeAliasStruct *MutatorCodeAlias;
typedef struct MutatorBreakStruct *MutatorBreak;
typedef struct MutatorCodeReportStruct *MutatorCodeReport;
typedef struct MutatorBreakReportStruct *MutatorBreakReport;

#define MutatorCodeLIMIT 256 /* mappings, of all regions together */

/* MutatorCodeCallback -- the JIT has written near breakpoints
 *
 * base, limit  what may have changed, as addresses in the region: the bytes of a store
 *              that was stepped, or all of a page that was open
 * Signals      called in the handler of the thread that wrote, or by
 *              MutatorCodeWrite, Written and Sync: must be async-signal-safe.  May set and
 *              clear breakpoints, for instance move one whose instruction now begins elsewhere
 * Threads      called by any thread, by several at once
 */
typedef void (*MutatorCodeCallback)(MutatorCode code, void *base, void *limit, void *closure);

/* MutatorCodeOptionsStruct -- all zero but `size` is the default */
typedef struct MutatorCodeOptionsStruct *MutatorCodeOptions;
typedef struct MutatorCodeOptionsStruct {
  MutatorWord size;            /* of this structure, bytes */
  MutatorCodeCallback written; /* or NULL */
  void *closure;               /* handed to it */
  /* A mapping of the same memory, readable and writable, that nobody but the library
   * uses; NULL: the library makes one where the system lets it. */
  void *window;
  MutatorWord reserved[4]; /* zero */
} MutatorCodeOptionsStruct;

/* MutatorCodeAliasStruct -- one mapping of a region's memory; in the caller's memory, every field is private */
typedef struct MutatorCodeAliasStruct {
  MutatorWord signature;   /* private */
  MutatorWord size;        /* private; of this structure, bytes */
  MutatorCode code;        /* private */
  MutatorWord base;        /* private; where it is mapped */
  MutatorWord limit;       /* private; one past its last byte */
  MutatorWord target;      /* private; the region's address for `base` */
  unsigned char *wanted;   /* private; what the JIT wants each page to allow */
  MutatorCodeAlias next;   /* private */
  MutatorWord reserved[4]; /* private; room to grow */
} MutatorCodeAliasStruct;

/* MutatorCodeStruct -- a region of code; in the caller's memory, every field is private */
typedef struct MutatorCodeStruct {
  MutatorWord signature;       /* private */
  MutatorWord size;            /* private; of this structure, bytes */
  MutatorCodeAliasStruct own;  /* private; the mapping it was added with, and the list of the others */
  MutatorWord path;            /* private; how the library writes to it */
  MutatorWord window;          /* private; the library's own mapping, or 0 */
  MutatorWord windowSize;      /* private; to be unmapped, or 0 */
  MutatorWord object;          /* private; what is mapped */
  MutatorWord pages;           /* private; the state of each page */
  MutatorWord slots;           /* private; where instructions run that cannot be stepped */
  MutatorCodeCallback written; /* private */
  void *closure;               /* private */
  uint64_t counter[8];         /* private */
  MutatorWord reserved[8];     /* private; room to grow */
} MutatorCodeStruct;

/* MutatorCodeReportStruct -- what has happened in a region since it was added */
typedef struct MutatorCodeReportStruct {
  uint64_t stepped;   /* stores that were stepped and merged */
  uint64_t flips;     /* pages that went from planted to truth because a store could not be stepped */
  uint64_t raised;    /* pages that went from truth to planted because they were executed */
  uint64_t displaced; /* instructions under a breakpoint that ran in a slot */
  uint64_t emulated;  /* those that were stepped */
  uint64_t lost;      /* those that could be neither; see MutatorBreakModeLOST */
  uint64_t spare[2];  /* zero */
} MutatorCodeReportStruct;

/* MutatorBreakKind -- how a breakpoint stops a thread */
typedef enum MutatorBreakKind {
  MutatorBreakSOFTWARE = 0, /* by an INT3 in the code: SIGTRAP */
  MutatorBreakHALT = 1,     /* by a HLT in the code: SIGSEGV, for threads that block SIGTRAP, and beside gdb */
  MutatorBreakHARDWARE = 2, /* by a debug register of the CPU; nothing is planted.  Threads that a thread creates
                               while the breakpoint is being set may miss it; on Windows all that are created later do */
  MutatorBreakAUTO = 3,     /* by a debug register while there are any, else by an INT3 */
  MutatorBreakLIMIT = 4     /* one past the last kind */
} MutatorBreakKind;

/* MutatorBreakMode -- what a breakpoint is doing */
typedef enum MutatorBreakMode {
  MutatorBreakModeNONE = 0,     /* not set */
  MutatorBreakModePLANTED = 1,  /* the trap byte is in the code */
  MutatorBreakModeTRUTH = 2,    /* its page is open to stores, and gets the trap byte when it is executed */
  MutatorBreakModeHARDWARE = 3, /* it is in a debug register */
  MutatorBreakModeLOST = 4      /* the instruction there can be neither stepped nor run elsewhere: the
                                   trap byte has been taken away, until the JIT writes there */
} MutatorBreakMode;

/* MutatorBreakCallback -- a thread is about to execute the instruction under a breakpoint
 *
 * When the callback returns, the thread executes that instruction, or goes on at the
 * PC that the callback has set, if that is another.
 *
 * breakpoint  what was hit
 * context     a FAULT context; its PC is the breakpoint's address
 * closure     as given to MutatorBreakSet
 * Signals     called in the handler: must be async-signal-safe.  May set and clear
 *             breakpoints, this one too
 * Threads     called by any thread, by several at once
 */
typedef void (*MutatorBreakCallback)(MutatorBreak breakpoint, MutatorContext context, void *closure);

/* MutatorBreakOptionsStruct -- all zero but `size` is the default */
typedef struct MutatorBreakOptionsStruct *MutatorBreakOptions;
typedef struct MutatorBreakOptionsStruct {
  MutatorWord size;              /* of this structure, bytes */
  MutatorBreakKind kind;         /* how it stops */
  MutatorBreakCallback callback; /* called in the handler; or NULL */
  /* Called outside of the handler, as MutatorInject does; or NULL.  For a thread that has no area,
   * or where it is refused, it is not called, and `refused` of the report counts. */
  MutatorInjectCallback injected;
  void *closure; /* handed to both */
  /* The first byte of an instruction at or before the breakpoint, or NULL.  When given, the
   * instructions from there on are decoded, and an address inside one of them is refused. */
  const void *from;
  MutatorWord reserved[4]; /* zero */
} MutatorBreakOptionsStruct;

/* MutatorBreakStruct -- a breakpoint; in the caller's memory, every field is private */
typedef struct MutatorBreakStruct {
  MutatorWord signature;           /* private */
  MutatorWord size;                /* private; of this structure, bytes */
  MutatorCode code;                /* private */
  MutatorWord address;             /* private; in the region */
  struct MutatorBreakStruct *next; /* private; on the same page, at a higher address */
  MutatorBreakCallback callback;   /* private */
  MutatorInjectCallback injected;  /* private */
  void *closure;                   /* private */
  unsigned char kind;              /* private; a MutatorBreakKind */
  unsigned char mode;              /* private; NONE, PLANTED, HARDWARE or LOST */
  unsigned char original;          /* private; the byte that the JIT wrote, while the trap byte is in its place */
  unsigned char plant;             /* private; that trap byte, or the number of a debug register */
  uint64_t counter[4];             /* private */
  MutatorWord reserved[4];         /* private; room to grow */
} MutatorBreakStruct;

/* MutatorBreakReportStruct -- what MutatorBreakQuery has to say */
typedef struct MutatorBreakReportStruct {
  void *address;          /* in the region */
  MutatorBreakKind kind;  /* how it stops */
  MutatorBreakMode mode;  /* what it is doing */
  unsigned char original; /* the byte that the JIT wrote there last */
  unsigned char spare[7]; /* zero */
  uint64_t hits;          /* threads that have stopped at it */
  uint64_t rewrites;      /* stores of the JIT that had this byte among theirs, as far as the library saw them */
  uint64_t refused;       /* hits whose `injected` could not be called */
} MutatorBreakReportStruct;

/* MutatorCodeAdd -- declare memory that holds a JIT's code
 *
 * Changes nothing about that memory: only pages that hold breakpoints are protected.
 *
 * code     memory for the structure, aligned for a pointer; in use until MutatorCodeRemove has given OK
 * base     first byte, as the code is executed; aligned to a page
 * limit    one past the last byte, aligned to a page, above base
 * options  or NULL for the defaults; copied
 * Needs    MutatorFaultSetupWith, with MutatorFaultHookTRAP among what it catches
 * Returns  MutatorResOK      declared
 *          MutatorResPARAM   an argument is bad, or a region or alias overlaps it
 *          MutatorResSTATE   MutatorSetup has not been called, or this region is there already
 *          MutatorResACCESS  not all of it is mapped
 *          MutatorResLIMIT   MutatorCodeLIMIT mappings are declared
 *          MutatorResMEMORY  no memory for the library's own tables; unless OK, nothing has changed
 * Signals  not async-signal-safe
 * Threads  any; callers wait for each other
 * Source   mremap(2), "if the value of old_size is zero"
 */
MUTATOR_API MutatorRes MutatorCodeAdd(MutatorCode code, void *base, void *limit,
                                      const MutatorCodeOptionsStruct *options);

/* MutatorCodeRemove -- clear the region's breakpoints, and forget it and its aliases
 *
 * To be called before the memory is unmapped.  Waits for callbacks to end.
 *
 * Needs    the caller to be in no callback, and to hold no lock that a callback takes
 * Returns  MutatorResOK     gone, and its structures are the caller's again
 *          MutatorResPARAM  not a region that is there
 *          MutatorResBUSY   a thread stays in a callback, or runs an instruction in a slot; the breakpoints
 *                           are gone; call it again
 * Signals  not async-signal-safe
 * Threads  one caller at a time per region
 */
MUTATOR_API MutatorRes MutatorCodeRemove(MutatorCode code);

/* MutatorCodeAliasAdd -- declare another mapping of the same memory
 *
 * The pages of it that hold breakpoints are protected like the region's own.
 *
 * alias   memory for the structure; in use until the alias or the region is removed
 * code    a region
 * base    first byte of the mapping, aligned to a page
 * target  the region's address of the same byte
 * size    bytes, whole pages
 * Returns  MutatorResOK, or, with nothing changed,
 *          MutatorResPARAM   an argument is bad, it reaches beyond the region, or a region or alias overlaps it
 *          MutatorResSTATE   it is there already
 *          MutatorResACCESS  not all of it is mapped, or it holds other bytes than the region: it is another memory
 *          MutatorResLIMIT, MutatorResMEMORY  as MutatorCodeAdd
 * Signals  not async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorCodeAliasAdd(MutatorCodeAlias alias, MutatorCode code, void *base, void *target,
                                           size_t size);

/* MutatorCodeAliasRemove -- an alias is about to be unmapped
 *
 * Returns  MutatorResOK     its pages allow what the JIT wants
 *          MutatorResPARAM  not an alias that is there
 * Signals  not async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorCodeAliasRemove(MutatorCodeAlias alias);

/* MutatorCodeAliasFind -- look for other mappings of a region's memory in this process
 *
 * Those that are declared are found too.
 *
 * which      0 for the first, in the order of their addresses
 * baseReturn, targetReturn, sizeReturn  receive what MutatorCodeAliasAdd wants
 * Returns    MutatorResOK     found
 *            MutatorResFAIL   there are not so many
 *            MutatorResPARAM  not a region, or NULL
 *            MutatorResUNIMPL the system does not say
 * Signals    async-signal-safe
 * Threads    any
 * Source     proc_pid_maps(5)
 */
MUTATOR_API MutatorRes MutatorCodeAliasFind(MutatorCode code, unsigned which, void **baseReturn, void **targetReturn,
                                            size_t *sizeReturn);

/* MutatorCodeRead -- what the JIT wrote
 *
 * Like a copy, but with the original bytes where breakpoints are.
 *
 * address  in a region or an alias
 * buffer   receives `size` bytes
 * size     bytes; all of them in that mapping
 * Returns  MutatorResOK, MutatorResPARAM (no region or alias holds all of it, or NULL), MutatorResACCESS (unreadable)
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorCodeRead(const void *address, void *buffer, size_t size);

/* MutatorCodeWrite -- write code as the JIT, whatever the protection
 *
 * Instead of a write through /proc/self/mem or process_vm_writev.  Breakpoints stay.
 *
 * address, size  as for MutatorCodeRead
 * buffer   the bytes
 * Returns  MutatorResOK
 *          MutatorResPARAM   no region or alias holds all of it, or NULL; nothing written
 *          MutatorResACCESS  the memory cannot be written to; a part may have been written
 * Signals  async-signal-safe
 * Threads  any; each naturally aligned word of at most 8 bytes is one store where the library has a mapping of its own
 */
MUTATOR_API MutatorRes MutatorCodeWrite(void *address, const void *buffer, size_t size);

/* MutatorCodeWritten -- the JIT has just written these bytes by a way that makes no fault
 *
 * All of them, and no others: a trap byte found there is taken for the JIT's own.  Breakpoints
 * among them are planted again.  In between threads may have passed them.
 *
 * Returns  MutatorResOK, MutatorResPARAM (no region or alias holds all of it), MutatorResACCESS (cannot be written)
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorCodeWritten(void *address, size_t size);

/* MutatorCodeSync -- look for writes that nobody has told of
 *
 * A breakpoint whose trap byte is gone takes what is there for what the JIT wrote, and is planted
 * again.  A write of the trap byte itself cannot be seen.
 *
 * rewritesReturn  receives how many breakpoints had been overwritten; or NULL
 * Returns         MutatorResOK, MutatorResPARAM (not a region), MutatorResACCESS (some memory has gone)
 * Signals         async-signal-safe
 * Threads         any
 */
MUTATOR_API MutatorRes MutatorCodeSync(MutatorCode code, size_t *rewritesReturn);

/* MutatorCodeProtect -- change what pages allow, instead of mprotect or VirtualProtect
 *
 * For JITs that open their code for writing and close it again.  Pages with breakpoints allow less than
 * asked for, as their mode demands, and change their mode when the JIT wants it.
 *
 * address  aligned to a page, in a region or alias
 * size     bytes, whole pages of that mapping
 * access   what the JIT wants: any of READ, WRITE, EXECUTE
 * Returns  MutatorResOK
 *          MutatorResPARAM   no region or alias holds all of it, or another access; nothing changed
 *          MutatorResMEMORY, MutatorResACCESS  the system refused; a part may have changed
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorCodeProtect(void *address, size_t size, MutatorAccess access);

/* MutatorCodeQuery -- counters of a region
 *
 * Returns  MutatorResOK, MutatorResPARAM (not a region, or NULL)
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorCodeQuery(MutatorCode code, MutatorCodeReport report);

/* MutatorCodeOrigin -- the program's own address that a PC stands for
 *
 * A suspended or profiled thread may be in a slot, at the copy of an instruction.
 *
 * Returns  that instruction's address; pc itself when it is not in a slot
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void *MutatorCodeOrigin(void *pc);

/* MutatorBreakSet -- stop threads at an instruction
 *
 * breakpoint  memory for the structure, aligned for a pointer; in use until MutatorBreakClear, and then until
 *             MutatorFaultQuiesce has given OK
 * address     the instruction's first byte, in a region or an alias.  An address inside an instruction
 *             makes the program execute another; it is noticed only when the options say `from`
 * options     or NULL for the defaults; copied
 * Returns     MutatorResOK      set
 *             MutatorResPARAM   an argument is bad, no region holds the address, or it is inside an instruction
 *             MutatorResSTATE   this breakpoint is set, or MutatorSetup has not been called
 *             MutatorResBUSY    another breakpoint is set there
 *             MutatorResACCESS  the page is not mapped or no mapping of it can be executed, or the library has
 *                               no way to write there that leaves other mappings of it alone
 *             MutatorResUNIMPL  HARDWARE, and the system does not offer it
 *             MutatorResLIMIT   HARDWARE, and every debug register is in use
 *             MutatorResMEMORY  the system has no room for another stretch of protection; unless OK, nothing is planted
 * Signals     async-signal-safe; may be called in a callback.  On Windows HARDWARE and AUTO are not
 * Threads     any
 */
MUTATOR_API MutatorRes MutatorBreakSet(MutatorBreak breakpoint, void *address,
                                       const MutatorBreakOptionsStruct *options);

/* MutatorBreakClear -- stop nobody there
 *
 * Puts back what the JIT wrote last, and nothing else.
 *
 * Returns  MutatorResOK      cleared
 *          MutatorResPARAM   not a breakpoint
 *          MutatorResSTATE   not set
 *          MutatorResACCESS  cleared, but its memory has gone, or belongs to somebody else by now: nothing was written
 * Signals  async-signal-safe; may be called in a callback.  On Windows, not for a debug register
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorBreakClear(MutatorBreak breakpoint);

/* MutatorBreakQuery -- mode, original byte, and counters
 *
 * Returns  MutatorResOK, MutatorResPARAM (not a breakpoint, or NULL), MutatorResSTATE (not set; its
 *          counters are reported)
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorBreakQuery(MutatorBreak breakpoint, MutatorBreakReport report);

/* MutatorBreakFind -- the breakpoint at an address of a region or alias
 *
 * Returns  MutatorResOK, MutatorResFAIL (none), MutatorResPARAM (breakpointReturn NULL)
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorBreakFind(void *address, MutatorBreak *breakpointReturn);

/* MutatorBreakAddress -- a breakpoint's address in its region; NULL when it is not set; async-signal-safe */
MUTATOR_API void *MutatorBreakAddress(MutatorBreak breakpoint);

#ifdef __cplusplus
}
#endif

#endif
