/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/fault.c -- what a siginfo_t says
 */

#include <signal.h>

#include "os/linux/linux.h"
#include "os/posix/posix.h"

/* The CPU's traps (Intel SDM volume 3, table 6-1). */
enum { TrapDIVIDE = 0, TrapBREAKPOINT = 3, TrapSTACK = 12, TrapGENERAL = 13, TrapPAGE = 14, TrapANY = 0xffff };

/* Newer than some C libraries' headers (Linux include/uapi/asm-generic/siginfo.h). */
enum { TrapCodePERF = 6 };

enum { CodeANY = -1 };

/* What else a record of a kind has. */
enum {
  HasADDRESS = 1, /* si_addr is the address of the access */
  HasCODE = 2,    /* the error code is a page fault's */
  HasPASSED = 4   /* the PC is past the instruction: a trap, not a fault */
};

typedef struct RowStruct {
  int signal;
  int code;
  MutatorWord trap;
  MutatorFaultKind kind;
  unsigned has;
} RowStruct;

/* The first row that matches counts.  The trap number is required wherever a
 * stale one can lie in the record: the kernel sets it at exceptions only, not
 * when it forces a signal for reasons of its own (Linux arch/x86/kernel/traps.c,
 * arch/x86/mm/fault.c, kernel/signal.c). */
static const RowStruct rows[] = {
    {SIGSEGV, SEGV_MAPERR, TrapPAGE, MutatorFaultKindUNMAPPED, HasADDRESS | HasCODE},
    {SIGSEGV, SEGV_ACCERR, TrapPAGE, MutatorFaultKindPROTECTION, HasADDRESS | HasCODE},
    {SIGSEGV, SEGV_PKUERR, TrapPAGE, MutatorFaultKindKEY, HasADDRESS | HasCODE},
    {SIGSEGV, SI_KERNEL, TrapGENERAL, MutatorFaultKindGENERAL, 0},
    {SIGBUS, BUS_ADRERR, TrapPAGE, MutatorFaultKindBUS, HasADDRESS | HasCODE},
    {SIGBUS, BUS_OBJERR, TrapPAGE, MutatorFaultKindBUS, HasADDRESS | HasCODE},
    {SIGBUS, SI_KERNEL, TrapSTACK, MutatorFaultKindGENERAL, 0},
    {SIGBUS, BUS_ADRALN, TrapANY, MutatorFaultKindMISALIGNED, 0},
    {SIGBUS, BUS_MCEERR_AR, TrapANY, MutatorFaultKindMEMORY, HasADDRESS},
    {SIGBUS, BUS_MCEERR_AO, TrapANY, MutatorFaultKindMEMORY, HasADDRESS},
    {SIGILL, CodeANY, TrapANY, MutatorFaultKindILLEGAL, 0},
    {SIGTRAP, SI_KERNEL, TrapBREAKPOINT, MutatorFaultKindBREAKPOINT, HasPASSED},
    {SIGTRAP, TRAP_BRKPT, TrapBREAKPOINT, MutatorFaultKindBREAKPOINT, HasPASSED},
    {SIGTRAP, TRAP_BRKPT, TrapANY, MutatorFaultKindTRACE, 0}, /* INT1, which is a debug exception */
    {SIGTRAP, TRAP_TRACE, TrapANY, MutatorFaultKindTRACE, 0},
    {SIGTRAP, TRAP_HWBKPT, TrapANY, MutatorFaultKindTRACE, 0},
    {SIGTRAP, TrapCodePERF, TrapANY, MutatorFaultKindTRACE, 0},
    {SIGFPE, FPE_INTDIV, TrapDIVIDE, MutatorFaultKindDIVIDE, 0},
    {SIGFPE, CodeANY, TrapANY, MutatorFaultKindFLOAT, 0},
};

static const RowStruct otherRow = {0, 0, 0, MutatorFaultKindOTHER, 0};
static const RowStruct asyncRow = {0, 0, 0, MutatorFaultKindASYNC, 0};

static MutatorBool matches(const RowStruct *row, const siginfo_t *info, MutatorWord trap) {
  if (row->signal != info->si_signo)
    return 0;
  if (row->code != info->si_code && row->code != CodeANY)
    return 0;
  return row->trap == trap || row->trap == TrapANY;
}

/* Whatever a user process sends has a code of zero or below (kernel/signal.c,
 * do_rt_sigqueueinfo); only to itself may a thread send others. */
static const RowStruct *classify(const siginfo_t *info, MutatorWord trap) {
  size_t i;
  if (info->si_code <= 0)
    return &asyncRow;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i)
    if (matches(&rows[i], info, trap))
      return &rows[i];
  return &otherRow;
}

void mutatorOSFault(const MutatorNativeStruct *native, OSFault fault) {
  const RowStruct *row = classify(native->info, mutatorLinuxTrap(native->ucontext));
  const OSFaultStruct nothing = {.kind = row->kind, .pcAfter = (row->has & HasPASSED) != 0};
  *fault = nothing;
  if ((row->has & HasADDRESS) != 0) {
    fault->addressKnown = 1;
    fault->address = (MutatorWord)native->info->si_addr;
  }
  if ((row->has & HasCODE) != 0) {
    fault->codeKnown = 1;
    fault->code = mutatorLinuxErrorCode(native->ucontext);
    fault->access = posixAccessOf(fault->code);
  }
}

/* si_code tells them apart. */
MutatorFaultKind mutatorOSFaultKind(const OSFaultStruct *fault) { return fault->kind; }

/* "Action optional" comes from elsewhere at any time, and is sent like a signal
 * of a user's (Linux mm/memory-failure.c, kill_proc). */
MutatorBool mutatorPosixQueued(const siginfo_t *info) {
  return info->si_code <= 0 || (info->si_signo == SIGBUS && info->si_code == BUS_MCEERR_AO);
}

/* SI_KERNEL may also stand for something that happens once, such as a bad
 * frame at sigreturn(2).  A trap has been taken after its instruction. */
MutatorBool mutatorPosixRepeats(const siginfo_t *info) {
  return !mutatorPosixQueued(info) && info->si_code != SI_KERNEL && info->si_signo != SIGTRAP;
}
