/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject/inject.c -- in the handler: send the thread to the trampoline
 *
 * Everything that can be refused is refused before the first register changes.
 */

#include "inject/inject.h"

#include "cc/atomic.h"

#include <string.h>

/* Kinds that the instruction at the PC has raised by itself. */
static const unsigned char synchronous[MutatorFaultKindLIMIT] = {
    [MutatorFaultKindPROTECTION] = 1, [MutatorFaultKindUNMAPPED] = 1, [MutatorFaultKindBUS] = 1,
    [MutatorFaultKindGUARD] = 1,      [MutatorFaultKindKEY] = 1,      [MutatorFaultKindNONCANONICAL] = 1,
    [MutatorFaultKindMISALIGNED] = 1, [MutatorFaultKindGENERAL] = 1,  [MutatorFaultKindILLEGAL] = 1,
    [MutatorFaultKindBREAKPOINT] = 1, [MutatorFaultKindTRACE] = 1,    [MutatorFaultKindDIVIDE] = 1,
    [MutatorFaultKindFLOAT] = 1,
};

static MutatorBool inside(MutatorWord address, MutatorWord base, MutatorWord limit) {
  return address - base < limit - base;
}

/* A stack that an outer injection runs on is in use even where the thread has
 * gone to another since (a coroutine's). */
static MutatorBool privateIsFree(InjectArea area, InjectFrame frame) {
  MutatorWord i;
  for (i = 0; i < frame->index; i++)
    if (injectFrame(area, i)->onPrivate)
      return 0;
  return area->stackBase != area->stackLimit;
}

/* Is every page of [sp - room, sp) there?  Each is read once, from the top down,
 * which also makes the system extend a stack that grows by itself. */
static MutatorBool hasRoom(MutatorWord sp, MutatorWord room) {
  enum { SmallestPage = 4096 };
  MutatorWord at, left;
  unsigned char byte;
  if (sp < room)
    return 0;
  for (left = room; left > 0; left -= at) {
    at = left < SmallestPage ? left : SmallestPage;
    if (!mutatorArchNofaultLoad(&byte, (const void *)(sp - room + left - at), 1))
      return 0;
  }
  return 1;
}

static MutatorBool hasRoomOn(InjectArea area, MutatorWord top) {
  MutatorBool room;
  if (area != mutatorOSInjectArea() && top >= area->room && mutatorOSStackRoom(top - area->room, top, &room))
    return room;
  return hasRoom(top, area->room);
}

/* Below the interrupted frame and its red zone, or at the top of the private stack.  0: no room. */
static MutatorWord findStack(InjectArea area, InjectFrame frame, MutatorWord sp) {
  MutatorWord top = sp - MUTATOR_RED_ZONE;
  frame->onPrivate = inside(sp, area->stackBase, area->stackLimit);
  if (frame->onPrivate)
    return top - area->stackBase >= area->room ? top : 0;
  if (privateIsFree(area, frame)) {
    frame->onPrivate = 1;
    return area->stackLimit;
  }
  return hasRoomOn(area, top) ? top : 0;
}

static void saveRegisters(const MachineStruct *machine, ArchInject arch) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    arch->reg[reg] = reg == MutatorRegisterFLAGS ? *machineFlags(machine) : *machineRegister(machine, reg);
}

static MutatorInjectRefusal refusalOf(InjectArea area, InjectFrame frame, const MachineStruct *machine,
                                      MutatorWord *stackReturn) {
  if (mutatorArchInjectOwn(*machineRegister(machine, MutatorRegisterPC)))
    return MutatorInjectRefusalOWNCODE;
  if (area->shadow && area->back == MutatorInjectBackSTRAIGHT)
    return MutatorInjectRefusalSHADOW;
  *stackReturn = findStack(area, frame, *machineRegister(machine, MutatorRegisterSP));
  return *stackReturn == 0 ? MutatorInjectRefusalROOM : MutatorInjectRefusalNONE;
}

/* The context of the copy, as the callback will see it. */
static MutatorBool copyRecord(InjectArea area, InjectFrame frame, MutatorContext context) {
  MutatorNativeStruct native;
  memset(&frame->arch, 0, sizeof frame->arch);
  frame->arch.state = injectState(frame);
  if (!mutatorOSRecordCopy(&native, injectRecord(frame), frame->arch.state, area->stateSize, &context->native,
                           &frame->arch.mask))
    return 0;
  mutatorCoreContextInit(&frame->context, (MutatorContextVar)context->var, &native);
  frame->context.exact = context->exact;
  return 1;
}

static void redirect(InjectArea area, InjectFrame frame, Machine machine, MutatorWord stack) {
  saveRegisters(machine, &frame->arch);
  frame->arch.run = mutatorInjectRun;
  frame->arch.release = &area->depth;
  frame->arch.released = frame->index;
  mutatorArchInjectEnter(&frame->arch, machine, stack);
}

static MutatorInjectRefusal fill(InjectArea area, InjectFrame frame, MutatorContext context) {
  MachineStruct machine;
  MutatorInjectRefusal refusal;
  MutatorWord stack = 0;
  mutatorOSMachine(&context->native, &machine);
  refusal = refusalOf(area, frame, &machine, &stack);
  if (refusal == MutatorInjectRefusalNONE && !copyRecord(area, frame, context))
    refusal = MutatorInjectRefusalSTATE;
  if (refusal == MutatorInjectRefusalNONE)
    redirect(area, frame, &machine, stack);
  return refusal;
}

/* The frame is taken before anything is written to it: a signal may interrupt
 * us anywhere, and what it interrupts be injected into as well. */
static MutatorInjectRefusal inject(InjectArea area, MutatorContext context, MutatorInjectCallback callback,
                                   void *closure) {
  const MutatorWord index = area->depth;
  MutatorInjectRefusal refusal;
  InjectFrame frame;
  if (index == area->frames)
    return MutatorInjectRefusalDEPTH;
  atomicStore(&area->depth, index + 1);
  frame = injectFrame(area, index);
  frame->area = area;
  frame->index = index;
  frame->abandoned = 0;
  frame->returning = 0;
  frame->callback = callback;
  frame->closure = closure;
  refusal = fill(area, frame, context);
  if (refusal != MutatorInjectRefusalNONE)
    atomicStore(&area->depth, index);
  return refusal;
}

static MutatorInjectRefusal injectTrapped(MutatorContext context, MutatorInjectCallback callback, void *closure) {
  InjectArea area = mutatorOSInjectArea();
  if (area == NULL)
    return MutatorInjectRefusalSETUP;
  return synchronous[MutatorContextKind(context)] ? inject(area, context, callback, closure)
                                                  : MutatorInjectRefusalASYNC;
}

/* The thread is where its system call was, or will be made again. */
static MutatorInjectRefusal injectSuspended(InjectArea area, MutatorContext context, MutatorInjectCallback callback,
                                            void *closure) {
  if (mutatorArchSystemCall((MutatorWord)MutatorContextPC(context)) ||
      mutatorOSInSystem(area->thread, &context->native))
    return MutatorInjectRefusalSYSTEMCALL;
  return inject(area, context, callback, closure);
}

static const MutatorRes results[MutatorInjectRefusalLIMIT] = {
    [MutatorInjectRefusalNONE] = MutatorResOK,           [MutatorInjectRefusalSETUP] = MutatorResSTATE,
    [MutatorInjectRefusalDEPTH] = MutatorResLIMIT,       [MutatorInjectRefusalROOM] = MutatorResLIMIT,
    [MutatorInjectRefusalASYNC] = MutatorResUNIMPL,      [MutatorInjectRefusalSHADOW] = MutatorResUNIMPL,
    [MutatorInjectRefusalOWNCODE] = MutatorResUNIMPL,    [MutatorInjectRefusalSTATE] = MutatorResUNIMPL,
    [MutatorInjectRefusalSYSTEMCALL] = MutatorResUNIMPL,
};

MutatorRes MutatorInject(MutatorContext context, MutatorInjectCallback callback, void *closure,
                         MutatorInjectRefusal *refusalReturn) {
  MutatorInjectRefusal refusal;
  if (MutatorContextVariety(context) != MutatorContextFAULT || context->thread != mutatorOSLocal() || callback == NULL)
    return MutatorResPARAM;
  refusal = injectTrapped(context, callback, closure);
  if (refusalReturn != NULL)
    *refusalReturn = refusal;
  return results[refusal];
}

MutatorRes MutatorInjectThread(MutatorThread thread, MutatorContext context, void *memory,
                               MutatorInjectCallback callback, void *closure, MutatorInjectRefusal *refusalReturn) {
  InjectArea area = memory;
  MutatorInjectRefusal refusal;
  if (thread == NULL || MutatorContextVariety(context) != MutatorContextTHREAD || callback == NULL ||
      !injectAreaCheck(area) || area->thread != thread)
    return MutatorResPARAM;
  if (!MutatorThreadHolds(thread, context))
    return MutatorResSTATE;
  refusal = injectSuspended(area, context, callback, closure);
  if (refusalReturn != NULL)
    *refusalReturn = refusal;
  return results[refusal];
}
