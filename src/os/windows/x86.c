/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/x86.c -- where Windows keeps the registers of a 32-bit x86 thread
 */

#include <string.h>

#include "arch/x86/registers.h"
#include "os/windows/windows.h"

#define AT(field) offsetof(CONTEXT, field)

static const uint16_t offsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterEAX] = AT(Eax),      [MutatorRegisterECX] = AT(Ecx), [MutatorRegisterEDX] = AT(Edx),
    [MutatorRegisterEBX] = AT(Ebx),      [MutatorRegisterESP] = AT(Esp), [MutatorRegisterEBP] = AT(Ebp),
    [MutatorRegisterESI] = AT(Esi),      [MutatorRegisterEDI] = AT(Edi), [MutatorRegisterPC] = AT(Eip),
    [MutatorRegisterFLAGS] = AT(EFlags),
};

/* Windows' own selectors for 32-bit programs, which cover the address space: on a
 * 32-bit system, and on a 64-bit one (where Wine has its host's, which are the same). */
enum { FlatDATA = 0x23, FlatDATA64 = 0x2b, FlatCODE = 0x1b, FlatCODE64 = 0x23 };

static MutatorBool isFlat(const CONTEXT *context, unsigned segment) {
  switch (segment) {
  case MachineSegmentES: return context->SegEs == FlatDATA || context->SegEs == FlatDATA64;
  case MachineSegmentCS: return context->SegCs == FlatCODE || context->SegCs == FlatCODE64;
  case MachineSegmentSS: return context->SegSs == FlatDATA || context->SegSs == FlatDATA64;
  case MachineSegmentDS: return context->SegDs == FlatDATA || context->SegDs == FlatDATA64;
  default: return 0;
  }
}

/* FS is the thread's own block (Microsoft, NtCurrentTeb); nothing is said of GS. */
static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  *baseReturn = segment == MachineSegmentFS ? (MutatorWord)NtCurrentTeb() : 0;
  return segment == MachineSegmentFS || isFlat((const void *)machine->base, segment);
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

/* From Edi to Esp the fields are adjacent, with Eip, SegCs and EFlags among them. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  *baseReturn = (MutatorWord *)&native->native->Edi;
  *limitReturn = (MutatorWord *)&native->native->Esp + 1;
}

/* In 32-bit mode there are eight vector registers, and neither zmm16 to zmm31 nor r16 to r31. */
const uint16_t mutatorWindowsPartSize[VectorPartLIMIT] = {
    [VectorPartX87] = 8 * 16, [VectorPartXMM] = 8 * 16,      [VectorPartYMMUpper] = 8 * 16,
    [VectorPartMask] = 8 * 8, [VectorPartZMMUpper] = 8 * 32,
};

/* Flags that not every winnt.h has: "tell me whether", "I do tell", "it is". */
#define ASK_EXCEPTION 0x40000000u
#define TOLD_EXCEPTION 0x80000000u
#define IN_EXCEPTION 0x08000000u

const DWORD mutatorWindowsContextAll = CONTEXT_ALL | ASK_EXCEPTION;
const DWORD mutatorWindowsContextProbe = CONTEXT_CONTROL | ASK_EXCEPTION;
const DWORD mutatorWindowsContextXstate = CONTEXT_i386 | 0x40;

/* ExtendedRegisters is an FXSAVE area. */
void mutatorWindowsLegacy(CONTEXT *native, WindowsLegacy legacy) {
  if ((native->ContextFlags & CONTEXT_EXTENDED_REGISTERS) != CONTEXT_EXTENDED_REGISTERS)
    return;
  legacy->x87 = native->ExtendedRegisters + MachineFxsaveX87;
  legacy->xmm = native->ExtendedRegisters + MachineFxsaveXMM;
  legacy->mxcsr = native->ExtendedRegisters + MachineFxsaveMXCSR;
}

/* A 32-bit thread on a 64-bit system that is delivering an exception to it has
 * registers that the emulation layer has not stored yet (seen by collectors;
 * winnt.h has the flags). */
MutatorBool mutatorWindowsStale(const CONTEXT *native) {
  return (native->ContextFlags & TOLD_EXCEPTION) != 0 && (native->ContextFlags & IN_EXCEPTION) != 0;
}

/* Up to and with XMM7. */
enum { LegacySIZE = 288 };

void mutatorWindowsLegacyGet(const CONTEXT *native, unsigned char *area) {
  memcpy(area, native->ExtendedRegisters, LegacySIZE);
}

void mutatorWindowsLegacySet(CONTEXT *native, const unsigned char *area) {
  memcpy(native->ExtendedRegisters, area, LegacySIZE);
}

MutatorBool mutatorWindowsNativeCode(const CONTEXT *native) { return isFlat(native, MachineSegmentCS); }
