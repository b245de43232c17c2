/* SPDX-License-Identifier: BSD-2-Clause
 *
 * batch.c -- run cases, step cases, compare
 *
 * Steps come first: an instruction that is declined has faulted before it did
 * anything, and what random bytes do is never let loose on open memory.
 */

#include "differential.h"

#include <stdio.h>
#include <string.h>

MutatorBool batchVerbose = 1;

enum { FailuresPRINTED = 20 };
static unsigned long failuresPrinted;

static OutcomeStruct stepped[BATCH], native[BATCH];
static CaseRefusal refusals[BATCH];

/* failures -------------------------------------------------------------------- */

static void printWord(const char *name, unsigned number, uint64_t before, uint64_t cpu, uint64_t step) {
  if (cpu == step)
    return;
  printf("    %s%u before %016llx, CPU %016llx, Step %016llx\n", name, number, (unsigned long long)before,
         (unsigned long long)cpu, (unsigned long long)step);
}

static void printMemory(const char *who, const OutcomeStruct *outcome) {
  size_t i;
  printf("    %s changed %zu bytes at offset %zu:", who, outcome->changedSize, outcome->changedAt);
  for (i = 0; i < outcome->changedSize && i < sizeof outcome->changed; ++i)
    printf(" %02x", outcome->changed[i]);
  printf("\n");
}

static const char *const partNames[NativePartLIMIT] = {
    "x87 registers", "xmm",      "ymm upper halves",       "masks",       "zmm upper halves", "zmm16 to zmm31",
    "MXCSR",         "x87 tags", "x87 control and status", "x87 pointers"};

static void printDifference(const CaseStruct *theCase, const OutcomeStruct *cpu, const OutcomeStruct *step) {
  unsigned i;
  for (i = 0; i < 16; ++i)
    printWord("r", i, theCase->gpr[i], cpu->gpr[i], step->gpr[i]);
  printWord("pc", 0, theCase->pc, cpu->pc, step->pc);
  printWord("flags", 0, theCase->flags, cpu->flags, step->flags);
  if (cpu->signal != step->signal)
    printf("    signal: CPU %d, Step %d\n", cpu->signal, step->signal);
  for (i = 0; i < NativePartLIMIT; ++i)
    if (cpu->vector[i] != step->vector[i])
      printf("    the vector state differs: %s\n", partNames[i]);
  if (cpu->changedHash == step->changedHash && cpu->changedAt == step->changedAt)
    return;
  printMemory("CPU ", cpu);
  printMemory("Step", step);
}

static void printCase(const CaseStruct *theCase, const char *what) {
  static const char *const protections[] = {"both pages", "first page", "second page", "read-only"};
  unsigned i;
  printf("FAILED: %s\n    ", what);
  casePrint(theCase);
  printf("\n    pc %#llx", (unsigned long long)theCase->pc);
  for (i = 0; i < theCase->count; ++i)
    printf(", operand %#llx (%zu bytes)", (unsigned long long)theCase->accesses[i].address, theCase->accesses[i].size);
  printf(", protected: %s\n", protections[theCase->protection]);
}

static void fail(const CaseStruct *theCase, const char *what, size_t index, Tally tally) {
  ++tally->failures;
  if (!batchVerbose)
    return;
  corpusAppend(theCase);
  if (++failuresPrinted > FailuresPRINTED)
    return;
  printCase(theCase, what);
  if (stepped[index].stepped)
    printDifference(theCase, &native[index], &stepped[index]);
}

/* comparing ------------------------------------------------------------------- */

static const char *difference(const OutcomeStruct *cpu, const OutcomeStruct *step) {
  if (step->signal != 0)
    return "another signal came after the step";
  if (cpu->signal != 0)
    return "the CPU raises a signal where Step goes on";
  if (memcmp(cpu->gpr, step->gpr, sizeof cpu->gpr) != 0)
    return "a general register differs";
  if (cpu->pc != step->pc)
    return "the program counter differs";
  if (cpu->flags != step->flags)
    return "the flags differ";
  if (memcmp(cpu->vector, step->vector, sizeof cpu->vector) != 0)
    return "the vector state differs";
  if (cpu->changedAt != step->changedAt || cpu->changedSize != step->changedSize ||
      cpu->changedHash != step->changedHash)
    return "memory differs";
  return NULL;
}

static void noteExcuse(Tally tally, const char *excuse) {
  size_t i;
  for (i = 0; i < sizeof tally->excused / sizeof tally->excused[0]; ++i)
    if (tally->excused[i].reason == NULL || tally->excused[i].reason == excuse) {
      tally->excused[i].reason = excuse;
      ++tally->excused[i].count;
      return;
    }
}

static void noteCombination(const CaseStruct *theCase, MutatorDecline decline) {
  Combination combination = &combinations[theCase->combination];
  ++combination->declined;
  if (decline == MutatorDeclineFEATURE || decline == MutatorDeclineVECTOR)
    ++combination->unreachable;
}

static void noteDecline(const CaseStruct *theCase, size_t index, Tally tally) {
  const char *excuse = theCase->row != 0 ? NULL : arbitraryExcuse(theCase);
  const char *vector = vectorExcuse(theCase, stepped[index].decline);
  ++tally->declined[stepped[index].decline];
  if (theCase->combination >= 0)
    noteCombination(theCase, stepped[index].decline);
  else if (vector == NULL && !caseIsClaimed(theCase))
    return;
  if (vector != NULL) {
    noteExcuse(tally, vector);
    return;
  }
  if (excuse != NULL) {
    noteExcuse(tally, excuse);
    return;
  }
  ++tally->unexcused;
  if (!batchVerbose || ++failuresPrinted > FailuresPRINTED)
    return;
  printCase(theCase, "declined, and is on no list of what may be");
  printf("    reason: %s\n", MutatorDeclineName(stepped[index].decline));
}

static MutatorBool crosses(const CaseStruct *theCase) {
  unsigned i;
  for (i = 0; i < theCase->count; ++i)
    if (theCase->accesses[i].address % DATA_PAGE + theCase->accesses[i].size > DATA_PAGE)
      return 1;
  return 0;
}

static void compareOne(const CaseStruct *theCase, size_t index, Tally tally) {
  const char *what;
  harnessRun(theCase, 0, &native[index]);
  what = difference(&native[index], &stepped[index]);
  if (what == NULL && native[index].pc != theCase->next)
    what = "Zydis sees another length";
  if (what != NULL)
    fail(theCase, what, index, tally);
  ++tally->compared;
  ++tally->rows[stepped[index].row];
  ++tally->modes[theCase->layout][theCase->protection];
  tally->crossing += (unsigned)crosses(theCase);
  tally->partial += stepped[index].faults > 1;
  if (theCase->combination >= 0)
    ++combinations[theCase->combination].compared;
}

static void noteStackless(const CaseStruct *theCase, Tally tally) {
  ++tally->stackless;
  if (theCase->combination >= 0)
    ++combinations[theCase->combination].refused;
}

/* What Step leaves to the CPU must be something that no step could do. */
static void judgeException(const CaseStruct *theCase, size_t index, Tally tally) {
  uint64_t stack;
  if (stackAtRisk(theCase)) {
    noteStackless(theCase, tally);
    return;
  }
  harnessRun(theCase, 0, &native[index]);
  stack = native[index].gpr[MutatorRegisterSP];
  ++tally->exceptions;
  if (native[index].signal == 0 && (uint64_t)((int64_t)(stack << 16) >> 16) == stack)
    fail(theCase, "Step leaves to the CPU what the CPU simply does", index, tally);
}

static void judge(const CaseStruct *theCase, size_t index, Tally tally) {
  const OutcomeStruct *step = &stepped[index];
  if (step->broken != NULL)
    fail(theCase, step->broken, index, tally);
  if (step->stackless)
    noteStackless(theCase, tally);
  else if (step->excepted)
    judgeException(theCase, index, tally);
  else if (step->stepped)
    compareOne(theCase, index, tally);
  else if (step->decline == MutatorDeclineKIND)
    ++tally->refusedByCPU;
  else if (step->decline != MutatorDeclineNONE)
    noteDecline(theCase, index, tally);
  else if ((theCase->combination >= 0 && !theCase->repeated && !caseIsPartial(theCase)) || step->faults > 1)
    fail(theCase, "it did not fault", index, tally);
  else if (step->signal != 0)
    ++tally->refusedByCPU;
  else
    ++tally->quiet;
}

/* batches --------------------------------------------------------------------- */

static void deriveAll(Case cases, size_t count, Tally tally) {
  size_t i;
  for (i = 0; i < count; ++i) {
    refusals[i] = caseDerive(&cases[i]);
    ++tally->refused[refusals[i]];
    if (refusals[i] != CaseRefusalNONE && cases[i].combination >= 0)
      ++combinations[cases[i].combination].refused;
  }
}

static void stepSome(const CaseStruct *cases, size_t count, Layout layout, Protection protection) {
  size_t i;
  harnessProtect(layout, protection);
  for (i = 0; i < count; ++i)
    if (refusals[i] == CaseRefusalNONE && cases[i].layout == layout && cases[i].protection == protection)
      harnessRun(&cases[i], 1, &stepped[i]);
}

void batchRun(Case cases, size_t count, Tally tally) {
  unsigned layout, protection;
  size_t i;
  deriveAll(cases, count, tally);
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    for (protection = 0; protection < ProtectionLIMIT; ++protection)
      stepSome(cases, count, (Layout)layout, (Protection)protection);
  harnessOpen();
  for (i = 0; i < count; ++i)
    if (refusals[i] == CaseRefusalNONE)
      judge(&cases[i], i, tally);
  tally->cases += count;
}

/* summary --------------------------------------------------------------------- */

static void reportModes(const TallyStruct *tally) {
  static const char *const layouts[] = {"below 2 GiB", "high addresses"};
  static const char *const protections[] = {"both pages", "first page", "second page", "read-only"};
  unsigned layout, protection;
  for (layout = 0; layout < LayoutLIMIT; ++layout)
    for (protection = 0; protection < ProtectionLIMIT; ++protection)
      printf("  %-14s  protected: %-11s  %lu\n", layouts[layout], protections[protection],
             tally->modes[layout][protection]);
  printf("  operand across two pages: %lu; in several steps: %lu; exceptions left to the CPU: %lu\n", tally->crossing,
         tally->partial, tally->exceptions);
}

static void reportRows(const TallyStruct *tally) {
  unsigned row;
  unsigned long least = ~0ul, sum = 0;
  for (row = 0; row < mutatorOpcodeVectorFirst; ++row)
    printf("  %-20s %lu\n", mutatorOpcodeRows[row].name, tally->rows[row]);
  for (; row < mutatorOpcodeCount; ++row) {
    sum += tally->rows[row];
    least = tally->rows[row] < least ? tally->rows[row] : least;
  }
  printf("  vector and x87 rows: %u, compared %lu times in all, each at least %lu times\n",
         mutatorOpcodeCount - mutatorOpcodeVectorFirst, sum, least);
}

static void reportDeclines(const TallyStruct *tally) {
  unsigned i;
  for (i = 0; i < CaseRefusalLIMIT; ++i)
    if (i != CaseRefusalNONE && tally->refused[i] != 0)
      printf("  not run, %s: %lu\n", caseRefusalName((CaseRefusal)i), tally->refused[i]);
  if (tally->stackless != 0)
    printf("  not run, its stack pointer leaves no room for the system's record: %lu\n", tally->stackless);
  if (tally->quiet != 0)
    printf("  ran without a fault: %lu\n", tally->quiet);
  if (tally->refusedByCPU != 0)
    printf("  another signal than a memory fault: %lu\n", tally->refusedByCPU);
  for (i = 0; i < MutatorDeclineLIMIT; ++i)
    if (tally->declined[i] != 0)
      printf("  declined, %s: %lu\n", MutatorDeclineName((MutatorDecline)i), tally->declined[i]);
  for (i = 0; i < sizeof tally->excused / sizeof tally->excused[0] && tally->excused[i].reason != NULL; ++i)
    printf("  claimed, and may be declined, %s: %lu\n", tally->excused[i].reason, tally->excused[i].count);
}

void tallyReport(const TallyStruct *directed, const TallyStruct *arbitrary) {
  printf("directed cases: %lu, compared with the CPU %lu\n", directed->cases, directed->compared);
  reportModes(directed);
  reportDeclines(directed);
  printf("arbitrary cases: %lu, compared with the CPU %lu, by row:\n", arbitrary->cases, arbitrary->compared);
  reportRows(arbitrary);
  reportDeclines(arbitrary);
}
