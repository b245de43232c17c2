/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/windows.h -- what the files for Windows share, and what they ask of each CPU
 *
 * A handler calls of the system only what neither locks nor allocates: what
 * reads the thread's own block or a context record, and plain system calls.
 */

#ifndef mutator_os_windows_windows_h
#define mutator_os_windows_windows_h

#include "arch/registers.h"
#include "cc/atomic.h"
#include "os/os.h"

/* mutatorWindowsHandler -- the vectored exception handler that the hook installs
 * mutatorWindowsRecover -- one that knows the library's own faults only
 * mutatorWindowsContinue -- the vectored continue handler */
LONG WINAPI mutatorWindowsHandler(EXCEPTION_POINTERS *pointers);
LONG WINAPI mutatorWindowsRecover(EXCEPTION_POINTERS *pointers);
LONG WINAPI mutatorWindowsContinue(EXCEPTION_POINTERS *pointers);

/* mutatorWindowsHook -- what the handler answers besides memory faults: a MutatorFaultHook */
extern AtomicWord mutatorWindowsHook;

/* Codes that winnt.h leaves to the kernel's headers (Microsoft, NTSTATUS values). */
#define WINDOWS_FLOAT_MULTIPLE_FAULTS 0xc00002b4
#define WINDOWS_FLOAT_MULTIPLE_TRAPS 0xc00002b5

/* mutatorWindowsShadowStacks -- not zero when threads of this process have user
 * shadow stacks, so that the system checks where a handler lets them go on */
extern AtomicWord mutatorWindowsShadowStacks;

/* mutatorWindowsInitializeContext -- InitializeContext2, or NULL where the system has none (set-up) */
typedef BOOL(WINAPI *WindowsInitializeContext)(PVOID buffer, DWORD flags, PCONTEXT *context, PDWORD length,
                                               ULONG64 compactionMask);
extern AtomicWord mutatorWindowsInitializeContext;

/* mutatorWindowsRecord -- the extent of a context record with all that belongs to it */
void mutatorWindowsRecord(const CONTEXT *native, MutatorWord *baseReturn, MutatorWord *limitReturn);

/* mutatorWindowsExtended -- are there extended components (XSAVE) after that context? */
MutatorBool mutatorWindowsExtended(const CONTEXT *native);

/* The components that a context must hold: those that Scan shows (Intel SDM volume 1, section 13.1). */
#define WINDOWS_COMPONENTS (((ULONG64)1 << XSTATE_AVX) | XSTATE_MASK_AVX512)

/* For injections: the slot of the area + 1, the components that the system has
 * enabled, and where each is in what XSAVE writes. */
#define WINDOWS_STATES 20
extern AtomicWord mutatorWindowsInjectSlot;
extern AtomicWord mutatorWindowsSystemBase;
extern AtomicWord mutatorWindowsSystemLimit;
extern AtomicWord mutatorWindowsComponents;
extern uint32_t mutatorWindowsStateAt[WINDOWS_STATES];

/* from each CPU (os/windows/<cpu>.c) ------------------------------------------- */

/* WindowsLegacyStruct -- where the FXSAVE area's parts are; all NULL when they were not saved */
typedef struct WindowsLegacyStruct {
  void *x87;
  void *xmm;
  void *mxcsr;
  void *mxcsrCopy;
} WindowsLegacyStruct, *WindowsLegacy;

/* mutatorWindowsLegacy -- the x87 and SSE registers of a context */
void mutatorWindowsLegacy(CONTEXT *native, WindowsLegacy legacy);

/* mutatorWindowsLegacyGet -- those registers, and the control words, into an FXSAVE area
 * mutatorWindowsLegacySet -- and back */
void mutatorWindowsLegacyGet(const CONTEXT *native, unsigned char *area);
void mutatorWindowsLegacySet(CONTEXT *native, const unsigned char *area);

/* mutatorWindowsNativeCode -- does the thread run in the code segment of this CPU mode? */
MutatorBool mutatorWindowsNativeCode(const CONTEXT *native);

/* The bytes of each VectorPart; 0 when this mode cannot reach it. */
extern const uint16_t mutatorWindowsPartSize[VectorPartLIMIT];

/* Everything that a context can hold, and the flag of its extended components
 * (winnt.h: CONTEXT_ALL and CONTEXT_XSTATE, which MinGW's lacks). */
extern const DWORD mutatorWindowsContextAll;
extern const DWORD mutatorWindowsContextProbe; /* just enough for mutatorWindowsStale */
extern const DWORD mutatorWindowsContextXstate;

/* mutatorWindowsStale -- does the context say that it may be an old one? */
MutatorBool mutatorWindowsStale(const CONTEXT *native);

#endif
