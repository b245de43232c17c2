/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/fault.c -- what a siginfo_t says
 */

#include <signal.h>

#include "os/freebsd/freebsd.h"
#include "os/posix/posix.h"

/* FreeBSD numbers traps its own way (FreeBSD sys/x86/include/trap.h): a page
 * fault is 12, which is the stack segment fault of the CPU's numbers. */
enum {
  TrapBREAKPOINT = 3,
  TrapGENERAL = 9,
  TrapTRACE = 10,
  TrapPAGE = 12,
  TrapALIGNMENT = 14,
  TrapDIVIDE = 18,
  TrapSEGMENT = 26,
  TrapSTACK = 27,
  TrapANY = 0xffff
};

/* What a closed page's SIGBUS has as code, in programs made for FreeBSD 6 or with
 * the sysctl machdep.prot_fault_translation at 1 (FreeBSD sys/vm/vm_fault.c). */
enum { BusPAGE = 12, BusOUTOFMEMORY = 100, SegvKEY = 100, CodeANY = -1 };

/* Those are of the kernel's faults; what is sent or queued has this and above (FreeBSD sys/sys/signal.h, SI_USER). */
enum { CodeSENT = 0x10000 };

/* What else a record of a kind has. */
enum {
  HasADDRESS = 1, /* si_addr is the address of the access; of other kinds it is the PC */
  HasCODE = 2,    /* mc_err is a page fault's */
  HasPASSED = 4   /* the PC is past the instruction: a trap, not a fault */
};

typedef struct RowStruct {
  int signal;
  int code;
  int trap;
  MutatorFaultKind kind;
  unsigned has;
} RowStruct;

/* The first row that matches counts (FreeBSD sys/amd64/amd64/trap.c and sys/i386/i386/trap.c;
 * sys/vm/vm_fault.c, vm_fault_trap). */
static const RowStruct rows[] = {
    {SIGSEGV, SEGV_MAPERR, TrapPAGE, MutatorFaultKindUNMAPPED, HasADDRESS | HasCODE},
    {SIGSEGV, SEGV_ACCERR, TrapPAGE, MutatorFaultKindPROTECTION, HasADDRESS | HasCODE},
    {SIGSEGV, SegvKEY, TrapPAGE, MutatorFaultKindKEY, HasADDRESS | HasCODE},
    {SIGBUS, BusPAGE, TrapPAGE, MutatorFaultKindPROTECTION, HasADDRESS | HasCODE},
    {SIGBUS, BUS_OBJERR, TrapPAGE, MutatorFaultKindBUS, HasADDRESS | HasCODE},
    {SIGBUS, BusOUTOFMEMORY, TrapPAGE, MutatorFaultKindBUS, HasADDRESS | HasCODE},
    {SIGBUS, BUS_OBJERR, TrapGENERAL, MutatorFaultKindGENERAL, 0},
    {SIGBUS, BUS_ADRERR, TrapSTACK, MutatorFaultKindGENERAL, 0},
    {SIGBUS, BUS_ADRERR, TrapSEGMENT, MutatorFaultKindGENERAL, 0},
    {SIGBUS, BUS_ADRALN, TrapALIGNMENT, MutatorFaultKindMISALIGNED, 0},
    {SIGILL, CodeANY, TrapANY, MutatorFaultKindILLEGAL, 0},
    {SIGTRAP, TRAP_BRKPT, TrapBREAKPOINT, MutatorFaultKindBREAKPOINT, HasPASSED},
    {SIGTRAP, TRAP_TRACE, TrapTRACE, MutatorFaultKindTRACE, 0},
    {SIGFPE, FPE_INTDIV, TrapDIVIDE, MutatorFaultKindDIVIDE, 0},
    {SIGFPE, CodeANY, TrapANY, MutatorFaultKindFLOAT, 0},
};

static const RowStruct otherRow = {0, 0, 0, MutatorFaultKindOTHER, 0};
static const RowStruct asyncRow = {0, 0, 0, MutatorFaultKindASYNC, 0};

static MutatorBool isSent(const siginfo_t *info) { return info->si_code <= 0 || info->si_code >= CodeSENT; }

static MutatorBool matches(const RowStruct *row, const siginfo_t *info) {
  if (row->signal != info->si_signo)
    return 0;
  if (row->code != info->si_code && row->code != CodeANY)
    return 0;
  return row->trap == info->si_trapno || row->trap == TrapANY;
}

/* si_trapno is this signal's; mc_trapno is that of the kernel's latest entry, and
 * mc_err and the PC with it.  Where they differ the record contradicts itself. */
static const RowStruct *classify(const siginfo_t *info, const ucontext_t *ucontext) {
  size_t i;
  if (isSent(info))
    return &asyncRow;
  if ((MutatorWord)info->si_trapno != (MutatorWord)ucontext->uc_mcontext.mc_trapno)
    return &otherRow;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i)
    if (matches(&rows[i], info))
      return &rows[i];
  return &otherRow;
}

void mutatorOSFault(const MutatorNativeStruct *native, OSFault fault) {
  const RowStruct *row = classify(native->info, native->ucontext);
  const OSFaultStruct nothing = {.kind = row->kind, .pcAfter = (row->has & HasPASSED) != 0};
  *fault = nothing;
  if ((row->has & HasADDRESS) != 0) {
    fault->addressKnown = 1;
    fault->address = (MutatorWord)native->info->si_addr;
  }
  if ((row->has & HasCODE) != 0) {
    fault->codeKnown = 1;
    fault->code = (MutatorWord)native->ucontext->uc_mcontext.mc_err;
    fault->access = posixAccessOf(fault->code);
  }
}

/* si_code tells them apart. */
MutatorFaultKind mutatorOSFaultKind(const OSFaultStruct *fault) { return fault->kind; }

MutatorBool mutatorPosixQueued(const siginfo_t *info) { return isSent(info); }

/* A trap has been taken after its instruction. */
MutatorBool mutatorPosixRepeats(const siginfo_t *info) { return !isSent(info) && info->si_signo != SIGTRAP; }
