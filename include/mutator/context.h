/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/context.h -- a stopped thread: what it was doing, and doing it for it
 *
 * A context describes a thread at the moment a fault, a trap or a suspension
 * stopped it.  A FAULT context is made inside a signal or exception handler
 * (MutatorContextInitFault), a THREAD context for a thread that somebody
 * suspended (MutatorContextInitThread); both are declared in the header of the
 * operating system, <mutator/os/posix.h> or <mutator/os/windows.h>.
 *
 * A context lives in the caller's memory and keeps pointers to the system's
 * own record, so it is valid as long as that record: until the handler
 * returns, or the thread is resumed.
 */

#ifndef MUTATOR_CONTEXT_H
#define MUTATOR_CONTEXT_H

#include <mutator/memory.h>
#include <mutator/platform.h>
#include <mutator/types.h>
#include MUTATOR_CPU_HEADER
#include MUTATOR_OS_HEADER

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorContextStruct *MutatorContext;

/* MutatorContextVar -- the two varieties */
typedef enum MutatorContextVar {
  MutatorContextNONE = 0,
  MutatorContextFAULT = 1, /* stopped by a fault or trap */
  MutatorContextTHREAD = 2 /* stopped by the thread manager */
} MutatorContextVar;

/* MutatorFaultKind -- why a thread stopped */
typedef enum MutatorFaultKind {
  MutatorFaultKindNONE = 0,         /* not stopped by a fault: a THREAD context */
  MutatorFaultKindPROTECTION = 1,   /* the page is mapped and does not allow the access */
  MutatorFaultKindUNMAPPED = 2,     /* nothing is mapped there */
  MutatorFaultKindBUS = 3,          /* mapped, but nothing behind it: past the end of a file */
  MutatorFaultKindGUARD = 4,        /* a guard page (Windows) */
  MutatorFaultKindKEY = 5,          /* a protection key forbids the access */
  MutatorFaultKindMEMORY = 6,       /* the memory has failed (machine check): forward, never step */
  MutatorFaultKindNONCANONICAL = 7, /* an address that no page can have */
  MutatorFaultKindMISALIGNED = 8,   /* an operand that must be aligned is not */
  MutatorFaultKindGENERAL = 9,      /* general protection or stack segment fault of another cause */
  MutatorFaultKindILLEGAL = 10,     /* illegal instruction */
  MutatorFaultKindBREAKPOINT = 11,  /* breakpoint instruction */
  MutatorFaultKindTRACE = 12,       /* one instruction has been traced, or a hardware breakpoint was met */
  MutatorFaultKindDIVIDE = 13,      /* integer division by zero, or its quotient too large */
  MutatorFaultKindFLOAT = 14,       /* floating-point exception */
  MutatorFaultKindASYNC = 15,       /* not a fault: somebody sent the signal */
  MutatorFaultKindOTHER = 16,       /* a fault that has no name here */
  MutatorFaultKindLIMIT = 17        /* one past the last kind */
} MutatorFaultKind;

/* MutatorSource -- where an answer came from */
typedef enum MutatorSource {
  MutatorSourceNONE = 0,     /* there is no answer */
  MutatorSourceHARDWARE = 1, /* the CPU's error code or the system's record */
  MutatorSourceDECODED = 2   /* the instruction was decoded, and agrees with the hardware */
} MutatorSource;

/* MutatorDecline -- why an instruction is not stepped */
typedef enum MutatorDecline {
  MutatorDeclineNONE = 0,       /* it is not declined */
  MutatorDeclineSETUP = 1,      /* MutatorSetup has not been called */
  MutatorDeclineVARIETY = 2,    /* not a FAULT context */
  MutatorDeclineKIND = 3,       /* the kind of fault is not one that stepping cures */
  MutatorDeclineASYNC = 4,      /* somebody sent the signal */
  MutatorDeclineEXECUTE = 5,    /* fetching the instruction is what faulted */
  MutatorDeclineFETCH = 6,      /* the instruction's bytes cannot be read */
  MutatorDeclineTRUNCATED = 7,  /* the readable bytes end before the instruction does */
  MutatorDeclineOPCODE = 8,     /* the opcode is not in the table, or its row says no */
  MutatorDeclinePREFIX = 9,     /* a combination of prefixes that is not proven */
  MutatorDeclineDECODER = 10,   /* Capstone disagrees with the table */
  MutatorDeclineBUSY = 11,      /* every decoder was in use */
  MutatorDeclineSEGMENT = 12,   /* the segment's base is not known */
  MutatorDeclineADDRESS = 13,   /* the operand does not cover the fault address */
  MutatorDeclineDIRECTION = 14, /* the hardware's write bit contradicts the instruction */
  MutatorDeclineTRACE = 15,     /* the thread is being single-stepped: the trap belongs to the debugger */
  MutatorDeclineFRAME = 16,     /* the store would overwrite the live signal frame or the handler's stack */
  MutatorDeclineRESTARTED = 17, /* a restartable sequence was aborted: the PC is its abort handler */
  MutatorDeclineMEMORY = 18,    /* the memory chosen cannot perform such an access */
  MutatorDeclineFEATURE = 19,   /* the CPU lacks the instruction */
  MutatorDeclineSYSTEM = 20,    /* the system checks where threads go on: Windows with user shadow stacks */
  MutatorDeclineSPLIT = 21,     /* a locked operand lies in two cache lines */
  MutatorDeclineSHADOW = 22,    /* a call or return of a thread that has a shadow stack */
  MutatorDeclineVECTOR = 23,    /* the record does not hold the vector or x87 registers */
  MutatorDeclineALIGNMENT = 24, /* a misaligned operand, which the CPU refuses */
  MutatorDeclineEXCEPTION = 25, /* a floating-point exception that is not masked, or waits */
  MutatorDeclineLIMIT = 26      /* one past the last reason */
} MutatorDecline;

/* MutatorContextStruct -- in the caller's memory; every field is private
 *
 * On Linux and FreeBSD at most 128 bytes.
 */
typedef struct MutatorContextStruct {
  MutatorWord signature;      /* private */
  unsigned short size;        /* private; of this structure, bytes */
  unsigned char var;          /* private; a MutatorContextVar */
  unsigned char decline;      /* private; a MutatorDecline: the latest reason */
  unsigned char planned;      /* private; plan and bytes are valid for planPC */
  unsigned char access;       /* private; what the plan does to memory */
  unsigned char exact;        /* private; the record's PC has been moved to the instruction */
  unsigned char spare;        /* private */
  MutatorWord planPC;         /* private; where bytes were fetched */
  uint64_t plan[4];           /* private; the CPU port's */
  unsigned char bytes[16];    /* private; what the plan was made from */
  MutatorNativeStruct native; /* private; the system's record */
  void *range;                /* private; the range whose callback has it, or NULL */
  void *thread;               /* private; on which a FAULT context was made */
  MutatorWord reserved[1];    /* private; room to grow */
} MutatorContextStruct;

/* MutatorInstructionAccessKind -- how an instruction names memory */
typedef enum MutatorInstructionAccessKind {
  MutatorInstructionAccessOPERAND = 0, /* an explicit operand */
  MutatorInstructionAccessSTACK = 1,   /* a push or a pop */
  MutatorInstructionAccessSTRING = 2   /* a string operand: all elements that remain */
} MutatorInstructionAccessKind;

/* MutatorInstructionAccessStruct -- one access of an instruction */
typedef struct MutatorInstructionAccessStruct {
  void *address;        /* lowest byte */
  size_t size;          /* bytes */
  MutatorAccess access; /* READ, WRITE, or both */
  MutatorInstructionAccessKind kind;
} MutatorInstructionAccessStruct;

#define MUTATOR_INSTRUCTION_ACCESSES 18

typedef struct MutatorInstructionStruct *MutatorInstruction;

/* MutatorInstructionStruct -- a decoded instruction; the caller may read every field
 *
 * At most 512 bytes.
 */
typedef struct MutatorInstructionStruct {
  const char *name;        /* the opcode table's name: "MOV r, r/m"; a constant string */
  unsigned char bytes[16]; /* the instruction's bytes, zero after `length` */
  unsigned short row;      /* the opcode table's row; differs between versions */
  unsigned char length;    /* bytes, 1 to 15 */
  unsigned char backward;  /* string operands run downwards (the direction flag is set) */
  unsigned char locked;    /* atomic: LOCK prefix, or XCHG with memory */
  unsigned char count;     /* valid elements of access[] */
  unsigned char spare[2];
  MutatorInstructionAccessStruct access[MUTATOR_INSTRUCTION_ACCESSES];
} MutatorInstructionStruct;

/* MutatorAreaScan -- a client's function that looks for references in an area
 *
 * base     first byte, aligned for a pointer
 * limit    one past the last byte, a whole number of words
 * closure  as given to MutatorContextScan
 * Returns  MutatorResOK to go on; anything else ends the scan and is its result
 */
typedef MutatorRes (*MutatorAreaScan)(void *base, void *limit, void *closure);

/* MutatorContextCheck -- is this an initialised context?
 *
 * Returns  true (1) when signature, size and variety are right; false (0) for NULL
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorBool MutatorContextCheck(MutatorContext context);

/* MutatorContextVariety -- FAULT or THREAD
 *
 * Returns  its variety; MutatorContextNONE when not an initialised context
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorContextVar MutatorContextVariety(MutatorContext context);

/* MutatorContextKind -- why the thread stopped
 *
 * A general protection fault is told apart, as far as possible, by computing
 * the address that the instruction at the PC names: NONCANONICAL, MISALIGNED
 * or, when neither explains it, GENERAL.
 *
 * Returns  the kind; NONE for a THREAD context or what is not a context
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 * Source   sigaction(2), si_code; Linux arch/x86/mm/fault.c
 */
MUTATOR_API MutatorFaultKind MutatorContextKind(MutatorContext context);

/* MutatorContextAddress -- the address whose access faulted
 *
 * The first byte that could not be accessed: of an operand that runs from an
 * accessible page into another, the first byte on the second page.
 *
 * addressReturn  receives the address
 * Returns        MutatorResOK     *addressReturn is set
 *                MutatorResFAIL   nobody knows it: the kind has no address, or
 *                                 somebody sent the signal; nothing set
 *                MutatorResPARAM  not a context, or addressReturn NULL
 * Signals        async-signal-safe
 * Threads        safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextAddress(MutatorContext context, void **addressReturn);

/* MutatorContextAccess -- what the instruction was doing to that address
 *
 * Before CanStepInstruction has answered true this is the hardware's word:
 * READ, WRITE or EXECUTE, with a read-modify-write reported as WRITE.  After
 * it, the decoded instruction's: READ, WRITE or both.
 *
 * Returns  bits; NONE where there is no such access
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 * Source   Intel SDM volume 3, section 4.7, page-fault error code
 */
MUTATOR_API MutatorAccess MutatorContextAccess(MutatorContext context);

/* MutatorContextAccessSource -- where MutatorContextAccess has its answer from
 *
 * Returns  HARDWARE, DECODED, or NONE where there is no such access
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorSource MutatorContextAccessSource(MutatorContext context);

/* MutatorContextErrorCode -- the CPU's error code, as the system recorded it
 *
 * codeReturn  receives the code: for a page fault bit 0 present, bit 1 write,
 *             bit 2 user, bit 4 fetch, bit 5 protection key.  Windows does not
 *             hand it on: there it is ExceptionInformation[0], 0 for a read,
 *             1 for a write, 8 for an execution
 * Returns     MutatorResOK     *codeReturn is set
 *             MutatorResFAIL   the record holds none for this fault
 *             MutatorResPARAM  not a context, or codeReturn NULL
 * Signals     async-signal-safe
 * Threads     safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextErrorCode(MutatorContext context, MutatorWord *codeReturn);

/* MutatorContextCanStepInstruction -- can the interrupted instruction be stepped?
 *
 * Reads the instruction's bytes and the registers, and touches no other
 * memory.  True is a promise: as long as neither the context nor the bytes at
 * the PC change, Step gives OK or ACCESS.
 *
 * Returns  true (1) or false (0); when false MutatorContextDecline says why
 * Needs    MutatorSetup
 * Signals  async-signal-safe; errno kept
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorBool MutatorContextCanStepInstruction(MutatorContext context);

/* MutatorContextDecline -- why the latest CanStep, Step or Decode declined
 *
 * Returns  the reason; NONE when it did not decline or none was asked
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorDecline MutatorContextDecline(MutatorContext context);

/* MutatorDeclineName -- a reason as a short English sentence
 *
 * Returns  a constant string; "unknown reason" for what is not a MutatorDecline
 * Signals  async-signal-safe
 * Threads  any
 */
MUTATOR_API const char *MutatorDeclineName(MutatorDecline decline);

/* MutatorContextStepInstruction -- perform the interrupted access, then move past it
 *
 * The loads and stores of the one instruction at the context's PC happen now,
 * on this thread, at their own addresses; the results and the new PC are
 * written to the context.  When the handler returns, the thread goes on after
 * the instruction.  The resume flag is cleared, as the CPU does after an
 * instruction.
 *
 * context  a FAULT context for which CanStepInstruction has answered true
 * Needs    the memory the instruction names to be accessible to this thread
 * Returns  MutatorResOK      exactly one instruction was stepped; of a repeated
 *                            string instruction perhaps only some elements: then
 *                            the registers say what remains, and the PC is still
 *                            at the instruction, as after an interrupt
 *          MutatorResUNIMPL  declined, MutatorContextDecline says why; context
 *                            and memory are as before
 *          MutatorResACCESS  the memory was not accessible; or what it holds is
 *                            for the CPU alone: a division that overflows, a
 *                            jump to an address that is none, a stack pointer
 *                            (not canonical) with which no handler can return,
 *                            a locked operand that never stays the same for long
 *                            enough.  Let the instruction run by itself; likewise
 *          MutatorResSTATE   MutatorSetup has not been called; likewise
 *          MutatorResPARAM   not a FAULT context; likewise
 * Signals  async-signal-safe: no locks, no allocation, errno kept
 * Threads  safe for different contexts; aligned accesses keep the CPU's atomicity
 */
MUTATOR_API MutatorRes MutatorContextStepInstruction(MutatorContext context);

/* MutatorContextStepInstructionWith -- the same, reaching memory another way
 *
 * context  a FAULT context for which CanStepInstruction has answered true
 * memory   an initialised memory: a window's, the process memory, your own
 * Returns  as MutatorContextStepInstruction; PARAM too when `memory` is not
 *          initialised; UNIMPL when the memory cannot perform such an access
 * Signals  async-signal-safe as far as the memory is
 * Threads  as the memory
 */
MUTATOR_API MutatorRes MutatorContextStepInstructionWith(MutatorContext context, MutatorMemory memory);

/* MutatorContextDecode -- what the instruction at the PC would do to memory
 *
 * Lists every access of the instruction, so that a client can veto it.  Has no
 * effect, and does not ask whether the instruction explains the fault.
 *
 * context      a FAULT or THREAD context; of a THREAD context, operands in
 *              segments FS and GS are declined, since their bases are not recorded
 * instruction  receives the description
 * Needs        MutatorSetup
 * Returns      MutatorResOK      *instruction is filled
 *              MutatorResUNIMPL  declined, MutatorContextDecline says why; *instruction unchanged
 *              MutatorResSTATE   MutatorSetup has not been called; likewise
 *              MutatorResPARAM   an argument is NULL or not a context; likewise
 * Signals      async-signal-safe; errno kept
 * Threads      safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextDecode(MutatorContext context, MutatorInstruction instruction);

/* MutatorContextScan -- show a collector every register that may hold a reference
 *
 * Calls `scan` on the general-purpose registers and on those parts of the
 * vector registers that the system saved and that are not in their initial
 * (zero) state: x87/MMX, XMM, YMM, ZMM and mask registers.  Never passes bytes that
 * the system did not write.
 *
 * scan     called once for each area, in no particular order
 * closure  handed to it
 * Returns  MutatorResOK, MutatorResPARAM (not a context, or scan NULL), or the
 *          first result of `scan` that is not OK
 * Signals  async-signal-safe as far as `scan` is
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextScan(MutatorContext context, MutatorAreaScan scan, void *closure);

/* MutatorContextSP -- the thread's stack pointer
 *
 * Returns  the lowest address of the stack proper; NULL when not a context
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API void *MutatorContextSP(MutatorContext context);

/* MutatorContextStackHot -- where a conservative scan of the stack must begin
 *
 * The stack pointer less the ABI's red zone: a leaf function may keep its only
 * reference below the stack pointer.
 *
 * Returns  the address; NULL when not a context
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API void *MutatorContextStackHot(MutatorContext context);

/* MutatorContextPC -- the address of the instruction that the thread stopped at
 *
 * For a breakpoint, the address of the breakpoint instruction, wherever the
 * system says the program counter is.
 *
 * Returns  the address; NULL when not a context
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API void *MutatorContextPC(MutatorContext context);

/* MutatorContextGetRegister -- read a register
 *
 * reg          a register of this CPU (mutator/cpu)
 * valueReturn  receives its value
 * Returns      MutatorResOK, or MutatorResPARAM: not a context, unknown register, or NULL
 * Signals      async-signal-safe
 * Threads      safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextGetRegister(MutatorContext context, MutatorRegister reg, MutatorWord *valueReturn);

/* MutatorContextSetRegister -- change a register
 *
 * The thread sees it when its handler returns, or after MutatorContextCommit.
 *
 * reg      a register of this CPU (mutator/cpu)
 * value    its new value
 * Returns  MutatorResOK, or MutatorResPARAM: not a context, or unknown register
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextSetRegister(MutatorContext context, MutatorRegister reg, MutatorWord value);

/* MutatorContextCommit -- write edits back to the thread
 *
 * Needed where a context holds a copy of the registers (a suspended thread on
 * Windows and macOS); on POSIX systems edits are in place and this does nothing.
 *
 * Returns  MutatorResOK, MutatorResPARAM (not a context), or MutatorResACCESS (the system refused)
 * Signals  async-signal-safe
 * Threads  safe for different contexts
 */
MUTATOR_API MutatorRes MutatorContextCommit(MutatorContext context);

#ifdef __cplusplus
}
#endif

#endif
