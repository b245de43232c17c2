/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/x86_64.c -- where Windows keeps the registers of an x86-64 thread
 */

#include "arch/x86/registers.h"
#include "os/os.h"

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
}

/* From Rax to R15 the fields are adjacent, in the order of their numbers. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  *baseReturn = (MutatorWord *)&native->native->Rax;
  *limitReturn = (MutatorWord *)&native->native->R15 + 1;
}
