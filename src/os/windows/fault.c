/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/fault.c -- what an EXCEPTION_RECORD says
 */

#include "os/windows/windows.h"

/* What else a record of a kind has. */
enum {
  HasACCESS = 1 /* ExceptionInformation: what was done, and to which address */
};

typedef struct RowStruct {
  DWORD code;
  MutatorFaultKind kind;
  unsigned has;
} RowStruct;

/* The PC is at the instruction in all of them, for a breakpoint too: the system
 * has moved it back (Microsoft, EXCEPTION_RECORD).  A trace is behind it. */
static const RowStruct rows[] = {
    {EXCEPTION_ACCESS_VIOLATION, MutatorFaultKindPROTECTION, HasACCESS},
    {EXCEPTION_IN_PAGE_ERROR, MutatorFaultKindBUS, HasACCESS},
    {EXCEPTION_GUARD_PAGE, MutatorFaultKindGUARD, HasACCESS},
    {EXCEPTION_DATATYPE_MISALIGNMENT, MutatorFaultKindMISALIGNED, 0},
    {EXCEPTION_PRIV_INSTRUCTION, MutatorFaultKindGENERAL, 0},
    {EXCEPTION_ILLEGAL_INSTRUCTION, MutatorFaultKindILLEGAL, 0},
    {EXCEPTION_BREAKPOINT, MutatorFaultKindBREAKPOINT, 0},
    {EXCEPTION_SINGLE_STEP, MutatorFaultKindTRACE, 0},
    {EXCEPTION_INT_DIVIDE_BY_ZERO, MutatorFaultKindDIVIDE, 0},
    {EXCEPTION_INT_OVERFLOW, MutatorFaultKindDIVIDE, 0}, /* a quotient too large */
    {EXCEPTION_FLT_DENORMAL_OPERAND, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_FLT_INEXACT_RESULT, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_FLT_INVALID_OPERATION, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_FLT_OVERFLOW, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_FLT_STACK_CHECK, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_FLT_UNDERFLOW, MutatorFaultKindFLOAT, 0},
    {WINDOWS_FLOAT_MULTIPLE_FAULTS, MutatorFaultKindFLOAT, 0},
    {WINDOWS_FLOAT_MULTIPLE_TRAPS, MutatorFaultKindFLOAT, 0},
    {EXCEPTION_STACK_OVERFLOW, MutatorFaultKindOTHER, 0},
};

static const RowStruct otherRow = {0, MutatorFaultKindOTHER, 0};
static const RowStruct asyncRow = {0, MutatorFaultKindASYNC, 0};

/* ExceptionInformation[0] (Microsoft, EXCEPTION_RECORD). */
enum { InformationREAD = 0, InformationWRITE = 1, InformationEXECUTE = 8 };

/* ExceptionFlags: what RaiseException leaves, and what the CPU never does. */
enum { FlagNONCONTINUABLE = 0x01, FlagSOFTWARE = 0x80 };

/* Bit 29 of a code is for codes that are not the system's (Microsoft, NTSTATUS). */
#define CODE_CUSTOMER ((DWORD)1 << 29)

/* Somebody called RaiseException: not a fault, and nothing in it may be trusted. */
static MutatorBool isRaised(const EXCEPTION_RECORD *record, const RowStruct *row) {
  if ((record->ExceptionFlags & (FlagNONCONTINUABLE | FlagSOFTWARE)) != 0)
    return 1;
  if ((record->ExceptionCode & CODE_CUSTOMER) != 0)
    return 1;
  return (row->has & HasACCESS) != 0 && record->NumberParameters < 2;
}

static const RowStruct *classify(const EXCEPTION_RECORD *record) {
  const RowStruct *row = &otherRow;
  size_t i;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i)
    if (rows[i].code == record->ExceptionCode)
      row = &rows[i];
  return isRaised(record, row) ? &asyncRow : row;
}

static MutatorAccess accessOf(MutatorWord information) {
  switch (information) {
  case InformationREAD: return MutatorAccessREAD;
  case InformationWRITE: return MutatorAccessWRITE;
  case InformationEXECUTE: return MutatorAccessEXECUTE;
  default: return MutatorAccessNONE;
  }
}

/* General protection is reported as a read of the highest address: the CPU says
 * nothing of it, neither address nor direction. */
static MutatorBool isGeneral(const EXCEPTION_RECORD *record) {
  return record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record->ExceptionInformation[0] == InformationREAD &&
         record->ExceptionInformation[1] == ~(ULONG_PTR)0;
}

static void readAccess(const EXCEPTION_RECORD *record, OSFault fault) {
  fault->access = accessOf(record->ExceptionInformation[0]);
  fault->codeKnown = 1;
  fault->code = record->ExceptionInformation[0];
  if (fault->access == MutatorAccessNONE) {
    fault->kind = MutatorFaultKindOTHER;
    return;
  }
  fault->addressKnown = 1;
  fault->address = record->ExceptionInformation[1];
}

/* The data's address is in ExceptionInformation; ExceptionAddress is the instruction's. */
void mutatorOSFault(const MutatorNativeStruct *native, OSFault fault) {
  const RowStruct *row = classify(native->record);
  const OSFaultStruct nothing = {.kind = row->kind};
  *fault = nothing;
  if ((row->has & HasACCESS) == 0)
    return;
  if (isGeneral(native->record))
    fault->kind = MutatorFaultKindGENERAL;
  else
    readAccess(native->record, fault);
}

/* The record does not tell a closed page from one that is not there. */
MutatorFaultKind mutatorOSFaultKind(const OSFaultStruct *fault) {
  const DWORD error = GetLastError();
  MEMORY_BASIC_INFORMATION page;
  MutatorFaultKind kind = fault->kind;
  if (kind != MutatorFaultKindPROTECTION || !fault->addressKnown)
    return kind;
  if (VirtualQuery((const void *)fault->address, &page, sizeof page) != sizeof page || page.State != MEM_COMMIT)
    kind = MutatorFaultKindUNMAPPED;
  SetLastError(error);
  return kind;
}
