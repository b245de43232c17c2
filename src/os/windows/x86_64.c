/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/x86_64.c -- where Windows keeps the registers of an x86-64 thread
 */

#include <string.h>

#include "arch/x86/registers.h"
#include "os/windows/windows.h"

#define AT(field) offsetof(CONTEXT, field)

static const uint16_t offsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterRAX] = AT(Rax), [MutatorRegisterRCX] = AT(Rcx), [MutatorRegisterRDX] = AT(Rdx),
    [MutatorRegisterRBX] = AT(Rbx), [MutatorRegisterRSP] = AT(Rsp), [MutatorRegisterRBP] = AT(Rbp),
    [MutatorRegisterRSI] = AT(Rsi), [MutatorRegisterRDI] = AT(Rdi), [MutatorRegisterR8] = AT(R8),
    [MutatorRegisterR9] = AT(R9),   [MutatorRegisterR10] = AT(R10), [MutatorRegisterR11] = AT(R11),
    [MutatorRegisterR12] = AT(R12), [MutatorRegisterR13] = AT(R13), [MutatorRegisterR14] = AT(R14),
    [MutatorRegisterR15] = AT(R15), [MutatorRegisterPC] = AT(Rip),  [MutatorRegisterFLAGS] = AT(EFlags),
};

/* GS is the thread's own block (Microsoft, NtCurrentTeb); nothing is said of FS. */
static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  (void)machine;
  if (segment != MachineSegmentGS)
    return 0;
  *baseReturn = (MutatorWord)NtCurrentTeb();
  return 1;
}

/* Only of a fault is the calling thread known to be the one that stopped. */
void mutatorOSMachine(const MutatorNativeStruct *native, Machine machine) {
  machine->base = (unsigned char *)native->native;
  machine->offset = offsets;
  machine->segmentBase = native->record != NULL ? segmentBase : NULL;
  machine->foreign = 0;
  machine->vectors = NULL;
  machine->native = native;
}

/* From Rax to R15 the fields are adjacent, in the order of their numbers. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  *baseReturn = (MutatorWord *)&native->native->Rax;
  *limitReturn = (MutatorWord *)&native->native->R15 + 1;
}

const uint16_t mutatorWindowsPartSize[VectorPartLIMIT] = {
    [VectorPartX87] = 8 * 16,  [VectorPartXMM] = 16 * 16,      [VectorPartYMMUpper] = 16 * 16,
    [VectorPartMask] = 8 * 8,  [VectorPartZMMUpper] = 16 * 32, [VectorPartHigh16] = 16 * 64,
    [VectorPartEGPR] = 16 * 8,
};

const DWORD mutatorWindowsContextAll = CONTEXT_ALL;
const DWORD mutatorWindowsContextProbe = CONTEXT_CONTROL;
const DWORD mutatorWindowsContextXstate = CONTEXT_AMD64 | 0x40;

/* CONTEXT_FLOATING_POINT says that the FXSAVE area is there; the field MxCsr is
 * what counts when Windows loads a context, the area's when Wine does. */
void mutatorWindowsLegacy(CONTEXT *native, WindowsLegacy legacy) {
  if ((native->ContextFlags & CONTEXT_FLOATING_POINT) != CONTEXT_FLOATING_POINT)
    return;
  legacy->x87 = native->FltSave.FloatRegisters;
  legacy->xmm = native->FltSave.XmmRegisters;
  legacy->mxcsr = &native->MxCsr;
  legacy->mxcsrCopy = &native->FltSave.MxCsr;
}

MutatorBool mutatorWindowsStale(const CONTEXT *native) {
  (void)native;
  return 0;
}

/* Up to and with XMM15 (Intel SDM volume 1, table 10-2). */
enum { LegacySIZE = 416 };

void mutatorWindowsLegacyGet(const CONTEXT *native, unsigned char *area) {
  memcpy(area, &native->FltSave, LegacySIZE);
  memcpy(area + offsetof(XMM_SAVE_AREA32, MxCsr), &native->MxCsr, sizeof native->MxCsr);
}

void mutatorWindowsLegacySet(CONTEXT *native, const unsigned char *area) {
  memcpy(&native->FltSave, area, LegacySIZE);
  native->MxCsr = native->FltSave.MxCsr;
}

/* The selector of 64-bit code (Microsoft, winnt.h has none; every x64 Windows has this). */
MutatorBool mutatorWindowsNativeCode(const CONTEXT *native) { return native->SegCs == 0x33; }
