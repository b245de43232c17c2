/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/x86.c -- where Windows keeps the registers of a 32-bit x86 thread
 */

#include "arch/x86/registers.h"
#include "os/os.h"

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
}

/* From Edi to Esp the fields are adjacent, with Eip, SegCs and EFlags among them. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  *baseReturn = (MutatorWord *)&native->native->Edi;
  *limitReturn = (MutatorWord *)&native->native->Esp + 1;
}
