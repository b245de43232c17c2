/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/step.c -- the step core
 */

#include "core/step.h"

#include "core/core.h"
#include "core/plan_cache.h"
#include "os/os.h"

static void findVectors(const MachineStruct *machine, Vector vector) { mutatorOSVector(machine->native, vector); }

static MutatorBool wake(const MachineStruct *machine, VectorPart part) {
  return mutatorOSVectorWake(machine->native, part);
}

static MutatorBool readX87(const MachineStruct *machine, unsigned char image[MachineX87SIZE]) {
  return mutatorOSX87Read(machine->native, image);
}

static MutatorBool writeX87(const MachineStruct *machine, const unsigned char image[MachineX87SIZE]) {
  return mutatorOSX87Write(machine->native, image);
}

static const MachineVectorsStruct vectors = {
    .find = findVectors, .wake = wake, .readX87 = readX87, .writeX87 = writeX87};

void mutatorStepMachine(CoreStep step, const MutatorNativeStruct *native) {
  mutatorOSMachine(native, &step->machine);
  step->machine.vectors = &vectors;
  step->machine.native = native;
}

AtomicWord mutatorCoreTruth;

/* Breakpoints of ours are no part of the program. */
static void uncover(CoreStep step) {
  const AtomicWord truth = atomicLoadAcquire(&mutatorCoreTruth);
  if (truth != 0)
    ((CoreTruth)truth)(step->bytes, step->count, step->pc);
}

MutatorDecline mutatorStepFetch(CoreStep step) {
  if (step->machine.foreign)
    return MutatorDeclineSEGMENT;
  step->pc = *machineRegister(&step->machine, MutatorRegisterPC);
  step->count = mutatorArchFetch(step->bytes, step->pc);
  uncover(step);
  return step->count > 0 ? MutatorDeclineNONE : MutatorDeclineFETCH;
}

MutatorDecline mutatorStepPlan(CoreStep step) {
  MutatorDecline decline;
  if (mutatorPlanCacheFind(&step->plan, step->pc, step->bytes, step->count)) {
    mutatorCoreCount(CORE_COUNTER(planHits));
    return MutatorDeclineNONE;
  }
  mutatorCoreCount(CORE_COUNTER(planMisses));
  decline = mutatorArchPlan(&step->plan, step->bytes, step->count, step->pc);
  if (decline == MutatorDeclineNONE)
    mutatorPlanCacheAdd(&step->plan, step->pc, step->bytes);
  return decline;
}

MutatorDecline mutatorStepResolve(CoreStep step) {
  return mutatorArchAccesses(&step->plan, &step->machine, &step->accesses);
}

MutatorRes mutatorStepPerform(CoreStep step, MutatorMemory memory) {
  return mutatorArchPerform(&step->plan, &step->machine, &step->accesses, memory);
}
