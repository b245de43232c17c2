/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/postmortem.h -- domains: a lock, protected ranges, and what is left when their owner has died
 *
 * A domain is one client of memory protection, such as one collector: a
 * recursive lock, a list of ranges of memory, and a callback for the faults in
 * them.  When the program dies with the lock held and the memory closed, a
 * debugger stopped on any thread calls
 *
 *     call MutatorDomainPostMortemAll(0)
 *
 * and afterwards every byte of every range can be read and written, the lock
 * is free, and faults in the domain go where they would go without it: code
 * that reads the heap can be run in the dead process.
 *
 * A domain is LIVE, and POSTMORTEM for ever once that has been called for it.
 *
 * A debugger finds a domain's ranges by itself, in the order of their addresses:
 * from `first` along `next`.
 *
 * Beside "Signals" and "Threads", the functions here say whether a debugger may
 * call them on any stopped thread: those read what they are given by system
 * calls, never by an access that could fault, wait for nobody, and run on a
 * stack with 4 KiB left.
 */

#ifndef MUTATOR_POSTMORTEM_H
#define MUTATOR_POSTMORTEM_H

#include <mutator/context.h>
#include <mutator/fault.h>
#include <mutator/types.h>
#include <mutator/window.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorDomainStruct *MutatorDomain;
typedef struct MutatorDomainRangeStruct *MutatorDomainRange;

/* MutatorDomainCallback -- a domain's answer to a fault in one of its ranges
 *
 * As MutatorFaultCallback, but it may enter the domain's lock: the library
 * holds nothing while it calls.  When MutatorDomainEnter gives MutatorResSTATE
 * the domain has died in the meantime: decline.
 *
 * domain   whose range it is
 * range    the range that holds `address`
 * context  the stopped thread, or NULL (see MutatorFaultCallback)
 * address  the first byte that is wanted
 * access   what is wanted of it
 * closure  as given to MutatorDomainInit
 */
typedef MutatorFaultResult (*MutatorDomainCallback)(MutatorDomain domain, MutatorDomainRange range,
                                                    MutatorContext context, void *address, MutatorAccess access,
                                                    void *closure);

/* The bytes of a domain's name that are kept, with the terminating zero. */
enum { MutatorDomainNameSIZE = 32 };

/* How many domains can exist at once. */
enum { MutatorDomainLIMIT = 256 };

/* MutatorDomainStruct -- in the caller's memory; every field is private
 *
 * Keep it out of the memory that its ranges describe.  A debugger may read it.
 */
typedef struct MutatorDomainStruct {
  MutatorWord signature;            /* private */
  MutatorWord size;                 /* private; of this structure, bytes */
  MutatorWord state;                /* private; 0 is LIVE, 1 POSTMORTEM */
  MutatorWord generation;           /* private; how often the lock has been broken */
  uint64_t lock[2];                 /* private; 8 bytes of it, wherever they are aligned for 8 */
  uint32_t ticks;                   /* private; changes when somebody waiting for the lock shall look again */
  uint32_t waiters;                 /* private */
  MutatorDomainRange first;         /* private; the lowest range */
  MutatorDomainRange last;          /* private; the highest */
  MutatorDomainCallback callback;   /* private */
  void *closure;                    /* private */
  MutatorWord coarse;               /* private; pages may be closed that the client has opened */
  char name[MutatorDomainNameSIZE]; /* private */
  MutatorWord reserved[8];          /* private; room to grow */
} MutatorDomainStruct;

/* MutatorDomainRangeStruct -- in the caller's memory; every field is private
 *
 * Keep it out of the memory that it describes.  A debugger may read it.
 */
typedef struct MutatorDomainRangeStruct {
  MutatorWord signature;         /* private */
  MutatorWord size;              /* private; of this structure, bytes */
  MutatorDomain domain;          /* private */
  MutatorDomainRange next;       /* private; the next range above, or NULL */
  MutatorDomainRange previous;   /* private; the next range below, or NULL */
  MutatorWord base;              /* private */
  MutatorWord limit;             /* private; one past the last byte */
  MutatorWord access;            /* private; what the memory is for */
  unsigned char *pages;          /* private; a MutatorAccess for each page, or NULL */
  MutatorFaultRangeStruct fault; /* private; what the fault handler finds */
  MutatorWord reserved[4];       /* private; room to grow */
} MutatorDomainRangeStruct;

typedef struct MutatorPostMortemReportStruct *MutatorPostMortemReport;

/* MutatorPostMortemReportStruct -- what a post-mortem has found and done */
typedef struct MutatorPostMortemReportStruct {
  MutatorWord size;        /* private; of this structure, bytes */
  MutatorWord domains;     /* domains that are now post-mortem, whether or not they were before */
  MutatorWord locks;       /* of those, whose lock was held and is now broken */
  MutatorWord owner;       /* the thread that held the lock broken last, as MutatorDomainBusy names it, or 0 */
  MutatorWord depth;       /* how many times it had entered */
  MutatorWord ranges;      /* ranges found intact */
  MutatorWord runs;        /* stretches of adjacent ranges among them, each opened by one call if the system lets it */
  MutatorWord calls;       /* calls that it took to open them */
  MutatorWord bytes;       /* bytes in those ranges that can now be read and written */
  MutatorWord holes;       /* bytes in those ranges where no memory is */
  MutatorWord refused;     /* bytes in those ranges that the system would not open for reading and writing */
  MutatorWord corrupt;     /* damaged ranges that were skipped, links that were wrong, and damaged domains */
  MutatorWord reserved[4]; /* private; room to grow, zero */
} MutatorPostMortemReportStruct;

/* MutatorDomainInit -- make a domain
 *
 * The structure must stay where it is until MutatorDomainFinish.
 *
 * domain    memory for the structure, aligned for a pointer
 * name      text for reports and debuggers, or NULL; the first 31 bytes are kept
 * callback  called for each fault in the domain's ranges
 * closure   handed to it
 * Needs     MutatorSetup; MutatorFaultSetup for faults to be caught
 * Returns   MutatorResOK     live, with no ranges
 *           MutatorResPARAM  domain NULL or misaligned, callback NULL
 *           MutatorResSTATE  MutatorSetup has not been called, or this is a domain already
 *           MutatorResLIMIT  MutatorDomainLIMIT domains exist
 * Signals   not async-signal-safe
 * Threads   any, for different domains
 */
MUTATOR_API MutatorRes MutatorDomainInit(MutatorDomain domain, const char *name, MutatorDomainCallback callback,
                                         void *closure);

/* MutatorDomainFinish -- unmake it
 *
 * Needs    no other thread to use the domain
 * Returns  MutatorResOK     its memory may be reused
 *          MutatorResPARAM  not a domain
 *          MutatorResBUSY   it has ranges, or its lock is held; nothing changed
 * Signals  async-signal-safe
 * Threads  one caller at a time per domain
 */
MUTATOR_API MutatorRes MutatorDomainFinish(MutatorDomain domain);

/* MutatorDomainCheck -- is this a domain?
 *
 * Returns   true (1) or false (0); false for NULL and for any other pointer
 * Signals   async-signal-safe
 * Threads   any
 * Debugger  may call it on any stopped thread
 */
MUTATOR_API MutatorBool MutatorDomainCheck(MutatorDomain domain);

/* MutatorDomainLive -- is it live?
 *
 * Returns   true (1); false (0) when it is post-mortem or not a domain
 * Signals   async-signal-safe
 * Threads   any
 * Debugger  may call it on any stopped thread
 */
MUTATOR_API MutatorBool MutatorDomainLive(MutatorDomain domain);

/* MutatorDomainAt -- the domains that exist, one by one
 *
 * index     0 to MutatorDomainLIMIT - 1
 * Returns   a domain, or NULL; domains need not be at consecutive places
 * Signals   async-signal-safe
 * Threads   any
 * Debugger  may call it on any stopped thread
 */
MUTATOR_API MutatorDomain MutatorDomainAt(size_t index);

/* MutatorDomainEnter -- take the domain's lock, waiting for it
 *
 * Recursive: the owner may enter again, and leaves as often.  In a process
 * whose domain is post-mortem the lock works on, so that functions that take
 * it can be called in a debugger.
 *
 * Returns  MutatorResOK     the calling thread owns the lock
 *          MutatorResPARAM  not a domain
 *          MutatorResSTATE  the lock was broken while we waited; not entered
 *          MutatorResLIMIT  entered 65,535 times; not entered again
 * Signals  async-signal-safe, and so for callbacks; but it waits: not in a handler
 *          for signals that may interrupt the owner on another thread for ever
 * Threads  any
 * Source   futex(2); Microsoft, WaitOnAddress
 */
MUTATOR_API MutatorRes MutatorDomainEnter(MutatorDomain domain);

/* MutatorDomainTryEnter -- take the domain's lock if nobody else has it
 *
 * Returns  MutatorResOK     the calling thread owns the lock
 *          MutatorResPARAM  not a domain
 *          MutatorResBUSY   another thread owns it
 *          MutatorResLIMIT  as MutatorDomainEnter
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorDomainTryEnter(MutatorDomain domain);

/* MutatorDomainLeave -- give it back
 *
 * Returns  MutatorResOK     left once
 *          MutatorResPARAM  not a domain
 *          MutatorResSTATE  the calling thread does not own the lock, or does not any more
 *                           because it was broken; nothing changed
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorDomainLeave(MutatorDomain domain);

/* MutatorDomainBusy -- is the lock held, and by whom?
 *
 * depthReturn  receives how often the owner has entered, or 0; may be NULL
 * Returns      the owner as the system numbers threads (gettid(2), which gdb calls LWP; GetCurrentThreadId),
 *              or 0 when nobody has the lock or this is not a domain
 * Signals      async-signal-safe
 * Threads      any; the answer may be out of date as it is given
 * Debugger     may call it on any stopped thread
 */
MUTATOR_API MutatorWord MutatorDomainBusy(MutatorDomain domain, unsigned *depthReturn);

/* MutatorDomainRangeAdd -- put [base, limit) into the domain
 *
 * Takes the lock.  The range is served by the domain's callback from now on.
 *
 * The kernel lets a process have only so many stretches of different
 * protection (vm.max_map_count).  Where it has no more to give, and `pages` is
 * there and the range is not for code, MutatorDomainProtect closes pages that the client has opened and
 * opens them again, one by one, as they are used, taking the lock for it; the
 * callback hears nothing of it.  (What hears of it are system calls that are given such a page: they
 * give EFAULT, as for every page that is closed.)
 *
 * domain   a live domain
 * range    memory for the structure, aligned for a pointer; stays in use
 *          until it is removed and MutatorFaultQuiesce has given OK
 * base     first byte, on a page boundary; the memory is open, as `access` says
 * limit    one past the last byte, on a page boundary, above base
 * access   what the memory is for, and what a post-mortem opens it for:
 *          MutatorAccessREAD | MutatorAccessWRITE, and MutatorAccessEXECUTE if it holds code
 * window   a live window that contains the range, or NULL
 * pages    one byte for each page, for the library to use until the range is removed, out of the
 *          memory that it describes; or NULL
 * Returns  MutatorResOK      added
 *          MutatorResPARAM   an argument is bad, or it overlaps another range
 *          MutatorResSTATE   the domain is post-mortem, or the range is in a domain already
 *          MutatorResLIMIT   as MutatorFaultRangeAdd, MutatorDomainEnter
 * Signals  async-signal-safe, but it waits for the lock
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorDomainRangeAdd(MutatorDomain domain, MutatorDomainRange range, void *base, void *limit,
                                             MutatorAccess access, MutatorWindow window, unsigned char *pages);

/* MutatorDomainRangeRemove -- take it out again
 *
 * Takes the lock.  Does not wait for callbacks to end (MutatorFaultQuiesce
 * does), and leaves the memory's protection as it is.  Also when the domain is
 * post-mortem; then the list that debuggers follow keeps it.
 *
 * Returns  MutatorResOK     removed
 *          MutatorResPARAM  not a domain, or not a range
 *          MutatorResSTATE  not in this domain, or the lock was broken while we waited
 *          MutatorResLIMIT  as MutatorFaultRangeRemove, MutatorDomainEnter; nothing changed
 *          MutatorResMEMORY  the system has no room to open again what MutatorDomainProtect has
 *                           closed beyond what it was asked; not removed
 * Signals  async-signal-safe, but it waits for the lock
 * Threads  any
 */
MUTATOR_API MutatorRes MutatorDomainRangeRemove(MutatorDomain domain, MutatorDomainRange range);

/* MutatorDomainRangeBase, MutatorDomainRangeLimit -- as given to MutatorDomainRangeAdd
 *
 * Returns  the value; NULL when not a range
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API void *MutatorDomainRangeBase(MutatorDomainRange range);
MUTATOR_API void *MutatorDomainRangeLimit(MutatorDomainRange range);

/* MutatorDomainProtect -- allow no more than this in [base, limit)
 *
 * Takes the lock.  Changes what lies in the domain's ranges, by one call to the
 * system for each stretch of adjacent ranges (that are for the same access).
 * Memory in no range of the domain is left alone.
 *
 * domain   a live domain
 * base     first byte, on a page boundary; NULL for the domain's lowest
 * limit    one past the last byte, on a page boundary, above base; NULL for the domain's highest
 * access   what is allowed: 0, or a set of READ, WRITE and EXECUTE; what a range is not
 *          for (MutatorDomainRangeAdd) is left out
 * Returns  MutatorResOK      done
 *          MutatorResPARAM   not a domain, or a bad argument, or no range lies there; nothing changed
 *          MutatorResSTATE   the domain is post-mortem; everything is open
 *          MutatorResMEMORY  the system has no room for another protection, or some of the memory
 *                            does not exist; part of it may be done
 *          MutatorResACCESS  the system refused; part of it may be done
 *          MutatorResLIMIT   as MutatorDomainEnter; nothing changed
 * Signals  async-signal-safe, but it waits for the lock
 * Threads  any
 * Source   mprotect(2); Microsoft, VirtualProtect
 */
MUTATOR_API MutatorRes MutatorDomainProtect(MutatorDomain domain, void *base, void *limit, MutatorAccess access);

/* MutatorDomainPostMortem -- open everything, break the lock, and be out of the way
 *
 * Whoever holds the lock, and wherever that thread has stopped: the domain
 * becomes post-mortem, so that its faults go to the previous handler and
 * adding ranges and protecting give STATE; the lock is free, and who waits for
 * it, or has it, gets STATE; every range is opened for what it is for, as far
 * as the system lets it.  Other domains are not touched.  May be repeated.
 *
 * The list of ranges is compared with what the fault handler knows.  Ranges
 * that are damaged are skipped, wrong links are overcome, and both are counted
 * (so is a range that was being added or removed at the moment).
 *
 * domain    a domain, live or not
 * report    receives what has been found and done; may be NULL, as it is in a debugger
 * Returns   MutatorResOK      everything is open
 *           MutatorResPARAM   not a domain, or report misaligned; nothing changed
 *           MutatorResFAIL    done as far as possible: the report says what was damaged, missing or refused
 *           MutatorResACCESS  done, but the report could not be written
 * Signals   async-signal-safe: no locks, no allocation, errno kept; 4 KiB of stack
 * Threads   any, several at once; waits for nobody
 * Debugger  may call it on any stopped thread
 */
MUTATOR_API MutatorRes MutatorDomainPostMortem(MutatorDomain domain, MutatorPostMortemReport report);

/* MutatorDomainPostMortemAll -- MutatorDomainPostMortem for every domain of the process
 *
 * report    receives the sums; may be NULL
 * Returns   MutatorResOK, MutatorResFAIL, MutatorResACCESS, or MutatorResPARAM for a misaligned report
 * Signals   as MutatorDomainPostMortem
 * Threads   as MutatorDomainPostMortem
 * Debugger  may call it on any stopped thread
 */
MUTATOR_API MutatorRes MutatorDomainPostMortemAll(MutatorPostMortemReport report);

#ifdef __cplusplus
}
#endif

#endif
