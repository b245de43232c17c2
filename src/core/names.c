/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/names.c -- results and reasons as text
 */

#include <mutator/context.h>
#include <mutator/types.h>

const char *MutatorVersion(void) { return MUTATOR_VERSION; }

static const char *const resNames[] = {
    [MutatorResOK] = "MutatorResOK",         [MutatorResFAIL] = "MutatorResFAIL",
    [MutatorResUNIMPL] = "MutatorResUNIMPL", [MutatorResPARAM] = "MutatorResPARAM",
    [MutatorResSTATE] = "MutatorResSTATE",   [MutatorResBUSY] = "MutatorResBUSY",
    [MutatorResLIMIT] = "MutatorResLIMIT",   [MutatorResMEMORY] = "MutatorResMEMORY",
    [MutatorResACCESS] = "MutatorResACCESS",
};

const char *MutatorResName(MutatorRes res) {
  return res >= 0 && res < MutatorResLAST ? resNames[res] : "unknown result";
}

static const char *const declineNames[MutatorDeclineLIMIT] = {
    [MutatorDeclineNONE] = "it is not declined",
    [MutatorDeclineSETUP] = "MutatorSetup has not been called",
    [MutatorDeclineVARIETY] = "the context is not of a fault",
    [MutatorDeclineKIND] = "stepping does not cure this kind of fault",
    [MutatorDeclineASYNC] = "the signal was sent, it is no fault",
    [MutatorDeclineEXECUTE] = "fetching the instruction is what faulted",
    [MutatorDeclineFETCH] = "the instruction cannot be read",
    [MutatorDeclineTRUNCATED] = "the readable bytes end before the instruction does",
    [MutatorDeclineOPCODE] = "the opcode table does not step this instruction",
    [MutatorDeclinePREFIX] = "the combination of prefixes is not proven",
    [MutatorDeclineDECODER] = "Capstone disagrees with the opcode table",
    [MutatorDeclineBUSY] = "every decoder was in use",
    [MutatorDeclineSEGMENT] = "the segment's base is not known",
    [MutatorDeclineADDRESS] = "the operand does not cover the fault address",
    [MutatorDeclineDIRECTION] = "the hardware's write bit contradicts the instruction",
    [MutatorDeclineTRACE] = "the thread is being single-stepped",
    [MutatorDeclineFRAME] = "the store would overwrite the signal frame or the handler's stack",
    [MutatorDeclineRESTARTED] = "a restartable sequence was aborted, the PC is its abort handler",
    [MutatorDeclineMEMORY] = "the memory cannot perform such an access",
    [MutatorDeclineFEATURE] = "the CPU lacks the instruction",
    [MutatorDeclineSYSTEM] = "the system checks where threads go on (user shadow stacks)",
    [MutatorDeclineSPLIT] = "the locked operand lies in two cache lines",
    [MutatorDeclineSHADOW] = "the thread has a shadow stack, which a call or return must follow",
    [MutatorDeclineVECTOR] = "the record does not hold the vector registers",
    [MutatorDeclineALIGNMENT] = "the operand is misaligned, which the CPU refuses",
    [MutatorDeclineEXCEPTION] = "a floating-point exception is not masked, or waits",
};

const char *MutatorDeclineName(MutatorDecline decline) {
  return (unsigned)decline < MutatorDeclineLIMIT ? declineNames[decline] : "unknown reason";
}
