/* SPDX-License-Identifier: BSD-2-Clause
 *
 * directed.c -- every row of the opcode table x size x addressing form x prefix
 */

#include "differential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/native.h"

typedef enum Size { SizeNONE = 0, Size66, SizeW, SizeLIMIT } Size;

typedef enum Form {
  FormBASE = 0, /* [base] */
  FormBASE8,    /* [base + disp8] */
  FormBASE32,
  FormFRAME8, /* RBP or R13 */
  FormSTACK,  /* RSP or R12, by SIB */
  FormSTACK8,
  FormSTACK32,
  FormSIB,   /* any base by SIB, no index */
  FormINDEX, /* [base + index * scale] */
  FormINDEX8,
  FormINDEX32,
  FormFRAMEINDEX, /* RBP or R13 with an index */
  FormSAME,       /* base and index are one register */
  FormONLYINDEX,  /* [index * scale + disp32] */
  FormABSOLUTE,   /* SIB, disp32 alone */
  FormRELATIVE,   /* to RIP; in 32-bit mode a displacement alone */
  FormOFFSET,     /* A0 to A3 */
  FormNONE,       /* no operand that the bytes name */
  FormLIMIT
} Form;

static const char *const formNames[FormLIMIT] = {
    "[base]",       "[base+d8]",       "[base+d32]",       "[rbp/r13+d8]",
    "[rsp/r12]",    "[rsp/r12+d8]",    "[rsp/r12+d32]",    "[base] by SIB",
    "[base+index]", "[base+index+d8]", "[base+index+d32]", "[rbp/r13+index+d8]",
    "[same+same]",  "[index*s+d32]",   "[d32] by SIB",     "[rip+d32]",
    "moffs",        "no operand",
};

/* What else the prefixes do; a modifier is a set of Modifier... */
enum { ModifiersADDRESS = Modifier67 | ModifierFS | ModifierGS | ModifierFLAT };

static const unsigned char modifiers[] = {
    0, ModifierREX, Modifier67, ModifierFS, ModifierGS, ModifierFLAT, ModifierLOCK, ModifierREP, ModifierREPNE,
};
#define MODIFIERS (sizeof modifiers)

CombinationStruct *combinations;
unsigned combinationCount;

/* Those of each row are neighbours. */
static unsigned *rowFirst;

/* The table as it was, for the mutation test changes it. */
static OpcodeRow *rows;

static MutatorBool isOffset(const OpcodeRow *row) {
  return row->form == OpcodeFormA_OFFSET || row->form == OpcodeFormOFFSET_A;
}

static MutatorBool isBare(const OpcodeRow *row) { return row->form >= OpcodeFormO && row->form <= OpcodeFormA_MEM; }

static MutatorBool isString(const OpcodeRow *row) {
  return row->form >= OpcodeFormMEM_MEM && row->form <= OpcodeFormA_MEM;
}

static MutatorBool formLegal(const OpcodeRow *row, unsigned form) {
  if (isOffset(row) || form == FormOFFSET)
    return isOffset(row) && form == FormOFFSET;
  return isBare(row) == (form == FormNONE);
}

/* 66 and REX.W, as far as the row admits them; by VEX.W where there is VEX. */
static MutatorBool sizeLegal(const OpcodeRow *row, unsigned size) {
  const MutatorBool sized = row->width == OpcodeSizeV || row->size == OpcodeSizeV;
  if (row->w != OpcodeWAny && row->w != (size == SizeW))
    return 0;
  if ((row->flags & OpcodeFlagREXW) != 0 && size != SizeW)
    return 0;
  if (size != Size66)
    return 1;
  if (row->space != RawSpaceLEGACY || (row->flags & OpcodeFlagNO66) != 0)
    return 0;
  return row->pp == RawPrefixANY || ((row->pp == RawPrefixF2 || row->pp == RawPrefixF3) && sized);
}

/* 67 with a REX.W that says nothing is refused. */
static MutatorBool bothLegal(const OpcodeRow *row, unsigned size, unsigned modifier) {
  return row->size != OpcodeSizeSTACK || size != SizeW || (modifier & Modifier67) == 0;
}

static MutatorBool modifierLegal(const OpcodeRow *row, unsigned modifier) {
  if ((modifier & ModifierLOCK) != 0 && (row->flags & OpcodeFlagLOCK) == 0)
    return 0;
  if ((modifier & (ModifierREP | ModifierREPNE)) != 0 && (row->flags & OpcodeFlagREPEAT) == 0)
    return 0;
  return (modifier & ModifiersADDRESS) == 0 || !isBare(row) || isString(row) || row->implicit == OpcodeImplicitTABLE;
}

/* A row that this mode or this CPU has. */
static MutatorBool rowLegal(const OpcodeRow *row) {
  if ((row->flags & (sizeof(MutatorWord) == 8 ? OpcodeFlagMODE32 : OpcodeFlagMODE64 | OpcodeFlagREXW)) != 0)
    return 0;
  return row->semantic != OpcodeSemanticNONE && mutatorFeaturesHave(row->feature);
}

/* 16-bit addresses have no SIB byte, and only with FS's base do they reach the data. */
static MutatorBool legal16(unsigned form, unsigned modifier) {
  return (modifier & ModifierFS) != 0 &&
         (form == FormBASE || form == FormBASE8 || form == FormBASE32 || form == FormRELATIVE || form == FormOFFSET);
}

/* ESP points at the stack's operand; the other's segment is elsewhere. */
static MutatorBool stackTwice(const OpcodeRow *row, unsigned form, unsigned modifier) {
  return (row->implicit == OpcodeImplicitPUSH || row->implicit == OpcodeImplicitPOP) &&
         (form == FormSTACK || form == FormSTACK8) && (modifier & (ModifierFS | ModifierGS)) != 0;
}

static MutatorBool modeLegal(const OpcodeRow *row, unsigned size, unsigned form, unsigned modifier) {
  if (RawMode64)
    return 1;
  if (stackTwice(row, form, modifier))
    return 0;
  if (size == SizeW || (modifier & ModifierREX) != 0)
    return 0;
  return (modifier & Modifier67) == 0 || legal16(form, modifier);
}

/* The system may keep a segment for itself, or its base may be too far away for short addresses. */
static MutatorBool reachable(unsigned modifier) {
  const unsigned bits = (unsigned)sizeof(MutatorWord) * ((modifier & Modifier67) != 0 ? 4 : 8);
  return caseReachable((modifier & ModifierFS) != 0, (modifier & ModifierGS) != 0, ~UINT64_C(0) >> (64 - bits));
}

MutatorBool directedLegal(unsigned form, unsigned modifier) {
  if (!reachable(modifier))
    return 0;
  return RawMode64 || ((modifier & ModifierREX) == 0 && ((modifier & Modifier67) == 0 || legal16(form, modifier)));
}

static void addCombinations(unsigned row, unsigned size) {
  unsigned form, modifier;
  for (form = 0; form < FormLIMIT; ++form)
    for (modifier = 0; modifier < MODIFIERS; ++modifier) {
      CombinationStruct combination = {row, size, form, modifiers[modifier], 0, 0, 0, 0};
      if (reachable(modifiers[modifier]) && modeLegal(&rows[row], size, form, modifiers[modifier]) &&
          formLegal(&rows[row], form) && modifierLegal(&rows[row], modifiers[modifier]) &&
          bothLegal(&rows[row], size, modifiers[modifier]))
        combinations[combinationCount++] = combination;
    }
}

void combinationsMake(void) {
  unsigned row, size;
  combinations = calloc((size_t)mutatorOpcodeCount * SizeLIMIT * FormLIMIT * MODIFIERS, sizeof *combinations);
  rows = calloc(mutatorOpcodeCount, sizeof *rows);
  rowFirst = calloc(mutatorOpcodeCount + 1, sizeof *rowFirst);
  if (combinations == NULL || rows == NULL || rowFirst == NULL)
    abort();
  memcpy(rows, mutatorOpcodeRows, mutatorOpcodeCount * sizeof *rows);
  for (row = 0; row < mutatorOpcodeCount; ++row) {
    rowFirst[row] = combinationCount;
    if (row >= mutatorOpcodeVectorFirst)
      vectorCombinationsMake(rows, row, FormOFFSET);
    for (size = 0; row < mutatorOpcodeVectorFirst && size < SizeLIMIT; ++size)
      if (rowLegal(&rows[row]) && sizeLegal(&rows[row], size))
        addCombinations(row, size);
  }
  rowFirst[row] = combinationCount;
}

unsigned combinationsOf(unsigned row, unsigned *firstReturn) {
  *firstReturn = rowFirst[row];
  return rowFirst[row + 1] - rowFirst[row];
}

/* encoding -------------------------------------------------------------------- */

void writerPut(Writer writer, unsigned byte) { writer->bytes[writer->at++] = (unsigned char)byte; }
#define put writerPut

static void putRandom(Writer writer, size_t count, Random random) {
  uint64_t word = randomWord(random);
  while (count-- > 0) {
    put(writer, (unsigned)(word & 0xff));
    word >>= 8;
  }
}

/* Legacy prefixes, in any order; what the opcode demands comes last, since Capstone 4 overlooks it elsewhere. */
static void putPrefixes(Writer writer, const CombinationStruct *combination, unsigned modifier, Random random) {
  static const unsigned char flat[] = {0x26, 0x36, 0x3e, 0x2e}; /* ES, SS, DS, CS */
  static const unsigned char mandatory[] = {0, 0x66, 0xf3, 0xf2};
  const OpcodeRow *row = &rows[combination->row];
  const MutatorBool toCode = RawMode64 || (row->role & MutatorAccessWRITE) == 0;
  unsigned char prefixes[8];
  size_t count = 0;
  if (combination->size == Size66)
    prefixes[count++] = 0x66;
  if ((modifier & ModifierLOCK) != 0)
    prefixes[count++] = 0xf0;
  if ((modifier & ModifierREP) != 0)
    prefixes[count++] = 0xf3;
  if ((modifier & ModifierREPNE) != 0)
    prefixes[count++] = 0xf2;
  if ((modifier & Modifier67) != 0)
    prefixes[count++] = 0x67;
  if ((modifier & ModifierFS) != 0)
    prefixes[count++] = 0x64;
  if ((modifier & ModifierGS) != 0)
    prefixes[count++] = 0x65;
  if ((modifier & ModifierFLAT) != 0)
    prefixes[count++] = flat[randomBelow(random, toCode ? 4 : 3)];
  while (count > 0) {
    size_t chosen = randomBelow(random, count);
    put(writer, prefixes[chosen]);
    prefixes[chosen] = prefixes[--count];
  }
  if (row->space == RawSpaceLEGACY && row->pp < sizeof mandatory && mandatory[row->pp] != 0)
    put(writer, mandatory[row->pp]);
}

/* With each prefix often others that are legal with it. */
static unsigned chooseModifier(const CombinationStruct *combination, Random random) {
  static const unsigned char others[] = {0, ModifierFS, ModifierGS, ModifierFLAT};
  unsigned modifier = combination->modifier, more = modifier;
  if (!RawMode64)
    return modifier == ModifierFS && randomOneIn(random, 2) && legal16(combination->form, modifier)
               ? modifier | Modifier67
               : modifier;
  if (modifier == 0 || modifier == ModifierREX)
    return modifier;
  if (randomOneIn(random, 2))
    modifier |= ModifierREX;
  if (randomOneIn(random, 3))
    more |= Modifier67;
  if ((modifier & ModifiersADDRESS) == 0 || modifier == Modifier67)
    more |= others[randomBelow(random, 4)];
  more |= modifier;
  return modifierLegal(&rows[combination->row], more) && reachable(more) &&
                 bothLegal(&rows[combination->row], combination->size, more)
             ? more
             : modifier;
}

/* REX.W alone, or with any of R, X and B; X means nothing where there is no index. */
static unsigned chooseREX(const CombinationStruct *combination, unsigned modifier, Random random) {
  unsigned rex = combination->size == SizeW ? 0x48 : 0;
  if ((modifier & ModifierREX) != 0)
    rex |= 0x40 | (unsigned)randomBelow(random, 8);
  return rex;
}

static unsigned registerBut(Random random, unsigned one, unsigned other) {
  unsigned reg;
  do
    reg = (unsigned)randomBelow(random, 8);
  while (reg == one || reg == other);
  return reg;
}

static void putModRM(Writer writer, unsigned mod, unsigned reg, unsigned rm) { put(writer, mod << 6 | reg << 3 | rm); }

static void putSIB(Writer writer, unsigned mod, unsigned reg, unsigned index, unsigned base, Random random) {
  putModRM(writer, mod, reg, 4);
  put(writer, (unsigned)randomBelow(random, 4) << 6 | index << 3 | base);
}

/* In 32-bit mode with 67: the r/m field names base and index (Intel SDM volume 2, table 2-1). */
static void putForm16(Writer writer, Form form, unsigned reg, Random random) {
  const unsigned mod = form == FormRELATIVE ? 0 : form - FormBASE;
  putModRM(writer, mod, reg, form == FormRELATIVE ? 6 : registerBut(random, 8, mod == 0 ? 6 : 8));
  putRandom(writer, form == FormRELATIVE ? 2 : mod, random);
}

/* Without REX.X an index of 4 is none; with it, R12.  `none` must be none. */
static void putForm(Writer writer, Form form, unsigned reg, unsigned rex, Random random) {
  static const unsigned char displacements[] = {0, 1, 4};
  const unsigned extended = rex >> 1 & 1; /* REX.X */
  unsigned index = extended ? (unsigned)randomBelow(random, 8) : registerBut(random, 4, 4);
  unsigned base = (unsigned)randomBelow(random, 8), mod;
  switch (form) {
  case FormBASE:
  case FormBASE8:
  case FormBASE32:
    mod = form - FormBASE;
    putModRM(writer, mod, reg, registerBut(random, 4, mod == 0 ? 5 : 4));
    break;
  case FormFRAME8: putModRM(writer, mod = 1, reg, 5); break;
  case FormSTACK:
  case FormSTACK8:
  case FormSTACK32: putSIB(writer, mod = form - FormSTACK, reg, 4, 4, random); break;
  case FormSIB:
    putSIB(writer, mod = (unsigned)randomBelow(random, 3), reg, 4, registerBut(random, 5, 5), random);
    break;
  case FormINDEX: putSIB(writer, mod = 0, reg, index, registerBut(random, 5, 5), random); break;
  case FormINDEX8: putSIB(writer, mod = 1, reg, index, base, random); break;
  case FormINDEX32: putSIB(writer, mod = 2, reg, index, base, random); break;
  case FormFRAMEINDEX: putSIB(writer, mod = 1, reg, index, 5, random); break;
  case FormSAME:
    putSIB(writer, mod = index == 5 ? 1 : (unsigned)randomBelow(random, 3), reg, index, index, random);
    break;
  case FormONLYINDEX:
    putSIB(writer, 0, reg, index, 5, random);
    mod = 2;
    break;
  case FormABSOLUTE:
    putSIB(writer, 0, reg, 4, 5, random);
    mod = 2;
    break;
  case FormRELATIVE:
    putModRM(writer, 0, reg, 5);
    mod = 2;
    break;
  default: mod = 0; break;
  }
  putRandom(writer, displacements[mod], random);
}

/* Forms that need "no index" need REX.X clear; base and index of FormSAME need X and B equal. */
static unsigned fitREX(unsigned rex, Form form) {
  switch (form) {
  case FormSTACK:
  case FormSTACK8:
  case FormSTACK32:
  case FormSIB:
  case FormABSOLUTE: return rex & ~2u;
  case FormSAME: return (rex & ~2u) | (rex << 1 & 2);
  default: return rex;
  }
}

unsigned directedFitREX(unsigned rex, unsigned form) { return fitREX(rex, (Form)form); }

void directedPutForm(Writer writer, const CombinationStruct *combination, unsigned reg, unsigned rex, Random random) {
  if (!RawMode64 && (combination->modifier & Modifier67) != 0)
    putForm16(writer, (Form)combination->form, reg, random);
  else
    putForm(writer, (Form)combination->form, reg, rex, random);
}

static size_t immediateSize(const OpcodeRow *row, const CombinationStruct *combination) {
  switch (row->form) {
  case OpcodeFormRM_I:
  case OpcodeFormR_RM_I:
  case OpcodeFormI: return row->width == 1 ? 1 : combination->size == Size66 ? 2 : 4;
  case OpcodeFormRM_I8:
  case OpcodeFormRM_U8:
  case OpcodeFormRM_R_U8:
  case OpcodeFormR_RM_I8:
  case OpcodeFormI8: return 1;
  case OpcodeFormI16: return 2;
  case OpcodeFormREL: return 4;
  default: return 0;
  }
}

/* VEX in three bytes, or in two where that says as much (Intel SDM volume 2, section 2.3.5). */
static void putVEX(Writer writer, const OpcodeRow *row, unsigned rex, Random random) {
  const MutatorBool used =
      row->form == OpcodeFormR_V_RM || row->form == OpcodeFormR_RM_V || row->form == OpcodeFormV_RM;
  const unsigned vreg = used ? (unsigned)randomBelow(random, RawMode64 ? 16 : 8) : 0, w = rex >> 3 & 1;
  put(writer, 0xc4);
  put(writer, ((~rex & 7) << 5) | row->map);
  put(writer, w << 7 | (~vreg & 15) << 3 | (row->l == 1 ? 4u : 0u) | row->pp);
}

static void putOpcode(Writer writer, const OpcodeRow *row, unsigned rex, Random random) {
  static const unsigned char escapes[] = {0, 0, 0x38, 0x3a};
  if (row->space == RawSpaceVEX)
    putVEX(writer, row, rex, random);
  else if (rex != 0)
    put(writer, rex);
  if (row->space == RawSpaceLEGACY && row->map != RawMapONE)
    put(writer, 0x0f);
  if (row->space == RawSpaceLEGACY && row->map > RawMap0F)
    put(writer, escapes[row->map]);
  put(writer, row->opcode);
}

void directedMake(Case theCase, unsigned which, Random random) {
  const CombinationStruct *combination = &combinations[which];
  const OpcodeRow *row = &rows[combination->row];
  WriterStruct writer = {theCase->bytes, 0};
  const unsigned modifier = chooseModifier(combination, random);
  unsigned rex = fitREX(chooseREX(combination, modifier, random), (Form)combination->form), reg;
  memset(theCase, 0, sizeof *theCase);
  theCase->combination = (int)which;
  theCase->seed = randomNext(random);
  if (combination->row >= mutatorOpcodeVectorFirst) {
    vectorMake(&writer, row, combination, random);
    theCase->length = writer.at;
    return;
  }
  putPrefixes(&writer, combination, modifier, random);
  reg = row->extension != OpcodeExtensionANY ? row->extension : (unsigned)randomBelow(random, 8);
  putOpcode(&writer, row, rex, random);
  if (combination->form == FormOFFSET)
    putRandom(&writer, (modifier & Modifier67) != 0 ? sizeof(MutatorWord) / 2 : sizeof(MutatorWord), random);
  else if (!RawMode64 && combination->form != FormNONE && (modifier & Modifier67) != 0)
    putForm16(&writer, (Form)combination->form, reg, random);
  else if (combination->form != FormNONE)
    putForm(&writer, (Form)combination->form, reg, rex, random);
  putRandom(&writer, immediateSize(row, combination), random);
  theCase->length = writer.at;
}

/* the count ------------------------------------------------------------------- */

void combinationPrint(const CombinationStruct *combination) {
  static const char *const sizes[] = {"", " 66", " REX.W"};
  if (combination->row >= mutatorOpcodeVectorFirst)
    printf("%s %s %u bits", mutatorOpcodeRows[combination->row].name, formNames[combination->form],
           128u << combination->size);
  else
    printf("%s %s%s", mutatorOpcodeRows[combination->row].name, formNames[combination->form], sizes[combination->size]);
  if ((combination->modifier & ModifierREX) != 0)
    printf(" REX");
  if ((combination->modifier & Modifier67) != 0)
    printf(" 67");
  if ((combination->modifier & ModifierFS) != 0)
    printf(" FS");
  if ((combination->modifier & ModifierGS) != 0)
    printf(" GS");
  if ((combination->modifier & ModifierFLAT) != 0)
    printf(" ES/CS/SS/DS");
  if ((combination->modifier & ModifierLOCK) != 0)
    printf(" LOCK");
  if ((combination->modifier & ModifierREP) != 0)
    printf(" REP");
  if ((combination->modifier & ModifierREPNE) != 0)
    printf(" REPNE");
}

/* Where the system writes its record below the stack pointer, some have none that will do. */
static MutatorBool cannotRun(const CombinationStruct *combination) {
  return nativeFrameSize() != 0 && combination->compared == 0 && combination->declined == 0 &&
         combination->refused != 0;
}

MutatorBool combinationsReport(void) {
  unsigned long least = ~0ul;
  unsigned i, missing = 0, fewest = 0, refused = 0, unreachable = 0;
  for (i = 0; i < combinationCount; ++i) {
    if (combinations[i].compared == 0 && combinations[i].unreachable != 0) {
      ++unreachable;
      continue;
    }
    if (cannotRun(&combinations[i])) {
      ++refused;
      continue;
    }
    if (combinations[i].compared < least) {
      least = combinations[i].compared;
      fewest = i;
    }
    if (combinations[i].compared != 0)
      continue;
    if (++missing > 40)
      continue;
    printf("  never compared: ");
    combinationPrint(&combinations[i]);
    printf(" (declined %lu, not to be run %lu)\n", combinations[i].declined, combinations[i].refused);
  }
  printf("combinations of row x size x form x prefix: %u, compared at least %lu times each, first such: ",
         combinationCount, least);
  combinationPrint(&combinations[fewest]);
  printf("\n");
  if (refused != 0)
    printf("combinations whose stack pointer never left room for the system's record: %u\n", refused);
  if (unreachable != 0)
    printf("combinations that this CPU and system do not have: %u\n", unreachable);
  if (missing != 0)
    printf("combinations never compared: %u\n", missing);
  return missing == 0;
}
