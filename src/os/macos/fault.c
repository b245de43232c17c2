/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/fault.c -- what a Mach exception, or the signal that it became, says
 */

#include "os/macos/macos.h"
#include "os/posix/posix.h"

/* The CPU's traps, which are the kernel's numbers (Intel SDM volume 3, table 6-1; XNU osfmk/i386/trap.h). */
enum {
  TrapDIVIDE = 0,
  TrapDEBUG = 1,
  TrapBREAKPOINT = 3,
  TrapOPCODE = 6,
  TrapTSS = 10,
  TrapSEGMENT = 11,
  TrapSTACK = 12,
  TrapGENERAL = 13,
  TrapPAGE = 14,
  TrapX87 = 16,
  TrapALIGNMENT = 17,
  TrapSSE = 19,
  TrapLIMIT = 32 /* interrupts and system calls have this and above */
};

/* What else a record of a kind has. */
enum {
  HasADDRESS = 1, /* where the access was */
  HasPASSED = 2,  /* the PC is past the instruction: a trap, not a fault */
  HasPAGE = 4     /* a page fault, so that the error code is one's */
};

/* exceptions ------------------------------------------------------------------- */

enum { CodeANY = -1 };

typedef struct ExceptionRowStruct {
  exception_type_t exception;
  int64_t code;
  MutatorFaultKind kind;
  unsigned has;
} ExceptionRowStruct;

/* The first row that matches counts (XNU osfmk/i386/trap.c, user_trap; mach/kern_return.h). */
static const ExceptionRowStruct exceptionRows[] = {
    {EXC_BAD_ACCESS, KERN_INVALID_ADDRESS, MutatorFaultKindUNMAPPED, HasADDRESS | HasPAGE},
    {EXC_BAD_ACCESS, KERN_PROTECTION_FAILURE, MutatorFaultKindPROTECTION, HasADDRESS | HasPAGE},
    {EXC_BAD_ACCESS, KERN_MEMORY_FAILURE, MutatorFaultKindBUS, HasADDRESS | HasPAGE},
    {EXC_BAD_ACCESS, KERN_MEMORY_ERROR, MutatorFaultKindBUS, HasADDRESS | HasPAGE},
    {EXC_BAD_ACCESS, EXC_I386_GPFLT, MutatorFaultKindGENERAL, 0},
    {EXC_BAD_ACCESS, EXC_I386_ALIGNFLT, MutatorFaultKindMISALIGNED, 0},
    {EXC_BAD_INSTRUCTION, EXC_I386_INVTSSFLT, MutatorFaultKindGENERAL, 0},
    {EXC_BAD_INSTRUCTION, EXC_I386_SEGNPFLT, MutatorFaultKindGENERAL, 0},
    {EXC_BAD_INSTRUCTION, EXC_I386_STKFLT, MutatorFaultKindGENERAL, 0},
    {EXC_BAD_INSTRUCTION, CodeANY, MutatorFaultKindILLEGAL, 0},
    {EXC_ARITHMETIC, EXC_I386_DIV, MutatorFaultKindDIVIDE, 0},
    {EXC_ARITHMETIC, CodeANY, MutatorFaultKindFLOAT, 0},
    {EXC_BREAKPOINT, EXC_I386_BPT, MutatorFaultKindBREAKPOINT, HasPASSED},
    {EXC_BREAKPOINT, EXC_I386_SGL, MutatorFaultKindTRACE, 0},
};

static const ExceptionRowStruct otherException = {0, 0, MutatorFaultKindOTHER, 0};

/* Signals become exceptions too, for debuggers; nobody may step those. */
static const ExceptionRowStruct sentException = {EXC_SOFTWARE, EXC_SOFT_SIGNAL, MutatorFaultKindASYNC, 0};

static const ExceptionRowStruct *classifyException(const MutatorMachStruct *mach) {
  size_t i;
  if (mach->exception == EXC_SOFTWARE && mach->code[0] == EXC_SOFT_SIGNAL)
    return &sentException;
  for (i = 0; i < sizeof exceptionRows / sizeof exceptionRows[0]; ++i)
    if (exceptionRows[i].exception == mach->exception &&
        (exceptionRows[i].code == mach->code[0] || exceptionRows[i].code == CodeANY))
      return &exceptionRows[i];
  return &otherException;
}

/* signals ---------------------------------------------------------------------- */

typedef struct SignalRowStruct {
  int signal;
  unsigned trap;
  MutatorFaultKind kind;
  unsigned has;
} SignalRowStruct;

/* si_code and si_addr are the same for a signal that somebody sent, with what an
 * earlier fault has left (XNU bsd/dev/i386/unix_signal.c, sendsig).  The trap number is
 * that of the thread's latest entry into the kernel: where it is not the signal's own,
 * an interrupt or a system call brought the signal.  A closed page's signal is SIGBUS. */
static const SignalRowStruct signalRows[] = {
    {SIGSEGV, TrapPAGE, MutatorFaultKindUNMAPPED, HasADDRESS | HasPAGE},
    {SIGBUS, TrapPAGE, MutatorFaultKindPROTECTION, HasADDRESS | HasPAGE},
    {SIGSEGV, TrapGENERAL, MutatorFaultKindGENERAL, 0},
    {SIGBUS, TrapALIGNMENT, MutatorFaultKindMISALIGNED, 0},
    {SIGILL, TrapOPCODE, MutatorFaultKindILLEGAL, 0},
    {SIGILL, TrapTSS, MutatorFaultKindGENERAL, 0},
    {SIGILL, TrapSEGMENT, MutatorFaultKindGENERAL, 0},
    {SIGILL, TrapSTACK, MutatorFaultKindGENERAL, 0},
    {SIGTRAP, TrapBREAKPOINT, MutatorFaultKindBREAKPOINT, HasPASSED},
    {SIGTRAP, TrapDEBUG, MutatorFaultKindTRACE, 0},
    {SIGFPE, TrapDIVIDE, MutatorFaultKindDIVIDE, 0},
    {SIGFPE, TrapX87, MutatorFaultKindFLOAT, 0},
    {SIGFPE, TrapSSE, MutatorFaultKindFLOAT, 0},
};

static const SignalRowStruct otherSignal = {0, 0, MutatorFaultKindOTHER, 0};
static const SignalRowStruct sentSignal = {0, 0, MutatorFaultKindASYNC, 0};

/* The trap's number has 16 bits, and the CPU's beside it. */
static const SignalRowStruct *classifySignal(const siginfo_t *info, const x86_exception_state64_t *trap) {
  size_t i;
  MutatorBool faulting = 0;
  if (trap == NULL || trap->__trapno >= TrapLIMIT)
    return &sentSignal;
  for (i = 0; i < sizeof signalRows / sizeof signalRows[0]; ++i) {
    if (signalRows[i].signal == info->si_signo && signalRows[i].trap == trap->__trapno)
      return &signalRows[i];
    faulting |= signalRows[i].trap == trap->__trapno;
  }
  return faulting ? &sentSignal : &otherSignal;
}

/* both ------------------------------------------------------------------------- */

/* The error code counts only when the trap is this fault's: a page fault, at its address. */
static void readCode(const x86_exception_state64_t *trap, OSFault fault) {
  if (trap == NULL || trap->__trapno != TrapPAGE || trap->__faultvaddr != fault->address)
    return;
  fault->codeKnown = 1;
  fault->code = trap->__err;
  fault->access = posixAccessOf(trap->__err);
}

static void describe(OSFault fault, MutatorFaultKind kind, unsigned has, MutatorWord address,
                     const x86_exception_state64_t *trap) {
  const OSFaultStruct nothing = {.kind = kind, .pcAfter = (has & HasPASSED) != 0};
  *fault = nothing;
  if ((has & HasADDRESS) != 0) {
    fault->addressKnown = 1;
    fault->address = address;
  }
  if ((has & HasPAGE) != 0)
    readCode(trap, fault);
}

void mutatorOSFault(const MutatorNativeStruct *native, OSFault fault) {
  const x86_exception_state64_t *trap = mutatorMacosTrap(native);
  if (native->info != NULL) {
    const SignalRowStruct *row = classifySignal(native->info, trap);
    describe(fault, row->kind, row->has, trap != NULL ? trap->__faultvaddr : 0, trap);
  } else {
    const ExceptionRowStruct *row = classifyException(native->mach);
    describe(fault, row->kind, row->has, (MutatorWord)native->mach->code[1], trap);
  }
}

/* A closed page and a file's hole are both SIGBUS: nobody knows better. */
MutatorFaultKind mutatorOSFaultKind(const OSFaultStruct *fault) { return fault->kind; }

/* What the signal alone says is the same for those that are sent: in doubt it is a fault, which nobody can ignore. */
MutatorBool mutatorPosixQueued(const siginfo_t *info) {
  return info->si_signo != SIGSEGV && info->si_signo != SIGBUS && info->si_signo != SIGILL &&
         info->si_signo != SIGTRAP && info->si_signo != SIGFPE;
}

MutatorBool mutatorPosixRepeats(const siginfo_t *info) {
  return !mutatorPosixQueued(info) && info->si_signo != SIGTRAP;
}
