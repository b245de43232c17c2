/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutation.c -- would the differential test notice a wrong row?
 *
 * Changes one column of one row of the opcode table in this process, runs the
 * directed cases of that row, and expects a difference or a decline.  A change that Capstone's
 * vote hides is tried again without the vote: then the CPU must give it away.
 */

#include "differential.h"

#include <stdio.h>
#include <string.h>

#include "arch/x86/operation.h"
#include "core/plan_cache.h"
#include "support/native.h"

/* The table is constant; the page that it lies on can be opened all the same. */
OpcodeRow *mutationOpenTable(void) {
  const uintptr_t page = nativePageSize();
  uintptr_t base = (uintptr_t)mutatorOpcodeRows & ~(page - 1);
  uintptr_t limit = (uintptr_t)(mutatorOpcodeRows + mutatorOpcodeCount);
  nativeProtect((void *)base, limit - base, NativeREADWRITE);
  return (OpcodeRow *)(uintptr_t)mutatorOpcodeRows;
}

typedef struct MutationStruct {
  const char *column;
  size_t offset;
  const unsigned char *values;
  size_t count;
} MutationStruct;

static const unsigned char roles[] = {MutatorAccessREAD, MutatorAccessWRITE, MutatorAccessREAD | MutatorAccessWRITE};
static const unsigned char semantics[] = {OpcodeSemanticNONE,     OpcodeSemanticLOAD,    OpcodeSemanticLOADSIGNED,
                                          OpcodeSemanticSTORE,    OpcodeSemanticLOADIF,  OpcodeSemanticCOMPARE,
                                          OpcodeSemanticMODIFY,   OpcodeSemanticCOMBINE, OpcodeSemanticSET,
                                          OpcodeSemanticEXCHANGE, OpcodeSemanticVEX,     OpcodeSemanticPUSH,
                                          OpcodeSemanticJUMP,     OpcodeSemanticMOVS,    OpcodeSemanticCOMPAREREVERSED};
static const unsigned char sizes[] = {OpcodeSize1, OpcodeSize2, OpcodeSize4,    OpcodeSize8,
                                      OpcodeSizeV, OpcodeSizeY, OpcodeSizeSTACK};
static const unsigned char forms[] = {OpcodeFormRM_R,     OpcodeFormR_RM, OpcodeFormRM_I,  OpcodeFormRM_I8,
                                      OpcodeFormA_OFFSET, OpcodeFormRM,   OpcodeFormRM_CL, OpcodeFormNONE};
static const unsigned char extensions[] = {0, 1, 6, 7, OpcodeExtensionANY};
static const unsigned char maps[] = {RawMapONE, RawMap0F, RawMap0F38};
static const unsigned char prefixes[] = {RawPrefixNONE, RawPrefix66, RawPrefixF3, RawPrefixF2, RawPrefixANY};
static const unsigned char bits[] = {0, 1, 0xff};
static const unsigned char implicits[] = {OpcodeImplicitNONE,   OpcodeImplicitPUSH,        OpcodeImplicitPOP,
                                          OpcodeImplicitSOURCE, OpcodeImplicitDESTINATION, OpcodeImplicitTABLE,
                                          OpcodeImplicitBITS};
static const unsigned char neighbours[] = {1, 0xff}; /* added to the operation */
static const unsigned char flags[] = {1, 2, 4, 8, 16, 32, 64, 128};
static const unsigned char upperFlags[] = {1};

#define COLUMN(name, values) \
  { #name, offsetof(OpcodeRow, name), values, sizeof(values) }
/* Flags are turned over one by one; the second byte is the upper half (x86 is little-endian). */
static const MutationStruct mutations[] = {
    COLUMN(role, roles),
    COLUMN(semantic, semantics),
    COLUMN(width, sizes),
    COLUMN(size, sizes),
    COLUMN(form, forms),
    COLUMN(extension, extensions),
    COLUMN(map, maps),
    COLUMN(pp, prefixes),
    COLUMN(w, bits),
    COLUMN(l, bits),
    COLUMN(implicit, implicits),
    COLUMN(thunk, neighbours),
    COLUMN(flags, flags),
    {"upper", offsetof(OpcodeRow, flags) + 1, upperFlags, 1},
};

static MutatorBool is(const char *column, const char *name) { return strcmp(column, name) == 0; }

static unsigned char mutated(const MutationStruct *mutation, unsigned char from, unsigned char value) {
  if (is(mutation->column, "flags") || is(mutation->column, "upper"))
    return from ^ value;
  if (is(mutation->column, "thunk"))
    return (unsigned char)(from + value);
  return value;
}

/* VEX in three bytes; any W and register, and mostly the row's prefix and ModR/M.reg. */
static void makeVEX(unsigned char *bytes, const OpcodeRow *row, Random random) {
  bytes[0] = 0xc4;
  bytes[1] = (unsigned char)((RawMode64 ? bytes[1] & 0xe0 : 0xe0) | row->map);
  bytes[2] &= 0xfb;
  bytes[3] = row->opcode;
  if (randomOneIn(random, 4))
    return;
  bytes[2] = (unsigned char)((bytes[2] & 0xf8) | row->pp);
  if (row->extension != OpcodeExtensionANY && randomOneIn(random, 2))
    bytes[4] = (unsigned char)((bytes[4] & 0xc7) | row->extension << 3);
}

/* A case for the row: directed, or its opcode with any ModR/M byte. */
static void makeCase(Case theCase, unsigned row, const OpcodeRow *original, Random random) {
  unsigned first, count = combinationsOf(row, &first), at = 0;
  if (!randomOneIn(random, 4)) {
    directedMake(theCase, first + (unsigned)randomBelow(random, count), random);
    return;
  }
  arbitraryMake(theCase, random);
  if (original->space == RawSpaceVEX) {
    makeVEX(theCase->bytes, original, random);
    return;
  }
  if (original->space != RawSpaceLEGACY || original->map > RawMap0F)
    return;
  if (RawMode64 && randomOneIn(random, 2))
    theCase->bytes[at++] = (unsigned char)(0x40 | randomBelow(random, 16));
  if (original->map == RawMap0F)
    theCase->bytes[at++] = 0x0f;
  theCase->bytes[at] = original->opcode;
}

/* Rows of another mode or CPU have none. */
static MutatorBool hasCombination(unsigned row) {
  unsigned first;
  return combinationsOf(row, &first) != 0;
}

enum { MutationBATCH = 64 };

static MutatorBool noticed(unsigned row, const OpcodeRow *original, unsigned cases, Random random) {
  static CaseStruct batch[MutationBATCH];
  TallyStruct tally;
  size_t i;
  memset(&tally, 0, sizeof tally);
  while (tally.cases < cases) {
    for (i = 0; i < MutationBATCH; ++i)
      makeCase(&batch[i], row, original, random);
    batchRun(batch, MutationBATCH, &tally);
    if (tally.failures + tally.unexcused != 0)
      return 1;
  }
  return 0;
}

/* equivalents ----------------------------------------------------------------- */

static MutatorBool isBare(const OpcodeRow *row) { return row->form >= OpcodeFormO && row->form <= OpcodeFormA_MEM; }

static MutatorBool byOffset(const OpcodeRow *row) {
  return row->form == OpcodeFormA_OFFSET || row->form == OpcodeFormOFFSET_A;
}

/* Is it of a form without a register or immediate of that width? */
static MutatorBool hasNoOther(const OpcodeRow *row) {
  switch (row->form) {
  case OpcodeFormRM:
  case OpcodeFormRM_1:
  case OpcodeFormRM_CL:
  case OpcodeFormRM_U8:
  case OpcodeFormNONE:
  case OpcodeFormREL:
  case OpcodeFormI16:
  case OpcodeFormMEM_MEM:
  case OpcodeFormMEM_MEM2: return row->semantic != OpcodeSemanticLOAD;
  default: return 0;
  }
}

/* Operations that leave all flags alone. */
static MutatorBool keepsFlags(const OpcodeRow *row) {
  switch (row->thunk) {
  case OpcodeOperationNONE:
  case OpcodeOperationNot:
  case OpcodeOperationXchg:
  case OpcodeOperationCrc32:
  case OpcodeOperationPdep:
  case OpcodeOperationPext:
  case OpcodeOperationSarx:
  case OpcodeOperationShlx:
  case OpcodeOperationShrx:
  case OpcodeOperationMulx: return 1;
  default: return row->semantic == OpcodeSemanticLOADIF || row->semantic == OpcodeSemanticSET;
  }
}

static MutatorBool changesNothing(const OpcodeRow *row) {
  return row->thunk == OpcodeOperationCompare || row->thunk == OpcodeOperationTest || row->thunk == OpcodeOperationBt;
}

/* Has no row of its opcode a higher extension? */
static MutatorBool lastOfGroup(const OpcodeRow *row) {
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *other = &mutatorOpcodeRows[i];
    if (other->space == row->space && other->map == row->map && other->opcode == row->opcode &&
        other->semantic != OpcodeSemanticNONE && other->extension > row->extension)
      return 0;
  }
  return 1;
}

/* Has another row of its opcode another mandatory prefix, and comes after it? */
static MutatorBool hasOtherPrefix(const OpcodeRow *row) {
  unsigned i;
  for (i = 0; i < mutatorOpcodeCount; ++i) {
    const OpcodeRow *other = &mutatorOpcodeRows[i];
    if (other->space == row->space && other->map == row->map && other->opcode == row->opcode && other->pp > row->pp)
      return 1;
  }
  return 0;
}

static MutatorBool runsOperation(const OpcodeRow *row) { return row->thunk != OpcodeOperationNONE; }

/* In 64-bit mode the same opcode may be POP R12. */
static MutatorBool popsStackPointer(const OpcodeRow *row) {
  enum { OpcodePOPSP = 0x5c };
  return !RawMode64 && row->semantic == OpcodeSemanticPOP && row->form == OpcodeFormO && row->opcode == OpcodePOPSP;
}

static const char *equivalentSize(const OpcodeRow *row, MutatorBool ofRegister, unsigned from, unsigned rule) {
  const unsigned value = !RawMode64 && rule == OpcodeSizeSTACK ? OpcodeSizeV : rule; /* in 32-bit mode the same */
  if (ofRegister && hasNoOther(row))
    return "there is no register or immediate";
  if (ofRegister && (row->flags & OpcodeFlagREXW) != 0 && value >= OpcodeSize8)
    return "with REX.W the width is 8";
  if (ofRegister && row->semantic == OpcodeSemanticLOAD && from == OpcodeSize4 && value > OpcodeSize4)
    return "zero-extended further than it is anyway";
  if (ofRegister && (row->form == OpcodeFormRM_I8 || row->form == OpcodeFormI8) && value >= sizeof(MutatorWord))
    return "an 8-bit immediate, extended further than it is used";
  if (from == OpcodeSize4 && row->w == 0 && (value == OpcodeSizeV || value == OpcodeSizeY))
    return "without 66 and REX.W they are the same";
  if (from == OpcodeSizeY && value == OpcodeSizeV && row->pp == RawPrefixNONE)
    return "without 66 they are the same";
  if (from == OpcodeSizeY && value == OpcodeSizeV && (row->pp == RawPrefixF2 || row->pp == RawPrefixF3))
    return "with 66, which the CPU ignores there, it is declined or disagreed about";
  if (from == OpcodeSizeY && value == OpcodeSizeV && row->space == RawSpaceVEX)
    return "VEX has no 66";
  if (from == sizeof(MutatorWord) && value == OpcodeSizeSTACK && row->pp == RawPrefixNONE)
    return "without 66 it is a word";
  if (from == OpcodeSizeSTACK && (row->flags & OpcodeFlagNO66) != 0 &&
      (value == sizeof(MutatorWord) || (!RawMode64 && value == OpcodeSizeY)))
    return "without 66 it is a word";
  if (!RawMode64 && from == OpcodeSizeY && value == OpcodeSize4)
    return "in 32-bit mode they are the same";
  if (!RawMode64 && (from == OpcodeSizeV || from == OpcodeSizeSTACK) && value == OpcodeSizeV)
    return "in 32-bit mode they are the same";
  return NULL;
}

static MutatorBool isPlain(unsigned form) {
  return form == OpcodeFormRM || form == OpcodeFormRM_R || form == OpcodeFormR_RM || form == OpcodeFormRM_CL;
}

static const char *equivalentForm(const OpcodeRow *row, unsigned value) {
  const MutatorBool byRegister = row->form == OpcodeFormRM_R || row->form == OpcodeFormR_RM;
  if (byRegister && (value == OpcodeFormRM_R || value == OpcodeFormR_RM))
    return "the order of operands is for the vote alone";
  if (row->form == OpcodeFormRM && isPlain(value))
    return "it uses neither register nor count";
  if (row->form == OpcodeFormRM_I && row->width == 1 && value == OpcodeFormRM_I8)
    return "an 8-bit immediate either way";
  if (row->form == OpcodeFormRM_U8 &&
      (value == OpcodeFormRM_I8 || (value == OpcodeFormRM_I && row->width == OpcodeSize1)))
    return "an 8-bit immediate either way";
  return NULL;
}

static const char *equivalentFlag(const OpcodeRow *row, unsigned flag) {
  if ((flag == OpcodeFlagREXW || flag == OpcodeFlagMODE64) && row->opcode == 0x63)
    return "without REX.W MOVSXD moves 32 bits unchanged, or is declined";
  if (flag == OpcodeFlagREXW && row->w == 1)
    return "W is 1 anyway";
  if (flag == OpcodeFlagMODE32 && !RawMode64)
    return "this is 32-bit mode";
  if (flag == OpcodeFlagMODE64 && RawMode64)
    return "this is 64-bit mode";
  if (flag == OpcodeFlagKEEPFLAGS && row->semantic >= OpcodeSemanticMOVS)
    return "string instructions do not ask";
  if (flag == OpcodeFlagLOCK && (row->flags & OpcodeFlagLOCK) == 0)
    return "the CPU refuses a LOCK that is illegal";
  if (flag == OpcodeFlagREPEAT && (row->flags & OpcodeFlagREPEAT) == 0)
    return "the CPU ignores a REP that means nothing";
  if (flag == OpcodeFlagNO66 && (row->flags & OpcodeFlagNO66) == 0 &&
      (row->pp != RawPrefixANY || row->space != RawSpaceLEGACY))
    return "66 is no prefix of size here";
  if (flag == OpcodeFlagNO66 && (row->flags & OpcodeFlagREXW) != 0)
    return "with REX.W, 66 is declined anyway";
  if (flag == OpcodeFlagNO66 && (row->flags & OpcodeFlagNO66) != 0)
    return "what 66 does there differs between CPUs";
  if (flag == OpcodeFlagKEEPFLAGS && (row->flags & OpcodeFlagKEEPFLAGS) == 0 && keepsFlags(row))
    return "it changes no flags";
  return NULL;
}

static const char *equivalentKey(const OpcodeRow *row, const char *column, unsigned value) {
  if (is(column, "extension") && (byOffset(row) || isBare(row)) && value == 0)
    return "no ModR/M byte, and 0 is what it reads as";
  if (is(column, "extension") && row->semantic == OpcodeSemanticCOMPARE && value == OpcodeExtensionANY)
    return "the rest of the group writes, which the hardware's write bit tells apart";
  if (is(column, "extension") && value == OpcodeExtensionANY && row->extension != OpcodeExtensionANY &&
      lastOfGroup(row))
    return "the rest of the group is no instruction, or never faults";
  if (is(column, "l") && row->space == RawSpaceLEGACY && value == 0)
    return "there is no vector length, and 0 is what it reads as";
  if (is(column, "l") && row->space == RawSpaceVEX && value == OpcodeLAny)
    return "the CPU refuses another length";
  if ((is(column, "w") || is(column, "pp")) && (row->flags & OpcodeFlagREXW) != 0 && value <= 1)
    return "with REX.W, 66 is declined anyway";
  if (is(column, "w") && row->w == 1 && value == OpcodeWAny)
    return "the row before it has W = 0";
  if (is(column, "w") && !RawMode64 && row->space == RawSpaceLEGACY && row->w == OpcodeWAny && value == 0)
    return "32-bit mode has no REX.W";
  if (is(column, "w") && !RawMode64 && row->w == 0 && value == OpcodeWAny)
    return "32-bit mode has no REX.W";
  if (is(column, "pp") && value == RawPrefixNONE && (row->flags & OpcodeFlagNO66) != 0)
    return "with 66 it is declined anyway";
  if (is(column, "pp") && row->space == RawSpaceVEX && value == RawPrefixANY && !hasOtherPrefix(row))
    return "with another prefix it is no instruction";
  if (is(column, "pp") && !RawMode64 && row->pp == RawPrefix66 && value == RawPrefixANY && row->space == RawSpaceLEGACY)
    return "there is no REX.W, and without 66 it is another row's, or no instruction";
  if (is(column, "pp") && row->pp == RawPrefixNONE && value == RawPrefixANY && row->space == RawSpaceLEGACY)
    return "with 66 it is no instruction, or the same";
  return NULL;
}

/* Changes that are none: the row still says what the CPU does, or something else still declines. */
static const char *equivalent(const OpcodeRow *row, const char *column, unsigned from, unsigned value) {
  if (is(column, "width") || is(column, "size"))
    return equivalentSize(row, is(column, "width"), from, value);
  if (is(column, "form"))
    return equivalentForm(row, value);
  if (is(column, "flags"))
    return equivalentFlag(row, from ^ value);
  if (is(column, "upper") && (row->flags & OpcodeFlagREPEAT) == 0)
    return "it repeats nothing";
  if (is(column, "thunk") && !runsOperation(row))
    return "it runs no operation";
  if (is(column, "thunk") && row->thunk == OpcodeOperationBt && value == OpcodeOperationBts)
    return "the flags are the same, and no result is stored";
  if (is(column, "semantic") && popsStackPointer(row) &&
      (value == OpcodeSemanticLOAD || value == OpcodeSemanticLOADSIGNED))
    return "what is read replaces what was counted up";
  if (is(column, "semantic") && row->semantic == OpcodeSemanticMODIFY && value == OpcodeSemanticEXCHANGE &&
      (row->form == OpcodeFormRM_R || row->form == OpcodeFormRM))
    return "the operation leaves its register as it is";
  if (is(column, "semantic") && row->semantic == OpcodeSemanticSET &&
      (value == OpcodeSemanticMODIFY || value == OpcodeSemanticEXCHANGE))
    return "the operation does not look at what it replaces";
  if (is(column, "semantic") && row->semantic == OpcodeSemanticVEXREVERSED && value == OpcodeSemanticVEX)
    return "the order of operands is the operation's";
  if (is(column, "role") && isBare(row) && row->implicit != OpcodeImplicitTABLE)
    return "no operand is named";
  if (is(column, "semantic") && changesNothing(row) && value >= OpcodeSemanticCOMPARE &&
      value <= OpcodeSemanticEXCHANGE)
    return "the operation leaves its operands as they are";
  if (is(column, "semantic") && row->width == row->size && row->semantic == OpcodeSemanticLOAD &&
      value == OpcodeSemanticLOADSIGNED)
    return "nothing to extend";
  return equivalentKey(row, column, value);
}

/* mutating -------------------------------------------------------------------- */

static void printMutation(const OpcodeRow *original, const char *column, unsigned from, unsigned to,
                          const char *result) {
  printf("  %-20s %-9s %3u -> %3u  %s\n", original->name, column, from, to, result);
  (void)fflush(stdout);
}

static struct { unsigned count, hidden, equivalent, missed; } result;

/* Plans made by another table. */
static void forgetPlans(void) {
  memset(mutatorPlanCacheSlots, 0, (mutatorPlanCacheMask + 1) * sizeof *mutatorPlanCacheSlots);
}

/* A wrong row may write anywhere, so each is tried in a process of its own. */
typedef struct TrialStruct {
  OpcodeRow *table;
  unsigned row, cases;
  const MutationStruct *mutation;
  unsigned char to;
  uint64_t seed;
} TrialStruct;

enum { TrialMISSED = 2, TrialHIDDEN, TrialNOTICED };

static int tryMutation(void *closure) {
  const TrialStruct *trial = closure;
  OpcodeRow *row = &trial->table[trial->row];
  const OpcodeRow original = *row;
  RandomStruct random = {trial->seed};
  int found = TrialNOTICED;
  ((unsigned char *)row)[trial->mutation->offset] = trial->to;
  forgetPlans();
  if (!noticed(trial->row, &original, trial->cases, &random)) {
    memset(row->vote, OpcodeVoteNONE, sizeof row->vote);
    forgetPlans();
    found = noticed(trial->row, &original, trial->cases, &random) ? TrialHIDDEN : TrialMISSED;
  }
  *row = original;
  forgetPlans();
  return found;
}

static void mutate(const TrialStruct *trial) {
  const OpcodeRow *row = &trial->table[trial->row];
  const int found = nativeApart(tryMutation, (void *)(uintptr_t)trial);
  ++result.count;
  result.hidden += (unsigned)(found == TrialHIDDEN);
  if (found != TrialMISSED)
    return;
  ++result.missed;
  printMutation(row, trial->mutation->column, ((const unsigned char *)row)[trial->mutation->offset], trial->to,
                "NOT NOTICED");
}

static void mutateColumn(OpcodeRow *table, unsigned row, const MutationStruct *mutation, unsigned cases, unsigned oneIn,
                         Random random) {
  const unsigned char from = ((unsigned char *)&table[row])[mutation->offset];
  size_t i;
  for (i = 0; i < mutation->count; ++i) {
    const unsigned char to = mutated(mutation, from, mutation->values[i]);
    if (to == from || !randomOneIn(random, oneIn))
      continue;
    if (equivalent(&table[row], mutation->column, from, to) != NULL)
      ++result.equivalent;
    else
      mutate(&(TrialStruct){table, row, cases, mutation, to, randomNext(random)});
  }
}

static unsigned allMutations(void) {
  unsigned count = 0;
  size_t i;
  for (i = 0; i < sizeof mutations / sizeof mutations[0]; ++i)
    count += (unsigned)mutations[i].count;
  return count * mutatorOpcodeVectorFirst;
}

/* The row as it is, tried likewise: nothing is noticed.  If it is, then once more, aloud. */
static int tryOriginal(void *closure) {
  const TrialStruct *trial = closure;
  const OpcodeRow *row = &trial->table[trial->row];
  RandomStruct random = {trial->seed}, again = random;
  if (!noticed(trial->row, row, trial->cases, &random))
    return TrialMISSED;
  batchVerbose = 1;
  (void)noticed(trial->row, row, trial->cases, &again);
  batchVerbose = 0;
  (void)fflush(stdout);
  return TrialNOTICED;
}

static MutatorBool failsAsItIs(const TrialStruct *trial) {
  if (nativeApart(tryOriginal, (void *)(uintptr_t)trial) == TrialMISSED)
    return 0;
  printf("  %s fails as it is\n", trial->table[trial->row].name);
  return 1;
}

unsigned mutationRun(uint64_t seed, unsigned cases, unsigned limit) {
  OpcodeRow *table = mutationOpenTable();
  RandomStruct random = {seed};
  const unsigned oneIn = limit == 0 || limit >= allMutations() ? 1 : allMutations() / limit;
  unsigned row;
  size_t i;
  batchVerbose = 0;
  harnessBounded = 1;
  for (row = 0; row < mutatorOpcodeVectorFirst; ++row) {
    if (!hasCombination(row))
      continue;
    if (failsAsItIs(&(TrialStruct){table, row, cases, NULL, 0, randomNext(&random)}))
      return 1;
    for (i = 0; i < sizeof mutations / sizeof mutations[0]; ++i)
      mutateColumn(table, row, &mutations[i], cases, oneIn, &random);
  }
  printf("mutations of the integer rows: %u, equivalent and not tried: %u, hidden by the vote but noticed without it: "
         "%u, not noticed: %u\n",
         result.count, result.equivalent, result.hidden, result.missed);
  return result.missed;
}
