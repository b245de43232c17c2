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

#include "support/native.h"

/* The table is constant; the page that it lies on can be opened all the same. */
static OpcodeRow *openTable(void) {
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
static const unsigned char semantics[] = {OpcodeSemanticNONE,  OpcodeSemanticLOAD,    OpcodeSemanticLOADSIGNED,
                                          OpcodeSemanticSTORE, OpcodeSemanticCOMPARE, OpcodeSemanticCOMPAREREVERSED,
                                          OpcodeSemanticMODIFY};
static const unsigned char sizes[] = {OpcodeSize1, OpcodeSize2, OpcodeSize4, OpcodeSize8, OpcodeSizeV};
static const unsigned char forms[] = {OpcodeFormRM_R,  OpcodeFormR_RM,     OpcodeFormRM_I,
                                      OpcodeFormRM_I8, OpcodeFormA_OFFSET, OpcodeFormOFFSET_A};
static const unsigned char extensions[] = {0, 1, 6, 7, OpcodeExtensionANY};
static const unsigned char maps[] = {RawMapONE, RawMap0F, RawMap0F38};
static const unsigned char flags[] = {OpcodeFlagNONE, OpcodeFlagREXW};

#define COLUMN(name, values) \
  { #name, offsetof(OpcodeRow, name), values, sizeof(values) }
static const MutationStruct mutations[] = {
    COLUMN(role, roles), COLUMN(semantic, semantics),   COLUMN(width, sizes), COLUMN(size, sizes),
    COLUMN(form, forms), COLUMN(extension, extensions), COLUMN(map, maps),    COLUMN(flags, flags),
};

/* A case for the row: directed, or its opcode with any ModR/M byte. */
static void makeCase(Case theCase, unsigned row, const OpcodeRow *original, Random random) {
  unsigned which, at = 0;
  if (randomOneIn(random, 4)) {
    arbitraryMake(theCase, random);
    if (RawMode64 && randomOneIn(random, 2))
      theCase->bytes[at++] = (unsigned char)(0x40 | randomBelow(random, 16));
    if (original->map == RawMap0F)
      theCase->bytes[at++] = 0x0f;
    theCase->bytes[at] = original->opcode;
    return;
  }
  do
    which = (unsigned)randomBelow(random, combinationCount);
  while (combinations[which].row != row);
  directedMake(theCase, which, random);
}

/* Rows of another mode have none. */
static MutatorBool hasCombination(unsigned row) {
  unsigned which = 0;
  while (which < combinationCount && combinations[which].row != row)
    ++which;
  return which < combinationCount;
}

static MutatorBool noticed(unsigned row, const OpcodeRow *original, unsigned cases, Random random) {
  static CaseStruct batch[BATCH];
  TallyStruct tally;
  size_t i;
  memset(&tally, 0, sizeof tally);
  while (tally.cases < cases) {
    for (i = 0; i < BATCH; ++i)
      makeCase(&batch[i], row, original, random);
    batchRun(batch, BATCH, &tally);
    if (tally.failures + tally.unexcused != 0)
      return 1;
  }
  return 0;
}

static MutatorBool is(const char *column, const char *name) { return strcmp(column, name) == 0; }

/* Changes that are none: the row still says what the CPU does, or something else still declines. */
static const char *equivalent(const OpcodeRow *row, const char *column, unsigned value) {
  const MutatorBool byRegister = row->form == OpcodeFormRM_R || row->form == OpcodeFormR_RM;
  const MutatorBool byOffset = row->form == OpcodeFormA_OFFSET || row->form == OpcodeFormOFFSET_A;
  if (is(column, "flags") && row->opcode == 0x63)
    return "without REX.W MOVSXD moves 32 bits unchanged, or is declined";
  if (is(column, "width") && (row->flags & OpcodeFlagREXW) != 0 && value == OpcodeSize8)
    return "with REX.W the width is 8";
  if (is(column, "width") && row->form == OpcodeFormRM_I8 && value == sizeof(MutatorWord))
    return "an 8-bit immediate, extended further than it is used";
  if (is(column, "form") && byRegister && (value == OpcodeFormRM_R || value == OpcodeFormR_RM))
    return "the order of operands is for the vote alone";
  if (is(column, "form") && row->form == OpcodeFormRM_I && row->width == 1 && value == OpcodeFormRM_I8)
    return "an 8-bit immediate either way";
  if (is(column, "semantic") && row->width == row->size && value == OpcodeSemanticLOADSIGNED)
    return "nothing to extend";
  if (is(column, "extension") && byOffset && value == 0)
    return "no ModR/M byte, and 0 is what it reads as";
  if (is(column, "extension") && row->semantic == OpcodeSemanticCOMPARE && value == OpcodeExtensionANY)
    return "the rest of the group writes, which the hardware's write bit tells apart";
  if (is(column, "extension") && row->semantic == OpcodeSemanticSTORE && value == OpcodeExtensionANY)
    return "the rest of the group is no instruction";
  return NULL;
}

static void printMutation(const OpcodeRow *original, const char *column, unsigned from, unsigned to,
                          const char *result) {
  printf("  %-20s %-9s %3u -> %3u  %s\n", original->name, column, from, to, result);
}

static MutatorBool mutate(OpcodeRow *table, unsigned row, const MutationStruct *mutation, unsigned char value,
                          unsigned cases, Random random) {
  const OpcodeRow original = table[row];
  unsigned char *column = (unsigned char *)&table[row] + mutation->offset;
  const unsigned char from = *column;
  const char *excuse = equivalent(&original, mutation->column, value);
  MutatorBool found;
  *column = value;
  found = noticed(row, &original, cases, random);
  if (!found) {
    memset(table[row].vote, OpcodeVoteNONE, sizeof table[row].vote);
    found = noticed(row, &original, cases, random);
    if (found)
      printMutation(&original, mutation->column, from, value, "hidden by the vote; noticed without it");
  }
  table[row] = original;
  if (!found)
    printMutation(&original, mutation->column, from, value, excuse != NULL ? excuse : "NOT NOTICED");
  return found || excuse != NULL;
}

unsigned mutationRun(uint64_t seed, unsigned cases) {
  OpcodeRow *table = openTable();
  RandomStruct random = {seed};
  unsigned row, missed = 0, count = 0;
  size_t i, j;
  batchVerbose = 0;
  for (row = 0; row < mutatorOpcodeCount; ++row) {
    const OpcodeRow original = table[row];
    if (!hasCombination(row))
      continue;
    if (noticed(row, &original, cases, &random)) {
      printf("  %s fails as it is\n", original.name);
      return 1;
    }
    for (i = 0; i < sizeof mutations / sizeof mutations[0]; ++i)
      for (j = 0; j < mutations[i].count; ++j) {
        if (((unsigned char *)&table[row])[mutations[i].offset] == mutations[i].values[j])
          continue;
        ++count;
        if (!mutate(table, row, &mutations[i], mutations[i].values[j], cases, &random))
          ++missed;
      }
  }
  printf("mutations of the opcode table: %u, not noticed: %u\n", count, missed);
  return missed;
}
