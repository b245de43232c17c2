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

/* FS is the thread's own block (Microsoft, NtCurrentTeb); nothing is said of GS. */
static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  (void)machine;
  if (segment != MachineSegmentFS)
    return 0;
  *baseReturn = (MutatorWord)NtCurrentTeb();
  return 1;
}

/* Only of a fault is the calling thread known to be the one that stopped. */
void mutatorOSMachine(const MutatorNativeStruct *native, Machine machine) {
  machine->base = (unsigned char *)native->native;
  machine->offset = offsets;
  machine->segmentBase = native->record != NULL ? segmentBase : NULL;
}

/* From Edi to Esp the fields are adjacent, with Eip, SegCs and EFlags among them. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  *baseReturn = (MutatorWord *)&native->native->Edi;
  *limitReturn = (MutatorWord *)&native->native->Esp + 1;
}
