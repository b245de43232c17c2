/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/fault.c -- a store to a planted page, and the execution of one that holds the truth
 */

#include "breakpoint/breakpoint.h"

/* The page has changed its mode since: then the thread tries again.  Otherwise the fault is not ours. */
static MutatorFaultResult tryAgain(MutatorWord address, MutatorAccess access) {
  OSMappingStruct mapping;
  if (mutatorOSMapping(address, &mapping) && mapping.base <= address && (mapping.access & access) != 0)
    return MutatorFaultHANDLED;
  return MutatorFaultDECLINED;
}

/* A page that can be neither kept nor changed: its breakpoints are lost, and the program goes on. */
static void giveUp(MutatorCode code, MutatorWord at) {
  MutatorBreak breakpoint;
  if (codePage(code, at)->mode == CodePagePLANTED)
    (void)mutatorPageLower(code, at);
  for (breakpoint = codePage(code, at)->breaks; breakpoint != NULL; breakpoint = breakpoint->next)
    if (breakIsSoftware(breakpoint))
      mutatorBreakLose(breakpoint);
  mutatorPageEnd(code, at);
}

/* An instruction on the page that has been opened for it runs elsewhere: there it would close the page again. */
static MutatorBool standsOnTruth(MutatorWord pc) {
  MutatorCodeAlias alias = mutatorCodeMapping(pc, 1);
  return alias != NULL && codePage(alias->code, codeTarget(alias, pc))->mode == CodePageTRUTH;
}

static MutatorBool runElsewhere(MutatorCode code, MutatorContext context, MutatorMemory memory) {
  unsigned char bytes[ARCH_FETCH_MAX];
  const size_t count = mutatorArchFetch(bytes, *codePC(context));
  mutatorMergeFetched(bytes, count, *codePC(context));
  return mutatorSlotRun(code, context, bytes, count, memory) == MutatorResOK;
}

static MutatorFaultResult flip(MutatorCode code, MutatorWord at, MutatorContext context, MutatorMemory memory) {
  if (mutatorPageLower(code, at) != MutatorResOK)
    return MutatorFaultDECLINED;
  ++code->counter[CodeCountFLIPS];
  if (standsOnTruth(*codePC(context)) && !runElsewhere(code, context, memory))
    giveUp(code, at);
  return MutatorFaultHANDLED;
}

static MutatorFaultResult written(MutatorContext context, MutatorWord address, CodeStore store) {
  MutatorCodeAlias alias = mutatorCodeMapping(address, 1);
  MutatorMemoryStruct memory;
  MutatorWord at;
  if (alias == NULL)
    return tryAgain(address, MutatorAccessWRITE);
  at = codeTarget(alias, address);
  if (codePage(alias->code, at)->mode != CodePagePLANTED || (*mutatorPageWanted(alias, at) & MutatorAccessWRITE) == 0)
    return tryAgain(address, MutatorAccessWRITE);
  mutatorMergeMemory(&memory, store);
  if (MutatorContextStepInstructionWith(context, &memory) != MutatorResOK)
    return flip(alias->code, at, context, &memory);
  ++alias->code->counter[CodeCountSTEPPED];
  return MutatorFaultHANDLED;
}

static MutatorFaultResult executed(MutatorWord address, CodeStore store) {
  MutatorCodeAlias alias = mutatorCodeMapping(address, 1);
  MutatorWord at;
  if (alias == NULL)
    return tryAgain(address, MutatorAccessEXECUTE);
  at = codeTarget(alias, address);
  if (codePage(alias->code, at)->mode != CodePageTRUTH || (*mutatorPageWanted(alias, at) & MutatorAccessEXECUTE) == 0)
    return tryAgain(address, MutatorAccessEXECUTE);
  if (mutatorPageRaise(alias->code, at) != MutatorResOK) {
    giveUp(alias->code, at);
    return MutatorFaultHANDLED;
  }
  ++alias->code->counter[CodeCountRAISED];
  store->code = alias->code;
  store->base = codePageBase(at);
  store->limit = store->base + mutatorOSPageSize();
  return MutatorFaultHANDLED;
}

static MutatorFaultResult touched(MutatorContext context, const OSFaultStruct *fault) {
  CodeStoreStruct store = {0};
  OSSignalsStruct signals;
  MutatorFaultResult result = MutatorFaultDECLINED;
  if (!fault->addressKnown || mutatorCodeMapping(fault->address, 1) == NULL || !mutatorCodeEnter(&signals))
    return MutatorFaultDECLINED;
  if (fault->access == MutatorAccessWRITE)
    result = written(context, fault->address, &store);
  else if (fault->access == MutatorAccessEXECUTE)
    result = executed(fault->address, &store);
  if (result == MutatorFaultHANDLED)
    mutatorCodeLeaveHandled(&signals, &store);
  else
    mutatorCodeLeave(&signals);
  return result;
}

MutatorFaultResult mutatorBreakFirst(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  OSFaultStruct fault;
  (void)handler;
  (void)closure;
  mutatorOSFault(&context->native, &fault);
  switch (fault.kind) {
  case MutatorFaultKindPROTECTION: return touched(context, &fault);
  case MutatorFaultKindBREAKPOINT:
    return mutatorBreakTrap(context, *codePC(context) - (fault.pcAfter ? 1 : 0), mutatorArchTrapByte(0));
  case MutatorFaultKindGENERAL: return mutatorBreakTrap(context, *codePC(context), mutatorArchTrapByte(1));
  case MutatorFaultKindTRACE: return mutatorBreakTraced(context);
  default: return MutatorFaultDECLINED;
  }
}
