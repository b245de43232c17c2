/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutation_vector.c -- would the differential test notice a wrong vector row?
 *
 * As mutation.c, for a random sample of rows and all columns of both halves.
 */

#include "differential.h"

#include "arch/x86/plan.h"

#include <stdio.h>
#include <string.h>

enum { CASES = 1024 };

static OpcodeVectorRow *openVectors(void) {
  const uintptr_t page = nativePageSize();
  uintptr_t base = (uintptr_t)mutatorOpcodeVectors & ~(page - 1);
  uintptr_t limit = (uintptr_t)(mutatorOpcodeVectors + (mutatorOpcodeCount - mutatorOpcodeVectorFirst));
  nativeProtect((void *)base, limit - base, NativeREADWRITE);
  return (OpcodeVectorRow *)(uintptr_t)mutatorOpcodeVectors;
}

/* One change: of a column of the first half, of the second, or of a flag. */
typedef struct ChangeStruct {
  const char *column;
  MutatorBool second;
  size_t offset;
  unsigned value; /* of a flag, the bit that changes */
} ChangeStruct;

#define FIRST(column, value) \
  { #column, 0, offsetof(OpcodeRow, column), value }
#define SECOND(column, value) \
  { #column, 1, offsetof(OpcodeVectorRow, column), value }
static const ChangeStruct changes[] = {
    FIRST(role, MutatorAccessREAD),
    FIRST(role, MutatorAccessWRITE),
    FIRST(map, RawMap0F),
    FIRST(map, RawMap0F38),
    FIRST(pp, RawPrefixNONE),
    FIRST(pp, RawPrefix66),
    FIRST(w, 0),
    FIRST(w, 1),
    FIRST(l, 0),
    FIRST(l, 1),
    FIRST(size, OpcodeSize4),
    FIRST(size, OpcodeSize16),
    FIRST(size, OpcodeSizeVECTOR),
    FIRST(size, OpcodeSizeHALF),
    FIRST(tuple, OpcodeTupleNONE),
    FIRST(tuple, OpcodeTupleELEMENT),
    FIRST(semantic, OpcodeSemanticNONE),
    FIRST(semantic, OpcodeSemanticVECTORLOAD),
    FIRST(semantic, OpcodeSemanticVECTORSTORE),
    FIRST(semantic, OpcodeSemanticVECTORINSERT),
    FIRST(semantic, OpcodeSemanticVECTOREXTRACT),
    SECOND(target, OpcodeTargetVECTOR),
    SECOND(target, OpcodeTargetMASK),
    SECOND(target, OpcodeTargetGENERAL),
    SECOND(target, OpcodeTargetFLAGS),
    SECOND(target, OpcodeTargetMMX),
    SECOND(element, 1),
    SECOND(element, 2),
    SECOND(element, 4),
    SECOND(spans, OpcodeSpansWHOLE),
    SECOND(spans, OpcodeSpansELEMENTS),
    SECOND(spans, OpcodeSpansPACKED),
    SECOND(flags, OpcodeVectorVREG),
    SECOND(flags, OpcodeVectorMASK),
    SECOND(flags, OpcodeVectorBROADCAST),
    SECOND(flags, OpcodeVectorSOURCE),
    SECOND(flags, OpcodeVectorALIGNED),
    SECOND(flags, OpcodeVectorFLOAT),
    SECOND(flags, OpcodeVectorREPEATED),
    SECOND(flags, OpcodeVectorIMMEDIATE),
    SECOND(flags, OpcodeVectorINSERTPS),
};

static MutatorBool is(const ChangeStruct *change, const char *column) { return strcmp(change->column, column) == 0; }

static MutatorBool noticed(unsigned row, Random random) {
  static CaseStruct batch[BATCH];
  TallyStruct tally;
  unsigned first, had = combinationsOf(row, &first);
  size_t i;
  memset(&tally, 0, sizeof tally);
  while (tally.cases < CASES) {
    for (i = 0; i < BATCH; ++i)
      directedMake(&batch[i], first + (unsigned)randomBelow(random, had), random);
    batchRun(batch, BATCH, &tally);
    if (tally.failures + tally.unexcused != 0)
      return 1;
  }
  return 0;
}

static MutatorBool isFlag(const ChangeStruct *change, unsigned flag) {
  return is(change, "flags") && change->value == flag;
}

/* Flags that were clear: what they allow does not exist, or they say what is so anyway. */
static const char *harmless(const OpcodeRow *row, const OpcodeVectorRow *vector, const ChangeStruct *change) {
  if (!is(change, "flags") || (vector->flags & change->value) != 0)
    return NULL;
  switch (change->value) {
  case OpcodeVectorVREG:
  case OpcodeVectorMASK:
  case OpcodeVectorBROADCAST: return "it allows encodings that the CPU refuses before it accesses anything";
  case OpcodeVectorSOURCE: return "zeroing afterwards is what merging into zero gives";
  case OpcodeVectorFLOAT: return "it only declines when exceptions are not masked";
  case OpcodeVectorREPEATED:
    return row->size == OpcodeSizeVECTOR || vector->spans == OpcodeSpansWHOLE ? "as many elements either way" : NULL;
  case OpcodeVectorINSERTPS: return row->semantic != OpcodeSemanticVECTORINSERT ? "only insertions look at it" : NULL;
  default: return NULL;
  }
}

static MutatorBool sameSize(const OpcodeRow *row, unsigned rule) {
  unsigned length, from = row->l == OpcodeLAny ? 0 : row->l, to = row->l == OpcodeLAny ? 2 : row->l;
  if (row->space == RawSpaceLEGACY)
    to = 0;
  if ((opcodeVector((unsigned)(row - mutatorOpcodeRows))->flags & OpcodeVectorLIG) != 0)
    to = 0;
  for (length = from; length <= to; ++length)
    if (mutatorPlanSize(row->size, length) != mutatorPlanSize(rule, length))
      return 0;
  return 1;
}

/* Conversions to double precision of numbers that have 32 bits. */
static MutatorBool isExact(const OpcodeRow *row) {
  return strstr(row->name, "CVTPI2PD") != NULL ||
         (strstr(row->name, "CVTSI2SD") != NULL && strstr(row->name, "m32") != NULL);
}

/* Changes that are none: what the column says is not used by this row, or some other check hides it. */
static const char *equivalent(const OpcodeRow *row, const OpcodeVectorRow *vector, const ChangeStruct *change) {
  const MutatorBool writes = (row->role & MutatorAccessWRITE) != 0;
  if (is(change, "element") && vector->spans == OpcodeSpansWHOLE &&
      (vector->flags & (OpcodeVectorBROADCAST | OpcodeVectorSOURCE)) == 0 &&
      (row->semantic != OpcodeSemanticVECTORINSERT || (vector->flags & OpcodeVectorMASK) == 0))
    return "no mask selects bytes, and nothing is broadcast";
  if (is(change, "spans") && (vector->flags & OpcodeVectorMASK) == 0)
    return "without a mask all is accessed";
  if (is(change, "tuple") && row->space != RawSpaceEVEX)
    return "only EVEX scales displacements";
  if (is(change, "l") && (row->space == RawSpaceLEGACY || (vector->flags & OpcodeVectorLIG) != 0))
    return "there is no length, or it is ignored";
  if (is(change, "w") && row->w == OpcodeWAny)
    return "with the other it is declined";
  if (is(change, "size") && sameSize(row, change->value))
    return "the same size";
  if ((is(change, "tuple") || is(change, "spans")) && vector->element == row->size)
    return "the operand is one element";
  if (isFlag(change, OpcodeVectorALIGNED) && row->size == OpcodeSize1)
    return "every address is aligned";
  if ((is(change, "spans") || isFlag(change, OpcodeVectorREPEATED)) && (vector->flags & OpcodeVectorLIG) != 0)
    return "one element, which is all";
  if (is(change, "target") && writes && vector->target == OpcodeTargetVECTOR && change->value == OpcodeTargetFLAGS)
    return "a store writes no register";
  if (is(change, "target") && row->semantic == OpcodeSemanticVECTOREXTRACT && change->value == OpcodeTargetMMX)
    return "an extraction is from a vector register whatever is said";
  if (is(change, "target") && (row->semantic == OpcodeSemanticMXCSRLOAD || row->semantic == OpcodeSemanticMXCSRSTORE))
    return "MXCSR is no register of a target's";
  if (is(change, "target") && vector->target == OpcodeTargetX87 && change->value == OpcodeTargetMMX &&
      row->size == OpcodeSize2 && (vector->flags & OpcodeVectorFLOAT) == 0)
    return "registers trade places and back; a control or status word is no register";
  if (is(change, "target") && vector->target == OpcodeTargetX87 && change->value == OpcodeTargetMMX &&
      row->extension == 0)
    return "a register trades places with itself; it matters only when exceptions are not masked";
  if (is(change, "semantic") && (strstr(row->name, "MOV") != NULL || strstr(row->name, "LDDQU") != NULL) &&
      (change->value == OpcodeSemanticVECTORINSERT || change->value == OpcodeSemanticVECTOREXTRACT))
    return "a move is an insertion into, or an extraction from, the whole";
  if (isFlag(change, OpcodeVectorREPEATED) && (vector->flags & OpcodeVectorMASK) == 0)
    return "no mask selects bytes";
  if (isFlag(change, OpcodeVectorFLOAT) && vector->target == OpcodeTargetX87)
    return "it matters only when exceptions are not masked";
  if (isFlag(change, OpcodeVectorFLOAT) && (strncmp(row->name, "VRCP", 4) == 0 || strncmp(row->name, "VRSQRT", 6) == 0))
    return "only of denormal numbers, which are rare, is it seen";
  if (isFlag(change, OpcodeVectorFLOAT) && isExact(row))
    return "it only declines when exceptions are not masked";
  if (is(change, "target") && vector->target == OpcodeTargetVECTORMMX && change->value == OpcodeTargetVECTOR)
    return "a CPU may leave the x87 state alone when the operand is in memory";
  if (isFlag(change, OpcodeVectorALIGNED) && (vector->flags & OpcodeVectorALIGNED) != 0)
    return "the CPU looks at the alignment before it looks at the page, almost always";
  return harmless(row, vector, change);
}

static MutatorBool apply(OpcodeRow *first, OpcodeVectorRow *second, const ChangeStruct *change) {
  unsigned char *column = (unsigned char *)(change->second ? (void *)second : (void *)first) + change->offset;
  if (is(change, "flags")) {
    second->flags ^= (uint16_t)change->value;
    return 1;
  }
  if (*column == change->value)
    return 0;
  *column = (unsigned char)change->value;
  return second->element <=
         mutatorPlanSize(first->size, 0); /* of an operand with no whole element there is nothing to say */
}

static void print(const OpcodeRow *row, const ChangeStruct *change, const char *result) {
  printf("  %-28s %-9s -> %3u  %s\n", row->name, change->column, change->value, result);
}

/* In a process of its own, as in mutation.c. */
typedef struct TrialStruct {
  OpcodeRow *first;
  OpcodeVectorRow *second;
  unsigned row;
  uint64_t seed;
} TrialStruct;

enum { TrialMISSED = 2, TrialNOTICED };

static int try(void *closure) {
  const TrialStruct *trial = closure;
  RandomStruct random = {trial->seed};
  return noticed(trial->row, &random) ? TrialNOTICED : TrialMISSED;
}

static MutatorBool isMissed(TrialStruct *trial) { return nativeApart(try, trial) == TrialMISSED; }

static struct { unsigned count, missed; } result;

static void mutate(TrialStruct *trial, const ChangeStruct *change) {
  const OpcodeRow first = *trial->first;
  const OpcodeVectorRow second = *trial->second;
  MutatorBool missed = 0;
  if (equivalent(trial->first, trial->second, change) == NULL && apply(trial->first, trial->second, change)) {
    memset(trial->first->vote, OpcodeVoteNONE, sizeof first.vote);
    missed = isMissed(trial);
    ++result.count;
  }
  *trial->first = first;
  *trial->second = second;
  result.missed += (unsigned)missed;
  if (missed)
    print(trial->first, change, "NOT NOTICED");
}

unsigned vectorMutationRun(uint64_t seed, unsigned rows) {
  OpcodeRow *table = mutationOpenTable();
  OpcodeVectorRow *vectors = openVectors();
  RandomStruct random = {seed};
  const unsigned all = mutatorOpcodeCount - mutatorOpcodeVectorFirst, some = rows < all ? rows : all;
  unsigned i, had;
  size_t j;
  batchVerbose = 0;
  harnessBounded = 1;
  for (i = 0; i < some; ++i) {
    const unsigned vector = some < all ? (unsigned)randomBelow(&random, all) : i;
    TrialStruct trial = {0};
    trial.row = mutatorOpcodeVectorFirst + vector;
    trial.first = &table[trial.row];
    trial.second = &vectors[vector];
    if (combinationsOf(trial.row, &had) == 0)
      continue; /* of another mode */
    trial.seed = randomNext(&random);
    if (!isMissed(&trial)) {
      printf("  %s fails as it is\n", trial.first->name);
      return 1;
    }
    for (j = 0; j < sizeof changes / sizeof changes[0]; ++j) {
      trial.seed = randomNext(&random);
      mutate(&trial, &changes[j]);
    }
  }
  printf("mutations of %u vector rows: %u, not noticed: %u\n", some, result.count, result.missed);
  return result.missed;
}
