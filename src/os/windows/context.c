/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/context.c -- the public functions whose arguments are EXCEPTION_POINTERS and HANDLE
 *
 * The registers of an exception are edited in place.  Those of a suspended
 * thread are copied into the context, with as many of the CPU's extended
 * components as a scan shows, and written back by mutatorOSCommit.
 */

#include "os/windows/windows.h"

/* No structure here needs more than a pointer's alignment, but CONTEXT may.  False for NULL. */
static MutatorBool aligned(const void *object, size_t alignment) {
  return object != NULL && (MutatorWord)object % alignment == 0;
}

static MutatorBool isComplete(const EXCEPTION_POINTERS *pointers) {
  return aligned(pointers, sizeof(void *)) && aligned(pointers->ExceptionRecord, sizeof(void *)) &&
         aligned(pointers->ContextRecord, sizeof(void *));
}

/* The copy is left as it is: it is large, and a fault has none. */
static void initFault(MutatorNativeStruct *native, const EXCEPTION_POINTERS *pointers) {
  native->record = pointers->ExceptionRecord;
  native->native = pointers->ContextRecord;
  native->thread = NULL;
}

void mutatorOSNativeCopy(MutatorNativeStruct *to, const MutatorNativeStruct *from) {
  to->record = from->record;
  to->native = from->native;
  to->thread = from->thread;
}

MutatorRes MutatorContextInitFault(MutatorContext context, EXCEPTION_POINTERS *pointers) {
  MutatorNativeStruct native;
  if (!aligned(context, sizeof(void *)) || !isComplete(pointers))
    return MutatorResPARAM;
  initFault(&native, pointers);
  mutatorCoreContextInit(context, MutatorContextFAULT, &native);
  return MutatorResOK;
}

/* Where the system can be told which components are wanted, it does not count
 * others, such as the 8 KiB of AMX tiles (Microsoft, InitializeContext2). */
static BOOL initialize(void *buffer, DWORD *length, CONTEXT **contextReturn) {
  const DWORD flags = mutatorWindowsContextAll | mutatorWindowsContextXstate;
  WindowsInitializeContext chosen = (WindowsInitializeContext)atomicLoad(&mutatorWindowsInitializeContext);
  if (chosen != NULL)
    return chosen(buffer, flags, contextReturn, length, WINDOWS_COMPONENTS);
  return InitializeContext(buffer, flags, contextReturn, length);
}

/* A record without extended components is right only where the CPU, or the
 * system, has none. */
static MutatorRes layOut(MutatorNativeStruct *native) {
  DWORD length = sizeof native->copy;
  if (initialize(native->copy, &length, &native->native)) {
    if (mutatorWindowsExtended(native->native))
      (void)SetXStateFeaturesMask(native->native, WINDOWS_COMPONENTS);
    return MutatorResOK;
  }
  if (GetLastError() == ERROR_INSUFFICIENT_BUFFER)
    return MutatorResLIMIT;
  length = sizeof native->copy;
  return InitializeContext(native->copy, mutatorWindowsContextAll, &native->native, &length) ? MutatorResOK
                                                                                             : MutatorResLIMIT;
}

/* A thread that is gone has no registers; nor has one that we may not ask. */
static MutatorRes capture(HANDLE thread, CONTEXT *into) {
  if (!GetThreadContext(thread, into))
    return MutatorResACCESS;
  return mutatorWindowsStale(into) ? MutatorResBUSY : MutatorResOK;
}

/* Before anything is written over: may it be captured at all? */
static MutatorRes tryCapture(HANDLE thread) {
  CONTEXT probe;
  probe.ContextFlags = mutatorWindowsContextProbe;
  return capture(thread, &probe);
}

static MutatorRes captureThread(MutatorContext context, HANDLE thread) {
  MutatorNativeStruct *native = &context->native;
  MutatorRes res = tryCapture(thread);
  if (res != MutatorResOK)
    return res;
  context->signature = 0;
  native->record = NULL;
  native->thread = thread;
  res = layOut(native);
  if (res == MutatorResOK)
    res = capture(thread, native->native);
  if (res == MutatorResOK)
    mutatorCoreContextInit(context, MutatorContextTHREAD, native);
  return res;
}

MutatorRes MutatorContextInitThread(MutatorContext context, HANDLE thread) {
  const DWORD error = GetLastError();
  MutatorRes res;
  if (!aligned(context, sizeof(void *)) || thread == NULL)
    return MutatorResPARAM;
  res = captureThread(context, thread);
  SetLastError(error);
  return res;
}

/* An exception's record is the system's own: it is loaded when the handler returns. */
MutatorRes mutatorOSCommit(MutatorNativeStruct *native) {
  const DWORD error = GetLastError();
  MutatorRes res = MutatorResOK;
  if (native->thread == NULL)
    return MutatorResOK;
  if (!SetThreadContext(native->thread, native->native))
    res = MutatorResACCESS;
  SetLastError(error);
  return res;
}

MutatorBool MutatorFaultRecover(EXCEPTION_POINTERS *pointers) {
  MutatorNativeStruct native;
  if (!isComplete(pointers))
    return 0;
  initFault(&native, pointers);
  return mutatorCoreRecover(&native);
}

/* For who takes the thread from there (mutatorOSInSystem). */
static void noteGoingOn(const MutatorNativeStruct *native, OSLocal local) {
  MachineStruct machine;
  mutatorOSMachine(native, &machine);
  local->goesOn[0] = *machineRegister(&machine, MutatorRegisterPC);
  local->goesOn[1] = *machineRegister(&machine, MutatorRegisterSP);
}

MutatorBool MutatorFaultDispatch(EXCEPTION_POINTERS *pointers) {
  const DWORD error = GetLastError();
  MutatorNativeStruct native;
  MutatorBool handled;
  if (!isComplete(pointers))
    return 0;
  initFault(&native, pointers);
  mutatorOSInsideBegin();
  handled = mutatorFaultNative(&native, mutatorOSLocal());
  noteGoingOn(&native, mutatorOSLocal());
  mutatorOSInsideEnd();
  SetLastError(error);
  return handled;
}
