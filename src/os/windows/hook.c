/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/hook.c -- the vectored handlers
 */

#include "os/windows/windows.h"

AtomicWord mutatorWindowsShadowStacks;
AtomicWord mutatorWindowsInitializeContext;

/* An exception that a vectored exception handler has answered is shown to the
 * vectored continue handlers next, among which may be somebody's who takes any
 * exception for a crash.  So ours ends the round for those that we have handled:
 * it knows them by where their records are.  Two threads that share a slot
 * forget each other's, and then the round goes on. */
enum { SlotCOUNT = 64, SlotBITS = 6 };
static AtomicWord handledRecords[SlotCOUNT];

/* Records are on their threads' stacks; the factor is as in core/stripe.h. */
static AtomicWord *slotOf(const EXCEPTION_RECORD *record) {
  return &handledRecords[((uint32_t)((MutatorWord)record >> 12) * UINT32_C(2654435769)) >> (32 - SlotBITS)];
}

static void remember(const EXCEPTION_RECORD *record) { atomicStore(slotOf(record), (MutatorWord)record); }

/* Returns  whether it was there */
static MutatorBool forget(const EXCEPTION_RECORD *record) {
  uintptr_t expected = (MutatorWord)record;
  return atomicCompareAndSwap(slotOf(record), &expected, 0);
}

AtomicWord mutatorWindowsHook;

typedef struct RowStruct {
  DWORD code;
  MutatorFaultHook hook;
} RowStruct;

/* The exceptions that the CPU raises; all others are between the program and itself. */
static const RowStruct rows[] = {
    {EXCEPTION_ACCESS_VIOLATION, MutatorFaultHookMEMORY},
    {EXCEPTION_GUARD_PAGE, MutatorFaultHookMEMORY},
    {EXCEPTION_IN_PAGE_ERROR, MutatorFaultHookMEMORY},
    {EXCEPTION_DATATYPE_MISALIGNMENT, MutatorFaultHookMEMORY},
    {EXCEPTION_ILLEGAL_INSTRUCTION, MutatorFaultHookILLEGAL},
    /* A general protection fault, with the memory faults on other systems too. */
    {EXCEPTION_PRIV_INSTRUCTION, MutatorFaultHookMEMORY},
    {EXCEPTION_BREAKPOINT, MutatorFaultHookTRAP},
    {EXCEPTION_SINGLE_STEP, MutatorFaultHookTRAP},
    {EXCEPTION_INT_DIVIDE_BY_ZERO, MutatorFaultHookFLOAT},
    {EXCEPTION_INT_OVERFLOW, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_DENORMAL_OPERAND, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_INEXACT_RESULT, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_INVALID_OPERATION, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_OVERFLOW, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_STACK_CHECK, MutatorFaultHookFLOAT},
    {EXCEPTION_FLT_UNDERFLOW, MutatorFaultHookFLOAT},
    {WINDOWS_FLOAT_MULTIPLE_FAULTS, MutatorFaultHookFLOAT},
    {WINDOWS_FLOAT_MULTIPLE_TRAPS, MutatorFaultHookFLOAT},
};

static MutatorBool isWanted(DWORD code) {
  const AtomicWord wanted = atomicLoadRelaxed(&mutatorWindowsHook);
  size_t i;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i)
    if (rows[i].code == code)
      return rows[i].hook == MutatorFaultHookMEMORY || (rows[i].hook & wanted) != 0;
  return 0;
}

/* What is not ours goes on along the list, and then to frames, as if we were not there. */
LONG WINAPI mutatorWindowsHandler(EXCEPTION_POINTERS *pointers) {
  mutatorCoreHandlerEnter();
  if (isWanted(pointers->ExceptionRecord->ExceptionCode) && MutatorFaultDispatch(pointers)) {
    remember(pointers->ExceptionRecord);
    return EXCEPTION_CONTINUE_EXECUTION;
  }
  (void)forget(pointers->ExceptionRecord);
  return EXCEPTION_CONTINUE_SEARCH;
}

/* First on the list where the handler above is the last. */
LONG WINAPI mutatorWindowsRecover(EXCEPTION_POINTERS *pointers) {
  mutatorCoreHandlerEnter();
  if (!MutatorFaultRecover(pointers))
    return EXCEPTION_CONTINUE_SEARCH;
  remember(pointers->ExceptionRecord);
  return EXCEPTION_CONTINUE_EXECUTION;
}

LONG WINAPI mutatorWindowsContinue(EXCEPTION_POINTERS *pointers) {
  return forget(pointers->ExceptionRecord) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

/* With shadow stacks the system checks where a thread goes on, against lists
 * that nobody has proven this library's steps to agree with. */
MutatorBool mutatorOSStepsOffered(void) { return atomicLoadRelaxed(&mutatorWindowsShadowStacks) == 0; }
