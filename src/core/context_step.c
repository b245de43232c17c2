/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/context_step.c -- step the instruction that a fault interrupted
 *
 * The step core performs any instruction; what belongs to a fault is here: the
 * plan must explain the fault.  An operand of the instruction has to cover the
 * address, in the direction, that the hardware reported.  A mismatch means
 * that we misread the instruction, or that it is not the one that faulted.
 */

#include "core/context.h"

#include "core/core.h"
#include "core/plan_cache.h"

#include <string.h>

/* What the context remembers from an earlier CanStep is as good as the cache,
 * and cannot be evicted: CanStep's promise rests on it. */
static MutatorBool remembered(MutatorContext context, CoreStep step) {
  size_t length;
  if (!context->planned || context->planPC != step->pc)
    return 0;
  memcpy(&step->plan, context->plan, sizeof step->plan);
  length = mutatorArchPlanLength(&step->plan);
  return length <= step->count && planCacheSame(context->bytes, step->bytes, length);
}

/* Kinds that go away when the access is made another way. */
static MutatorDecline kindDecline(const OSFaultStruct *fault) {
  switch (fault->kind) {
  case MutatorFaultKindPROTECTION:
  case MutatorFaultKindUNMAPPED:
  case MutatorFaultKindBUS:
  case MutatorFaultKindGUARD:
  case MutatorFaultKindKEY: break;
  case MutatorFaultKindASYNC: return MutatorDeclineASYNC;
  default: return MutatorDeclineKIND;
  }
  return (fault->access & MutatorAccessEXECUTE) != 0 ? MutatorDeclineEXECUTE : MutatorDeclineNONE;
}

/* A breakpoint makes no access: what faulted is under it, and a debugger has put
 * it there since, or steps over it.  (It is one byte long.) */
static MutatorBool uncover(MutatorContext context, CoreStep step) {
  OSFaultStruct fault;
  if (context->var != MutatorContextFAULT || mutatorArchBreakpointLength(step->pc + 1) != 1)
    return 0;
  mutatorOSFault(&context->native, &fault);
  return kindDecline(&fault) == MutatorDeclineNONE && mutatorOSUntraced(step->bytes, step->count, step->pc);
}

MutatorDecline mutatorContextRead(MutatorContext context, CoreStep step) {
  MutatorDecline decline = mutatorStepFetch(step);
  if (decline == MutatorDeclineNONE && !remembered(context, step)) {
    decline = mutatorStepPlan(step);
    if (decline != MutatorDeclineNONE && uncover(context, step))
      decline = mutatorStepPlan(step);
  }
  if (decline == MutatorDeclineNONE)
    decline = mutatorStepResolve(step);
  return decline;
}

static MutatorBool covers(const MutatorInstructionAccessStruct *access, MutatorWord address) {
  return address - (MutatorWord)access->address < access->size;
}

/* What the instruction does to the fault address; of two operands, the one that faulted counts. */
static MutatorAccess accessAt(const ArchAccessesStruct *accesses, MutatorWord address) {
  MutatorAccess access = MutatorAccessNONE;
  unsigned i;
  for (i = 0; i < accesses->count; i++)
    if (covers(&accesses->access[i], address))
      access |= accesses->access[i].access;
  return access;
}

static void remember(MutatorContext context, const CoreStepStruct *step) {
  OSFaultStruct fault;
  mutatorOSFault(&context->native, &fault);
  memcpy(context->plan, &step->plan, sizeof context->plan);
  memcpy(context->bytes, step->bytes, sizeof context->bytes);
  context->planPC = step->pc;
  context->access = (unsigned char)accessAt(&step->accesses, fault.address);
  context->planned = 1;
}

/* The hardware reports a read-modify-write as a write. */
static MutatorBool sameDirection(const MutatorInstructionAccessStruct *access, MutatorAccess hardware) {
  return ((access->access & MutatorAccessWRITE) != 0) == ((hardware & MutatorAccessWRITE) != 0);
}

static MutatorDecline explains(const ArchAccessesStruct *accesses, const OSFaultStruct *fault) {
  MutatorDecline decline = MutatorDeclineADDRESS;
  unsigned i;
  if (!fault->addressKnown)
    return MutatorDeclineADDRESS;
  for (i = 0; i < accesses->count; i++) {
    if (!covers(&accesses->access[i], fault->address))
      continue;
    if (sameDirection(&accesses->access[i], fault->access))
      return MutatorDeclineNONE;
    decline = MutatorDeclineDIRECTION;
  }
  return decline;
}

static MutatorBool hitsFrame(const MutatorNativeStruct *native, const ArchAccessesStruct *accesses) {
  unsigned i;
  for (i = 0; i < accesses->count; i++)
    if ((accesses->access[i].access & MutatorAccessWRITE) != 0 &&
        mutatorOSFrameOverlaps(native, (MutatorWord)accesses->access[i].address, accesses->access[i].size))
      return 1;
  return 0;
}

static MutatorDecline readFault(MutatorContext context, const OSFaultStruct *fault, CoreStep step) {
  MutatorDecline decline = mutatorContextRead(context, step);
  if (decline == MutatorDeclineNONE)
    decline = explains(&step->accesses, fault);
  if (decline == MutatorDeclineNONE)
    return hitsFrame(&context->native, &step->accesses) ? MutatorDeclineFRAME : MutatorDeclineNONE;
  /* The kernel moves the PC of an interrupted restartable sequence to its
   * abort handler before it delivers the signal (rseq(2)). */
  return mutatorOSRestarted(step->pc) ? MutatorDeclineRESTARTED : decline;
}

MutatorDecline mutatorContextPrepare(MutatorContext context, CoreStep step) {
  OSFaultStruct fault;
  MutatorDecline decline;
  if (mutatorCoreOptions() == NULL)
    return MutatorDeclineSETUP;
  if (context->var != MutatorContextFAULT)
    return MutatorDeclineVARIETY;
  if (!mutatorOSStepsOffered())
    return MutatorDeclineSYSTEM;
  mutatorOSFault(&context->native, &fault);
  decline = kindDecline(&fault);
  if (decline != MutatorDeclineNONE)
    return decline;
  mutatorStepMachine(step, &context->native);
  if (mutatorArchTraced(&step->machine))
    return MutatorDeclineTRACE;
  return readFault(context, &fault, step);
}

static void note(MutatorContext context, MutatorDecline decline) {
  context->decline = (unsigned char)decline;
  if (decline != MutatorDeclineNONE)
    mutatorCoreCount(CORE_COUNTER(declines) + (size_t)decline);
}

MutatorBool MutatorContextCanStepInstruction(MutatorContext context) {
  CoreStepStruct step;
  MutatorDecline decline;
  if (!MutatorContextCheck(context))
    return 0;
  decline = mutatorContextPrepare(context, &step);
  note(context, decline);
  if (decline != MutatorDeclineNONE)
    return 0;
  remember(context, &step);
  return 1;
}

static MutatorRes perform(MutatorContext context, CoreStep step, MutatorMemory memory) {
  MutatorRes res = mutatorStepPerform(step, memory);
  if (res == MutatorResUNIMPL)
    note(context, MutatorDeclineMEMORY);
  else
    mutatorCoreCount(res == MutatorResOK ? CORE_COUNTER(steps) : CORE_COUNTER(inaccessible));
  if (res == MutatorResOK)
    context->planned = 0;
  return res;
}

MutatorRes MutatorContextStepInstructionWith(MutatorContext context, MutatorMemory memory) {
  CoreStepStruct step;
  MutatorDecline decline;
  if (MutatorContextVariety(context) != MutatorContextFAULT || !MutatorMemoryCheck(memory))
    return MutatorResPARAM;
  decline = mutatorContextPrepare(context, &step);
  note(context, decline);
  if (decline == MutatorDeclineSETUP)
    return MutatorResSTATE;
  return decline == MutatorDeclineNONE ? perform(context, &step, memory) : MutatorResUNIMPL;
}

MutatorRes MutatorContextStepInstruction(MutatorContext context) {
  return MutatorContextStepInstructionWith(context, MutatorMemoryDirect());
}

MutatorRes mutatorCoreStepBytes(MutatorContext context, const unsigned char *bytes, size_t count,
                                MutatorMemory memory) {
  CoreStepStruct step;
  mutatorStepMachine(&step, &context->native);
  if (!mutatorOSStepsOffered() || mutatorArchTraced(&step.machine) || step.machine.foreign)
    return MutatorResUNIMPL;
  step.pc = *machineRegister(&step.machine, MutatorRegisterPC);
  step.count = count;
  memset(step.bytes, 0, sizeof step.bytes);
  memcpy(step.bytes, bytes, count);
  if (mutatorStepPlan(&step) != MutatorDeclineNONE || mutatorStepResolve(&step) != MutatorDeclineNONE ||
      hitsFrame(&context->native, &step.accesses))
    return MutatorResUNIMPL;
  return mutatorStepPerform(&step, memory);
}

static void describe(MutatorInstruction instruction, const CoreStepStruct *step, MutatorBool backward) {
  size_t length = mutatorArchPlanLength(&step->plan);
  memset(instruction, 0, sizeof *instruction);
  instruction->name = mutatorArchPlanName(&step->plan);
  instruction->row = (unsigned short)mutatorArchPlanRow(&step->plan);
  instruction->length = (unsigned char)length;
  instruction->backward = (unsigned char)backward;
  instruction->locked = (unsigned char)mutatorArchPlanLocked(&step->plan);
  instruction->count = (unsigned char)step->accesses.count;
  memcpy(instruction->bytes, step->bytes, length);
  memcpy(instruction->access, step->accesses.access, step->accesses.count * sizeof instruction->access[0]);
}

/* The bytes of an instruction whose fetch faulted are not fetched either. */
static MutatorBool fetchFaulted(MutatorContext context) {
  OSFaultStruct fault;
  if (context->var != MutatorContextFAULT)
    return 0;
  mutatorOSFault(&context->native, &fault);
  return (fault.access & MutatorAccessEXECUTE) != 0;
}

MutatorRes MutatorContextDecode(MutatorContext context, MutatorInstruction instruction) {
  CoreStepStruct step;
  MutatorDecline decline;
  if (!MutatorContextCheck(context) || instruction == NULL)
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  mutatorStepMachine(&step, &context->native);
  decline = fetchFaulted(context) ? MutatorDeclineEXECUTE : mutatorContextRead(context, &step);
  context->decline = (unsigned char)decline;
  if (decline != MutatorDeclineNONE)
    return MutatorResUNIMPL;
  describe(instruction, &step, mutatorArchBackward(&step.machine));
  return MutatorResOK;
}
