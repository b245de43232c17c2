/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/context.c -- what a context says of a stopped thread
 */

#include "core/context.h"

#include "core/core.h"

#include <string.h>

void mutatorCoreContextInit(MutatorContext context, MutatorContextVar var, const MutatorNativeStruct *native) {
  mutatorOSNativeCopy(&context->native, native);
  mutatorCoreContextFill(context, var, mutatorOSLocal());
}

MutatorBool MutatorContextCheck(MutatorContext context) {
  return coreAligned(context) && context->signature == CORE_SIGNATURE_CONTEXT && context->size == sizeof *context &&
         (context->var == MutatorContextFAULT || context->var == MutatorContextTHREAD);
}

MutatorContextVar MutatorContextVariety(MutatorContext context) {
  return MutatorContextCheck(context) ? (MutatorContextVar)context->var : MutatorContextNONE;
}

static MutatorBool isFault(MutatorContext context) { return MutatorContextVariety(context) == MutatorContextFAULT; }

/* A general protection fault has no address of its own: the operand that the
 * instruction names is either impossible, misaligned, or not the cause. */
static MutatorFaultKind tellApart(const MutatorNativeStruct *native) {
  unsigned char bytes[ARCH_FETCH_MAX];
  MachineStruct machine;
  MutatorWord address;
  size_t count, align;
  mutatorOSMachine(native, &machine);
  count = mutatorArchFetch(bytes, *machineRegister(&machine, MutatorRegisterPC));
  if (machine.foreign || !mutatorArchOperand(bytes, count, &machine, &address, &align))
    return MutatorFaultKindGENERAL;
  if (!mutatorArchCanonical(address, 1))
    return MutatorFaultKindNONCANONICAL;
  return address % align != 0 ? MutatorFaultKindMISALIGNED : MutatorFaultKindGENERAL;
}

void mutatorContextFault(MutatorContext context, OSFault fault) {
  mutatorOSFault(&context->native, fault);
  fault->kind = fault->kind == MutatorFaultKindGENERAL ? tellApart(&context->native) : mutatorOSFaultKind(fault);
}

MutatorFaultKind MutatorContextKind(MutatorContext context) {
  OSFaultStruct fault;
  if (!isFault(context))
    return MutatorFaultKindNONE;
  mutatorContextFault(context, &fault);
  return fault.kind;
}

MutatorRes MutatorContextAddress(MutatorContext context, void **addressReturn) {
  OSFaultStruct fault;
  if (!MutatorContextCheck(context) || addressReturn == NULL)
    return MutatorResPARAM;
  if (context->var != MutatorContextFAULT)
    return MutatorResFAIL;
  mutatorOSFault(&context->native, &fault);
  if (!fault.addressKnown)
    return MutatorResFAIL;
  *addressReturn = (void *)fault.address;
  return MutatorResOK;
}

static MutatorWord *registerOf(MutatorContext context, unsigned reg) {
  MachineStruct machine;
  mutatorOSMachine(&context->native, &machine);
  return machineRegister(&machine, reg);
}

/* The plan speaks for the instruction only while the PC is still at it. */
static MutatorBool planned(MutatorContext context) {
  return context->planned && context->planPC == *registerOf(context, MutatorRegisterPC);
}

MutatorAccess MutatorContextAccess(MutatorContext context) {
  OSFaultStruct fault;
  if (!isFault(context))
    return MutatorAccessNONE;
  if (planned(context))
    return context->access;
  mutatorOSFault(&context->native, &fault);
  return fault.access;
}

MutatorSource MutatorContextAccessSource(MutatorContext context) {
  if (MutatorContextAccess(context) == MutatorAccessNONE)
    return MutatorSourceNONE;
  return planned(context) ? MutatorSourceDECODED : MutatorSourceHARDWARE;
}

MutatorRes MutatorContextErrorCode(MutatorContext context, MutatorWord *codeReturn) {
  OSFaultStruct fault;
  if (!MutatorContextCheck(context) || codeReturn == NULL)
    return MutatorResPARAM;
  if (context->var != MutatorContextFAULT)
    return MutatorResFAIL;
  mutatorOSFault(&context->native, &fault);
  if (!fault.codeKnown)
    return MutatorResFAIL;
  *codeReturn = fault.code;
  return MutatorResOK;
}

MutatorDecline MutatorContextDecline(MutatorContext context) {
  return MutatorContextCheck(context) ? (MutatorDecline)context->decline : MutatorDeclineNONE;
}

void *MutatorContextSP(MutatorContext context) {
  return MutatorContextCheck(context) ? (void *)*registerOf(context, MutatorRegisterSP) : NULL;
}

void *MutatorContextStackHot(MutatorContext context) {
  return MutatorContextCheck(context) ? (void *)(*registerOf(context, MutatorRegisterSP) - MUTATOR_RED_ZONE) : NULL;
}

void *MutatorContextPC(MutatorContext context) {
  OSFaultStruct fault;
  MutatorWord pc;
  if (!MutatorContextCheck(context))
    return NULL;
  pc = *registerOf(context, MutatorRegisterPC);
  if (context->var == MutatorContextFAULT && !context->exact) {
    mutatorOSFault(&context->native, &fault);
    if (fault.pcAfter)
      pc -= mutatorArchBreakpointLength(pc);
    else if (fault.kind == MutatorFaultKindBREAKPOINT && mutatorArchBreakpointLength(pc + 1) > 1)
      pc -= mutatorArchBreakpointLength(pc + 1) - 1; /* the record's PC is at its last byte */
  }
  return (void *)pc;
}

/* The flags' field may be narrower than a word, and bytes beyond it another field's. */
MutatorRes MutatorContextGetRegister(MutatorContext context, MutatorRegister reg, MutatorWord *valueReturn) {
  MachineStruct machine;
  if (!MutatorContextCheck(context) || (unsigned)reg >= MutatorRegisterLIMIT || valueReturn == NULL)
    return MutatorResPARAM;
  mutatorOSMachine(&context->native, &machine);
  *valueReturn = reg == MutatorRegisterFLAGS ? *machineFlags(&machine) : *machineRegister(&machine, reg);
  return MutatorResOK;
}

MutatorRes MutatorContextSetRegister(MutatorContext context, MutatorRegister reg, MutatorWord value) {
  MachineStruct machine;
  if (!MutatorContextCheck(context) || (unsigned)reg >= MutatorRegisterLIMIT)
    return MutatorResPARAM;
  mutatorOSMachine(&context->native, &machine);
  if (reg == MutatorRegisterFLAGS)
    *machineFlags(&machine) = (uint32_t)value;
  else
    *machineRegister(&machine, reg) = value;
  return MutatorResOK;
}

MutatorRes MutatorContextCommit(MutatorContext context) {
  return MutatorContextCheck(context) ? mutatorOSCommit(&context->native) : MutatorResPARAM;
}
