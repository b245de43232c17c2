/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject/run.c -- after the handler: call the function, and the way back
 *
 * The trampoline has saved the vector registers and made a stack; here the
 * callback runs, and its edits become the registers that the thread goes on with.
 */

#include "inject/inject.h"

static void loadRegisters(InjectFrame frame, MachineStruct *machine) {
  unsigned reg;
  mutatorOSMachine(&frame->context.native, machine);
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    frame->arch.reg[reg] = reg == MutatorRegisterFLAGS ? *machineFlags(machine) : *machineRegister(machine, reg);
}

/* An abandoned frame may have served another injection since. */
static MutatorBool lost(InjectFrame frame) { return frame->abandoned || frame->area->depth != frame->index + 1; }

MutatorWord mutatorInjectRun(ArchInject arch) {
  InjectFrame frame = (InjectFrame)(void *)arch;
  InjectArea area = frame->area;
  MachineStruct machine;
  const MutatorWord error = mutatorOSErrorGet();
  frame->callback(&frame->context, frame->closure);
  if (lost(frame))
    return ArchInjectBackLOST;
  mutatorOSErrorSet(error);
  mutatorOSRecordEdited(&frame->context.native, arch->state);
  loadRegisters(frame, &machine);
  frame->returning = area->back == MutatorInjectBackTRAP || area->shadow || !mutatorArchInjectStraight(arch);
  return frame->returning ? ArchInjectBackTRAP : ArchInjectBackSTRAIGHT;
}

/* The innermost frame is the one that is on its way back. */
MutatorBool MutatorInjectReturn(MutatorContext context) {
  InjectArea area = mutatorOSInjectArea();
  InjectFrame frame;
  MachineStruct machine;
  unsigned reg;
  if (MutatorContextVariety(context) != MutatorContextFAULT || area == NULL || area->depth == 0)
    return 0;
  mutatorOSMachine(&context->native, &machine);
  frame = injectFrame(area, area->depth - 1);
  if (!frame->returning || !mutatorArchInjectReturns(&frame->arch, &machine))
    return 0;
  if (!mutatorOSRecordRestore(&context->native, &frame->context.native, frame->arch.state))
    return 0;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    if (reg == MutatorRegisterFLAGS)
      *machineFlags(&machine) = (uint32_t)frame->arch.reg[reg];
    else
      *machineRegister(&machine, reg) = frame->arch.reg[reg];
  atomicStore(&area->depth, frame->index);
  return 1;
}

MutatorRes MutatorInjectAbandon(void) {
  InjectArea area = mutatorOSInjectArea();
  if (area == NULL || area->depth == 0)
    return MutatorResSTATE;
  injectFrame(area, area->depth - 1)->abandoned = 1;
  area->depth--;
  return MutatorResOK;
}

unsigned MutatorInjectDepth(void) {
  InjectArea area = mutatorOSInjectArea();
  return area == NULL ? 0 : (unsigned)area->depth;
}

static MutatorRes scanFrame(InjectArea area, InjectFrame frame, MutatorAreaScan scan, void *closure) {
  MutatorRes res = MutatorContextScan(&frame->context, scan, closure);
  MutatorWord *base, *limit;
  mutatorOSRecordRest(injectState(frame), area->stateSize, &base, &limit);
  return res == MutatorResOK && base != limit ? scan(base, limit, closure) : res;
}

MutatorRes MutatorInjectScan(void *memory, MutatorAreaScan scan, void *closure) {
  InjectArea area = memory != NULL ? memory : mutatorOSInjectArea();
  MutatorRes res = MutatorResOK;
  MutatorWord i;
  if (!injectAreaCheck(area) || scan == NULL)
    return MutatorResPARAM;
  for (i = 0; i < area->depth && res == MutatorResOK; i++)
    res = scanFrame(area, injectFrame(area, i), scan, closure);
  return res;
}
