/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/inject.c -- the calling thread's area, and copies of records, for injections
 *
 * A copied context holds what CONTEXT itself does, x87 and SSE included.  The
 * trampoline saves all components; those of the context are the callback's to
 * edit, and the others only go back as they were.
 */

#include <string.h>

#include "os/windows/windows.h"

/* The slot of thread-local storage + 1; 0: none yet. */
AtomicWord mutatorWindowsInjectSlot;

/* TlsGetValue sets the last error, even when all is well. */
void *mutatorOSInjectArea(void) {
  const uintptr_t slot = atomicLoadAcquire(&mutatorWindowsInjectSlot);
  const DWORD error = GetLastError();
  void *area = slot == 0 ? NULL : TlsGetValue((DWORD)slot - 1);
  SetLastError(error);
  return area;
}

MutatorWord mutatorOSErrorGet(void) { return GetLastError(); }

void mutatorOSErrorSet(MutatorWord error) { SetLastError((DWORD)error); }

/* The components that the system keeps, and where each is in the standard format. */
AtomicWord mutatorWindowsComponents;
uint32_t mutatorWindowsStateAt[WINDOWS_STATES];

/* Every system call is made in ntdll, whose image lies between these. */
AtomicWord mutatorWindowsSystemBase;
AtomicWord mutatorWindowsSystemLimit;

static MutatorBool isSystemCode(MutatorWord pc) {
  const MutatorWord base = atomicLoadRelaxed(&mutatorWindowsSystemBase);
  return pc - base < atomicLoadRelaxed(&mutatorWindowsSystemLimit) - base;
}

/* A thread leaves a handler by a system call (NtContinue), which loads its registers.  While
 * that is under way it seems to be where it goes on, and what is written to its registers
 * may come too late for some of them (seen in Wine, which loads one after the other). */
static MutatorBool goesOnThere(const OSLocalStruct *local, Machine machine) {
  return *machineRegister(machine, MutatorRegisterPC) == local->goesOn[0] &&
         *machineRegister(machine, MutatorRegisterSP) == local->goesOn[1];
}

MutatorBool mutatorOSInSystem(const MutatorThreadStruct *thread, const MutatorNativeStruct *native) {
  MachineStruct machine;
  mutatorOSMachine(native, &machine);
  return isSystemCode(*machineRegister(&machine, MutatorRegisterPC)) || goesOnThere(thread->record, &machine);
}

MutatorBool mutatorOSShadowStack(void) { return atomicLoadRelaxed(&mutatorWindowsShadowStacks) != 0; }

typedef struct RecordStruct {
  CONTEXT context; /* first: it wants 16 bytes' alignment */
  EXCEPTION_RECORD record;
} RecordStruct;

size_t mutatorOSRecordSize(void) { return sizeof(RecordStruct); }

enum { LegacyPRESENT = 3 }; /* x87 and SSE */

static MutatorBool hasLegacy(const CONTEXT *native) {
  WindowsLegacyStruct legacy = {NULL, NULL, NULL, NULL};
  mutatorWindowsLegacy((CONTEXT *)native, &legacy);
  return legacy.xmm != NULL;
}

/* The copy loses what follows the CONTEXT, and says so. */
MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *memory, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn) {
  RecordStruct *record = memory;
  (void)state;
  if (stateSize < MachineXsaveEXTENDED || !mutatorWindowsNativeCode(from->native) || !hasLegacy(from->native))
    return 0;
  record->context = *from->native;
  record->context.ContextFlags &= mutatorWindowsContextAll;
  if (from->record != NULL)
    record->record = *from->record;
  native->native = &record->context;
  native->record = from->record != NULL ? &record->record : NULL;
  native->thread = NULL;
  *maskReturn = (MutatorWord)atomicLoadRelaxed(&mutatorWindowsComponents);
  return 1;
}

void mutatorOSRecordEdited(const MutatorNativeStruct *copy, unsigned char *state) {
  uint64_t present;
  memcpy(&present, state + MachineFxsaveSIZE, sizeof present);
  present |= LegacyPRESENT;
  mutatorWindowsLegacyGet(copy->native, state);
  memcpy(state + MachineFxsaveSIZE, &present, sizeof present);
}

void mutatorOSRecordShow(const MutatorNativeStruct *copy, const unsigned char *state) {
  mutatorWindowsLegacySet(copy->native, state);
}

void mutatorOSRecordRest(unsigned char *state, size_t stateSize, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  *baseReturn = (MutatorWord *)(void *)(state + MachineXsaveEXTENDED);
  *limitReturn = (MutatorWord *)(void *)(state + stateSize / sizeof(MutatorWord) * sizeof(MutatorWord));
}

/* Components in their initial state are not copied: the mask that goes with them says so. */
static MutatorBool restoreComponent(CONTEXT *native, const unsigned char *state, DWORD component) {
  const uint32_t at = mutatorWindowsStateAt[component];
  DWORD length = 0;
  void *bytes = LocateXStateFeature(native, component, &length);
  if (bytes == NULL || at == 0)
    return 0;
  memcpy(bytes, state + at, length);
  return 1;
}

static MutatorBool restoreExtended(CONTEXT *native, const unsigned char *state, uint64_t present) {
  DWORD component;
  for (component = XSTATE_AVX; component < WINDOWS_STATES; ++component)
    if ((present >> component & 1) != 0 && !restoreComponent(native, state, component))
      return 0;
  return SetXStateFeaturesMask(native, present) != 0;
}

MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state) {
  const DWORD error = GetLastError();
  MutatorBool done = 1;
  uint64_t present;
  (void)copy;
  memcpy(&present, state + MachineFxsaveSIZE, sizeof present);
  if (!hasLegacy(to->native))
    return 0;
  if (mutatorWindowsExtended(to->native))
    done = restoreExtended(to->native, state, present & ~(uint64_t)LegacyPRESENT);
  else
    done = (present & ~(uint64_t)LegacyPRESENT) == 0;
  if (done)
    mutatorWindowsLegacySet(to->native, state);
  SetLastError(error);
  return done;
}
