/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/hit.c -- a thread has come to a breakpoint
 *
 * The instruction under it is taken as the JIT wrote it, at the moment of the trap.
 * After the client's function it is done on the registers, stepped, or run in a
 * slot; the trap byte stays where it is for the other threads.
 */

#include "breakpoint/breakpoint.h"

/* What a trap turns out to be. */
typedef enum Seen {
  SeenOTHERS = 0, /* somebody else's: the JIT's own, say */
  SeenSTALE,      /* it has been taken away since: execute what is there */
  SeenEND,        /* the end of a slot */
  SeenHIT,
  SeenPASS /* the thread has been here for this instruction before: no hit */
} Seen;

typedef struct HitStruct *Hit;
typedef struct HitStruct {
  MutatorBreak breakpoint;
  MutatorCode code;
  MutatorWord address;  /* where it was executed: in the region or an alias */
  MutatorWord recorded; /* the record's PC */
  MutatorBool own;      /* the instruction is a trap of the JIT's own */
  MutatorBreakCallback callback;
  MutatorInjectCallback injected;
  void *closure;
  size_t count;
  unsigned char bytes[ARCH_FETCH_MAX];
} HitStruct;

/* passes ------------------------------------------------------------------------------ */

/* The general registers, but for PC and flags: the same when the thread has not moved. */
static MutatorWord registerHash(MutatorContext context) {
  MutatorWord hash = 1;
  MachineStruct machine;
  unsigned reg;
  mutatorOSMachine(&context->native, &machine);
  for (reg = 0; reg < MutatorRegisterLIMIT; ++reg)
    if (reg != MutatorRegisterPC && reg != MutatorRegisterFLAGS)
      hash = (hash ^ *machineRegister(&machine, reg)) * 16777619;
  return hash;
}

static void letPass(MutatorContext context, MutatorWord address) {
  OSLocal local = mutatorOSLocal();
  local->pass[0] = address;
  local->pass[1] = registerHash(context);
}

static MutatorBool passes(MutatorContext context, MutatorWord address) {
  OSLocal local = mutatorOSLocal();
  if (local->pass[0] != address)
    return 0;
  local->pass[0] = 0;
  return local->pass[1] == registerHash(context);
}

/* look -------------------------------------------------------------------------------- */

static MutatorBool atSlotEnd(MutatorContext context, MutatorWord address) {
  MutatorWord by;
  CodeSlot slot = mutatorSlotFind(address, &by);
  if (slot == NULL || by != slot->length)
    return 0;
  *codePC(context) = slot->next;
  slot->origin = 0;
  return 1;
}

/* No breakpoint is set there: is the trap still in the code, or was it ours until a moment ago? */
static Seen lookAgain(MutatorWord address, unsigned char byte) {
  unsigned char now;
  return mutatorArchNofaultLoad(&now, (const void *)address, 1) && now == byte ? SeenOTHERS : SeenSTALE;
}

static void take(Hit hit, MutatorContext context, const MutatorCodeAliasStruct *alias, MutatorBreak breakpoint) {
  hit->breakpoint = breakpoint;
  hit->code = alias->code;
  hit->recorded = *codePC(context);
  hit->callback = breakpoint->callback;
  hit->injected = breakpoint->injected;
  hit->closure = breakpoint->closure;
  hit->count = mutatorMergeFetch(alias, hit->address, hit->bytes);
}

static Seen look(Hit hit, MutatorContext context, MutatorWord address, unsigned char byte) {
  MutatorCodeAlias alias = mutatorCodeMapping(address, 1);
  MutatorBreak breakpoint;
  if (atSlotEnd(context, address))
    return SeenEND;
  if (alias == NULL)
    return SeenOTHERS;
  breakpoint = mutatorBreakAt(alias, address);
  if (breakpoint == NULL || !breakIsPlanted(breakpoint) || breakpoint->plant != byte)
    return lookAgain(address, byte);
  hit->address = address;
  take(hit, context, alias, breakpoint);
  hit->own = hit->bytes[0] == byte;
  if (passes(context, address))
    return SeenPASS;
  ++breakpoint->counter[BreakCountHITS];
  return SeenHIT;
}

/* go on ------------------------------------------------------------------------------- */

/* On the registers, or by a step, or in a slot. */
static MutatorRes perform(Hit hit, MutatorContext context, CodeStore store) {
  MutatorMemoryStruct memory;
  MachineStruct machine;
  MutatorRes res;
  mutatorMergeMemory(&memory, store);
  mutatorOSMachine(&context->native, &machine);
  res = mutatorArchTraced(&machine) ? MutatorResUNIMPL : mutatorArchBranch(hit->bytes, hit->count, &machine);
  if (res != MutatorResOK)
    res = mutatorCoreStepBytes(context, hit->bytes, hit->count, &memory);
  if (res == MutatorResOK) {
    ++hit->code->counter[CodeCountEMULATED];
    return MutatorResOK;
  }
  res = mutatorSlotRun(hit->code, context, hit->bytes, hit->count, &memory);
  if (res == MutatorResOK)
    ++hit->code->counter[CodeCountDISPLACED];
  return res;
}

/* Is it still the breakpoint that was hit? */
static MutatorBool isStill(const HitStruct *hit) {
  MutatorCodeAlias alias = mutatorCodeMapping(hit->address, 1);
  return alias != NULL && mutatorBreakAt(alias, hit->address) == hit->breakpoint;
}

/* When it can be neither stepped nor run elsewhere, it runs in its place, and the trap byte leaves it.  When every slot is
 * in use, the thread comes back until one is free. */
static MutatorFaultResult goOn(Hit hit, MutatorContext context) {
  OSSignalsStruct signals;
  CodeStoreStruct store;
  MutatorRes res;
  if (!mutatorCodeEnter(&signals))
    return MutatorFaultDECLINED;
  res = perform(hit, context, &store);
  if (res == MutatorResBUSY)
    letPass(context, hit->address);
  else if (res != MutatorResOK && isStill(hit))
    mutatorBreakLose(hit->breakpoint);
  mutatorCodeLeaveHandled(&signals, &store);
  return MutatorFaultHANDLED;
}

/* Called outside of the handler.  The thread comes to the breakpoint again, and then passes; unless the
 * client's function has sent it elsewhere, or has left by a jump. */
static void runInjected(MutatorContext context, void *closure) {
  const MutatorBreakStruct *breakpoint = closure;
  const MutatorWord pc = *codePC(context);
  breakpoint->injected(context, breakpoint->closure);
  if (*codePC(context) == pc)
    letPass(context, pc);
}

/* True when the thread goes elsewhere. */
static MutatorBool ask(Hit hit, MutatorContext context) {
  if (hit->callback != NULL)
    hit->callback(hit->breakpoint, context, hit->closure);
  if (*codePC(context) != hit->address)
    return 1;
  if (hit->injected == NULL)
    return 0;
  if (MutatorInject(context, runInjected, hit->breakpoint, NULL) == MutatorResOK)
    return 1;
  atomicCount(&hit->breakpoint->counter[BreakCountREFUSED]);
  return 0;
}

static MutatorFaultResult serve(Hit hit, MutatorContext context, MutatorBool isHit) {
  *codePC(context) = hit->address;
  context->exact = 1;
  if (isHit && ask(hit, context))
    return MutatorFaultHANDLED;
  if (!hit->own)
    return goOn(hit, context);
  *codePC(context) = hit->recorded;
  context->exact = 0;
  return MutatorFaultDECLINED;
}

/* Somebody else's trap costs a look at the tables. */
static MutatorBool mayBeOurs(MutatorWord address) {
  MutatorWord by;
  return mutatorCodeMapping(address, 1) != NULL || mutatorSlotFind(address, &by) != NULL;
}

MutatorFaultResult mutatorBreakTrap(MutatorContext context, MutatorWord address, unsigned char byte) {
  OSSignalsStruct signals;
  HitStruct hit;
  Seen seen;
  if (!mayBeOurs(address) || !mutatorCodeEnter(&signals))
    return MutatorFaultDECLINED;
  seen = look(&hit, context, address, byte);
  mutatorCodeLeave(&signals);
  switch (seen) {
  case SeenHIT:
  case SeenPASS: return serve(&hit, context, seen == SeenHIT);
  case SeenSTALE: *codePC(context) = address; return MutatorFaultHANDLED;
  case SeenEND: return MutatorFaultHANDLED;
  default: return MutatorFaultDECLINED;
  }
}

/* A debug register has stopped the thread before the instruction: it is executed when the handler returns, unless
 * the thread goes elsewhere. */
static MutatorFaultResult serveHardware(Hit hit, MutatorContext context, Seen seen) {
  MachineStruct machine;
  mutatorOSMachine(&context->native, &machine);
  if (seen == SeenPASS || !ask(hit, context))
    mutatorArchResume(&machine);
  return mutatorArchTraced(&machine) ? MutatorFaultDECLINED : MutatorFaultHANDLED;
}

static Seen lookTraced(Hit hit, MutatorContext context, MutatorWord pc) {
  MutatorCodeAlias alias = mutatorCodeMapping(pc, 1);
  MutatorBreak breakpoint;
  if (atSlotEnd(context, pc) || alias == NULL)
    return SeenOTHERS;
  breakpoint = mutatorBreakAt(alias, pc);
  if (breakpoint == NULL || breakIsSoftware(breakpoint) || breakpoint->address != pc)
    return SeenOTHERS;
  hit->address = pc;
  take(hit, context, alias, breakpoint);
  if (passes(context, pc))
    return SeenPASS;
  ++breakpoint->counter[BreakCountHITS];
  return SeenHIT;
}

/* Who traces the thread wants to see the program's own address. */
MutatorFaultResult mutatorBreakTraced(MutatorContext context) {
  OSSignalsStruct signals;
  HitStruct hit;
  Seen seen;
  if (!mayBeOurs(*codePC(context)) || !mutatorCodeEnter(&signals))
    return MutatorFaultDECLINED;
  seen = lookTraced(&hit, context, *codePC(context));
  mutatorCodeLeave(&signals);
  return seen == SeenHIT || seen == SeenPASS ? serveHardware(&hit, context, seen) : MutatorFaultDECLINED;
}

/* The instruction in a slot has faulted, and nobody that knows of slots has cured it.  Those behind us
 * see it where the JIT has it; if it is retried there, that is no hit. */
MutatorFaultResult mutatorBreakLast(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  OSSignalsStruct signals;
  MutatorWord by;
  CodeSlot slot;
  (void)handler;
  (void)closure;
  if (mutatorSlotFind(*codePC(context), &by) == NULL || !mutatorCodeEnter(&signals))
    return MutatorFaultDECLINED;
  slot = mutatorSlotFind(*codePC(context), &by);
  *codePC(context) = by == 0 ? slot->origin : slot->next;
  if (by == 0)
    letPass(context, slot->origin);
  slot->origin = 0;
  mutatorCodeLeave(&signals);
  return MutatorFaultDECLINED;
}
