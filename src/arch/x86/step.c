/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/step.c -- perform a plan: find its semantic, then move past the instruction
 */

#include "arch/x86/step.h"

static const StepSemantic semantics[OpcodeSemanticLIMIT] = {
    [OpcodeSemanticLOAD] = mutatorStepLoad,
    [OpcodeSemanticLOADSIGNED] = mutatorStepLoadSigned,
    [OpcodeSemanticSTORE] = mutatorStepStore,
    [OpcodeSemanticLOADREVERSED] = mutatorStepLoadReversed,
    [OpcodeSemanticSTOREREVERSED] = mutatorStepStoreReversed,
    [OpcodeSemanticLOADIF] = mutatorStepLoadIf,
    [OpcodeSemanticCOMPARE] = mutatorStepOperate,
    [OpcodeSemanticCOMPAREREVERSED] = mutatorStepOperate,
    [OpcodeSemanticMODIFY] = mutatorStepOperate,
    [OpcodeSemanticCOMBINE] = mutatorStepOperate,
    [OpcodeSemanticCOMBINEIMMEDIATE] = mutatorStepOperate,
    [OpcodeSemanticEXCHANGE] = mutatorStepOperate,
    [OpcodeSemanticCOMPAREEXCHANGE] = mutatorStepOperate,
    [OpcodeSemanticACCUMULATE] = mutatorStepOperate,
    [OpcodeSemanticDIVIDE] = mutatorStepDivide,
    [OpcodeSemanticDIVIDESIGNED] = mutatorStepDivide,
    [OpcodeSemanticSET] = mutatorStepSet,
    [OpcodeSemanticVEX] = mutatorStepOperate,
    [OpcodeSemanticVEXREVERSED] = mutatorStepOperate,
    [OpcodeSemanticVEXSINGLE] = mutatorStepOperate,
    [OpcodeSemanticVEXROTATE] = mutatorStepOperate,
    [OpcodeSemanticVEXMULTIPLY] = mutatorStepOperate,
    [OpcodeSemanticCOMPAREEXCHANGEPAIR] = mutatorStepCompareExchangePair,
    [OpcodeSemanticPUSH] = mutatorStepPush,
    [OpcodeSemanticPUSHFLAGS] = mutatorStepPushFlags,
    [OpcodeSemanticPOP] = mutatorStepPop,
    [OpcodeSemanticPOPMEMORY] = mutatorStepPopMemory,
    [OpcodeSemanticLEAVE] = mutatorStepLeave,
    [OpcodeSemanticJUMP] = mutatorStepJump,
    [OpcodeSemanticCALL] = mutatorStepCall,
    [OpcodeSemanticRETURN] = mutatorStepReturn,
    [OpcodeSemanticMOVS] = mutatorStepMoveString,
    [OpcodeSemanticSTOS] = mutatorStepFillString,
    [OpcodeSemanticLODS] = mutatorStepTakeString,
    [OpcodeSemanticCMPS] = mutatorStepCompareString,
    [OpcodeSemanticSCAS] = mutatorStepScanString,
    [OpcodeSemanticVECTORLOAD] = mutatorStepVectorLoad,
    [OpcodeSemanticVECTORSTORE] = mutatorStepVectorStore,
    [OpcodeSemanticVECTORINSERT] = mutatorStepVectorInsert,
    [OpcodeSemanticVECTOREXTRACT] = mutatorStepVectorExtract,
    [OpcodeSemanticMXCSRLOAD] = mutatorStepMxcsrLoad,
    [OpcodeSemanticMXCSRSTORE] = mutatorStepMxcsrStore,
};

/* After an instruction the CPU clears RF (Intel SDM volume 3, section 17.3.1.1). */
static void advance(Machine machine, MutatorWord next) {
  *machineRegister(machine, MutatorRegisterPC) = next;
  *machineFlags(machine) &= ~(uint32_t)MachineFlagRF;
}

MutatorRes mutatorArchPerform(const ArchPlanStruct *packed, Machine machine, ArchAccesses accesses,
                              MutatorMemory memory) {
  const PlanStruct plan = planUnpack(packed);
  StepStruct step = {.plan = &plan,
                     .row = &mutatorOpcodeRows[plan.row],
                     .machine = machine,
                     .access = accesses->access,
                     .count = accesses->count,
                     .vector = &accesses->vector,
                     .memory = memory,
                     .next = *machineRegister(machine, MutatorRegisterPC) + plan.length};
  MutatorRes res = semantics[step.row->semantic](&step);
  if (res == MutatorResOK)
    advance(machine, step.next);
  return res;
}

MutatorBool mutatorArchTraced(const MachineStruct *machine) { return (*machineFlags(machine) & MachineFlagTF) != 0; }

MutatorBool mutatorArchBackward(const MachineStruct *machine) { return (*machineFlags(machine) & MachineFlagDF) != 0; }
