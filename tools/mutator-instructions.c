/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tools/mutator-instructions.c -- docs/instructions.md, from the opcode table
 *
 *   mutator-instructions             print the document
 *   mutator-instructions --check F   exit with 1 unless F is that document
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/opcode.h"

/* the document grows here ------------------------------------------------------ */

static char text[1 << 21];
static size_t used;

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...) {
  va_list arguments;
  int size;
  va_start(arguments, format);
  size = vsnprintf(text + used, sizeof text - used, format, arguments);
  va_end(arguments);
  if (size < 0 || (size_t)size >= sizeof text - used) {
    (void)fprintf(stderr, "mutator-instructions: the document is too long\n");
    exit(2);
  }
  used += (size_t)size;
}

/* words for the table's numbers -------------------------------------------------- */

typedef enum Class {
  ClassMOVE = 0,
  ClassARITHMETIC,
  ClassATOMIC,
  ClassSTACK,
  ClassSTRING,
  ClassGENERAL, /* what the table calls by a name that is not listed below: general registers... */
  ClassVECTOR,  /* ...or not */
  ClassNONE,    /* not stepped */
  ClassLIMIT
} Class;

static const char *const classNames[ClassLIMIT] = {
    [ClassMOVE] = "Moves of general registers",
    [ClassARITHMETIC] = "Arithmetic and tests of general registers",
    [ClassATOMIC] = "Exchanges",
    [ClassSTACK] = "Stack, calls and jumps",
    [ClassSTRING] = "Strings",
    [ClassGENERAL] = "Others of general registers",
    [ClassVECTOR] = "Vector, MMX and x87 registers",
    [ClassNONE] = "Not stepped",
};

/* A semantic that is not here has no class of its own: 0 stands for that, so classes are kept plus one. */
#define IS(class) (Class##class + 1)
static const unsigned char classes[OpcodeSemanticLIMIT] = {
    [OpcodeSemanticNONE] = IS(NONE),
    [OpcodeSemanticLOAD] = IS(MOVE),
    [OpcodeSemanticLOADSIGNED] = IS(MOVE),
    [OpcodeSemanticSTORE] = IS(MOVE),
    [OpcodeSemanticLOADREVERSED] = IS(MOVE),
    [OpcodeSemanticSTOREREVERSED] = IS(MOVE),
    [OpcodeSemanticLOADIF] = IS(MOVE),
    [OpcodeSemanticCOMPARE] = IS(ARITHMETIC),
    [OpcodeSemanticCOMPAREREVERSED] = IS(ARITHMETIC),
    [OpcodeSemanticMODIFY] = IS(ARITHMETIC),
    [OpcodeSemanticCOMBINE] = IS(ARITHMETIC),
    [OpcodeSemanticCOMBINEIMMEDIATE] = IS(ARITHMETIC),
    [OpcodeSemanticEXCHANGE] = IS(ATOMIC),
    [OpcodeSemanticCOMPAREEXCHANGE] = IS(ATOMIC),
    [OpcodeSemanticCOMPAREEXCHANGEPAIR] = IS(ATOMIC),
    [OpcodeSemanticACCUMULATE] = IS(ARITHMETIC),
    [OpcodeSemanticDIVIDE] = IS(ARITHMETIC),
    [OpcodeSemanticDIVIDESIGNED] = IS(ARITHMETIC),
    [OpcodeSemanticSET] = IS(MOVE),
    [OpcodeSemanticVEX] = IS(ARITHMETIC),
    [OpcodeSemanticVEXREVERSED] = IS(ARITHMETIC),
    [OpcodeSemanticVEXSINGLE] = IS(ARITHMETIC),
    [OpcodeSemanticVEXROTATE] = IS(ARITHMETIC),
    [OpcodeSemanticVEXMULTIPLY] = IS(ARITHMETIC),
    [OpcodeSemanticPUSH] = IS(STACK),
    [OpcodeSemanticPUSHFLAGS] = IS(STACK),
    [OpcodeSemanticPOP] = IS(STACK),
    [OpcodeSemanticPOPMEMORY] = IS(STACK),
    [OpcodeSemanticLEAVE] = IS(STACK),
    [OpcodeSemanticJUMP] = IS(STACK),
    [OpcodeSemanticCALL] = IS(STACK),
    [OpcodeSemanticRETURN] = IS(STACK),
    [OpcodeSemanticMOVS] = IS(STRING),
    [OpcodeSemanticSTOS] = IS(STRING),
    [OpcodeSemanticLODS] = IS(STRING),
    [OpcodeSemanticCMPS] = IS(STRING),
    [OpcodeSemanticSCAS] = IS(STRING),
    [OpcodeSemanticVECTORLOAD] = IS(VECTOR),
    [OpcodeSemanticVECTORSTORE] = IS(VECTOR),
    [OpcodeSemanticVECTORINSERT] = IS(VECTOR),
    [OpcodeSemanticVECTOREXTRACT] = IS(VECTOR),
    [OpcodeSemanticMXCSRLOAD] = IS(VECTOR),
    [OpcodeSemanticMXCSRSTORE] = IS(VECTOR),
};

static const char *const reasons[OpcodeReasonLIMIT] = {
    [OpcodeReasonNOACCESS] = "names memory and never faults on it",
    [OpcodeReasonSEGMENT] = "loads or stores a segment register or a descriptor",
    [OpcodeReasonFAR] = "goes to another code segment",
    [OpcodeReasonSYSTEM] = "is for the system",
    [OpcodeReasonPORT] = "does input or output",
    [OpcodeReasonCACHE] = "acts on a cache line",
    [OpcodeReasonFLAGS] = "loads flags that a handler cannot load",
    [OpcodeReasonACCESSES] = "stores to several places, and a step happens completely or not at all",
    [OpcodeReasonBOUND] = "raises an exception by itself",
    [OpcodeReasonSTATE] = "saves or restores the whole vector state",
};

static const char *const features[OpcodeFeatureLIMIT] = {
    [OpcodeFeatureBASE] = "any",
    [OpcodeFeatureCX8] = "CX8",
    [OpcodeFeatureCMOV] = "CMOV",
    [OpcodeFeatureSSE2] = "SSE2",
    [OpcodeFeatureCX16] = "CX16",
    [OpcodeFeatureSSE42] = "SSE4.2",
    [OpcodeFeatureMOVBE] = "MOVBE",
    [OpcodeFeaturePOPCNT] = "POPCNT",
    [OpcodeFeatureLZCNT] = "LZCNT",
    [OpcodeFeatureBMI1] = "BMI1",
    [OpcodeFeatureBMI2] = "BMI2",
    [OpcodeFeatureADX] = "ADX",
    [OpcodeFeatureX87] = "x87",
    [OpcodeFeatureMMX] = "MMX",
    [OpcodeFeatureSSE] = "SSE",
    [OpcodeFeatureSSE3] = "SSE3",
    [OpcodeFeatureSSSE3] = "SSSE3",
    [OpcodeFeatureSSE41] = "SSE4.1",
    [OpcodeFeatureSSE4A] = "SSE4a",
    [OpcodeFeatureAES] = "AES",
    [OpcodeFeaturePCLMUL] = "PCLMULQDQ",
    [OpcodeFeatureSHA] = "SHA",
    [OpcodeFeatureGFNI] = "GFNI",
    [OpcodeFeatureAVX] = "AVX",
    [OpcodeFeatureAVX2] = "AVX2",
    [OpcodeFeatureFMA] = "FMA",
    [OpcodeFeatureF16C] = "F16C",
    [OpcodeFeatureVAES] = "VAES",
    [OpcodeFeatureVPCLMUL] = "VPCLMULQDQ",
    [OpcodeFeatureAVX512F] = "AVX-512F",
    [OpcodeFeatureAVX512VL] = "AVX-512VL",
    [OpcodeFeatureAVX512BW] = "AVX-512BW",
    [OpcodeFeatureAVX512DQ] = "AVX-512DQ",
    [OpcodeFeatureAVX512CD] = "AVX-512CD",
    [OpcodeFeatureVBMI] = "VBMI",
    [OpcodeFeatureVBMI2] = "VBMI2",
    [OpcodeFeatureIFMA] = "IFMA",
    [OpcodeFeatureVNNI] = "VNNI",
    [OpcodeFeatureBITALG] = "BITALG",
    [OpcodeFeatureVPOPCNTDQ] = "VPOPCNTDQ",
    [OpcodeFeatureBF16] = "BF16",
};

static const char *const votes[] = {"–", "length", "full"};

static Class classOf(const OpcodeRow *row) {
  if (classes[row->semantic] != 0)
    return (Class)(classes[row->semantic] - 1);
  return row->size == OpcodeSizeVECTOR || row->width == OpcodeSizeVECTOR ? ClassVECTOR : ClassGENERAL;
}

/* one line ------------------------------------------------------------------------ */

/* A row that stands for several is named by all of them. */
static size_t mnemonicSize(const OpcodeRow *row) {
  return strchr(row->name, ',') != NULL && row->name[strcspn(row->name, " ,")] == ',' ? strlen(row->name)
                                                                                      : strcspn(row->name, " ");
}

static const char *operandsOf(const OpcodeRow *row) {
  const char *operands = row->name + mnemonicSize(row);
  return *operands == ' ' ? operands + 1 : operands;
}

static const char *reasonOf(const OpcodeRow *row) {
  const char *reason = row->reason < OpcodeReasonLIMIT ? reasons[row->reason] : NULL;
  return reason != NULL ? reason : "not yet";
}

/* Do two rows differ in nothing but forms and encodings? */
static MutatorBool sameLine(const OpcodeRow *left, const OpcodeRow *right) {
  return classOf(left) == classOf(right) && mnemonicSize(left) == mnemonicSize(right) &&
         strncmp(left->name, right->name, mnemonicSize(left)) == 0 && left->reason == right->reason &&
         left->feature == right->feature && memcmp(left->vote, right->vote, sizeof left->vote) == 0;
}

static void printEncoding(const OpcodeRow *row) {
  static const char *const spaces[] = {"", "VEX ", "EVEX "}, *const maps[] = {"", "0F ", "0F 38 ", "0F 3A "};
  static const char *const prefixes[] = {"", "66 ", "F3 ", "F2 "};
  print("%s%s%s%02X", row->space < 3 ? spaces[row->space] : "? ", row->pp < 4 ? prefixes[row->pp] : "",
        row->map < 4 ? maps[row->map] : "? ", row->opcode);
  if (row->extension != OpcodeExtensionANY)
    print(" /%u", row->extension);
  if (row->w != OpcodeWAny)
    print(" W%u", row->w);
}

static void printFlags(unsigned flags) {
  static const struct {
    unsigned flag;
    const char *name;
  } names[] = {{OpcodeFlagLOCK, "LOCK"},
               {OpcodeFlagREPEAT, "REP"},
               {OpcodeFlagMODE64, "64-bit mode"},
               {OpcodeFlagMODE32, "32-bit mode"}};
  const char *before = "";
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; ++i)
    if ((flags & names[i].flag) != 0) {
      print("%s%s", before, names[i].name);
      before = ", ";
    }
}

/* Bit by row: already in a line. */
static unsigned char printed[1 << 14];

/* The forms of all rows of a line, then their encodings; each form and encoding once, and returns all flags. */
static unsigned printForms(unsigned first) {
  const OpcodeRow *rows = mutatorOpcodeRows;
  unsigned row, flags = 0, other;
  const char *before = "";
  for (row = first; row < mutatorOpcodeCount; ++row) {
    if (!sameLine(&rows[first], &rows[row]))
      continue;
    for (other = first; other < row; ++other)
      if (sameLine(&rows[first], &rows[other]) && strcmp(rows[other].name, rows[row].name) == 0)
        break;
    if (other == row && *operandsOf(&rows[row]) != '\0') {
      print("%s%s", before, operandsOf(&rows[row]));
      before = " · ";
    }
    flags |= rows[row].flags;
  }
  print(" | ");
  before = "";
  for (row = first; row < mutatorOpcodeCount; ++row)
    if (sameLine(&rows[first], &rows[row])) {
      print("%s", before);
      printEncoding(&rows[row]);
      before = " · ";
      printed[row] = 1;
    }
  return flags;
}

static void printLine(unsigned first) {
  const OpcodeRow *row = &mutatorOpcodeRows[first];
  unsigned flags;
  print("| %.*s | ", (int)mnemonicSize(row), row->name);
  flags = printForms(first);
  print(" | ");
  if (row->semantic == OpcodeSemanticNONE) {
    print("%s |\n", reasonOf(row));
    return;
  }
  printFlags(flags);
  print(" | %s | %s | %s | %s |\n", row->feature < OpcodeFeatureLIMIT ? features[row->feature] : "?",
        votes[row->vote[0]], votes[row->vote[1]], votes[row->vote[2]]);
}

/* the document ------------------------------------------------------------------------ */

static void printClass(Class class) {
  unsigned row, lines = 0;
  for (row = 0; row < mutatorOpcodeCount; ++row) {
    if (printed[row] || classOf(&mutatorOpcodeRows[row]) != class)
      continue;
    if (lines++ == 0)
      print(class == ClassNONE ? "\n## %s\n\n| instruction | operands | opcode | because it |\n|---|---|---|---|\n"
                               : "\n## %s\n\n| instruction | operands | opcode | prefix, mode | CPU | 4 | 5 | 6 |\n"
                                 "|---|---|---|---|---|---|---|---|\n",
            classNames[class]);
    printLine(row);
  }
}

/* Families without a row, which the table cannot speak of. */
typedef struct Absent {
  const char *family, *reason;
} Absent;

static const Absent absent[] = {
    {"with an immediate, save insertions and extractions: PSHUFD, SHUFPS, CMPPS, ROUNDPS, PALIGNR, DPPS, PCMPESTRI, "
     "AESKEYGENASSIST, VPTERNLOG, VCVTPS2PH, shifts and rotations of an operand in memory by an immediate",
     "the immediate selects what is done, so that each of its values is an instruction of its own to run"},
    {"gathers and scatters: VGATHERDPS, VPGATHERDD, VSCATTERDPS",
     "has an operand at each of several addresses, of which "
     "some may be done when another faults"},
    {"MASKMOVQ, MASKMOVDQU", "stores to bytes that a register selects, with a hint that no step can give"},
    {"FNSTENV, FLDENV, FNSAVE, FRSTOR", "saves or restores the x87 environment, whose layout depends on the mode"},
    {"FXSAVE, FXRSTOR, XSAVE, XRSTOR and their like", "saves or restores the whole vector state"},
    {"MOVDIRI, MOVDIR64B, ENQCMD", "is for devices"},
    {"AMX tiles", "reads or writes rows at several addresses"},
    {"half precision (AVX512-FP16), VP2INTERSECT, 4FMAPS and 4VNNIW, APX, AVX10.2", "no CPU at hand to prove it on, or "
                                                                                    "a map that is not decoded"},
    {"AMD's XOP, FMA4, TBM and 3DNow!", "a map that is not decoded"},
};

static void printAbsent(void) {
  size_t i;
  print("\n## In no row\n\nVector instructions with an operand in memory that are declined without a row:\n\n"
        "| instructions | because |\n|---|---|\n");
  for (i = 0; i < sizeof absent / sizeof absent[0]; ++i)
    print("| %s | %s |\n", absent[i].family, absent[i].reason);
}

static void printDocument(void) {
  unsigned row, stepped = 0;
  int class;
  for (row = 0; row < mutatorOpcodeCount; ++row)
    stepped += mutatorOpcodeRows[row].semantic != OpcodeSemanticNONE;
  print("<!-- SPDX-License-Identifier: BSD-2-Clause\n"
        "     Made by tools/mutator-instructions.c from src/arch/x86/opcode.c; a test compares. To make it again:\n"
        "     cmake --build --preset release --target instructions -->\n"
        "# Instructions\n\n"
        "The opcode table has %u rows; %u are stepped. An instruction in no row is declined, as is one in a row\n"
        "whose encoding the table does not take: a prefix that it does not name, or two that contradict each other.\n\n"
        "- *operands*: destination first, as in Intel's manual; `m` and `r/m` without a number have the operand size.\n"
        "  What touches memory is listed, and a few that do not and that stepping from a breakpoint needs.\n"
        "- *opcode*: mandatory prefix, map, opcode, `/n` for ModR/M.reg, `W` where it must be so.\n"
        "- *prefix, mode*: LOCK or REP where at least one of the forms may have it; a mode where at least one is of it "
        "alone.\n"
        "- *CPU*: the feature without which it is declined.\n"
        "- *4, 5, 6*: how far Capstone of that version must agree: *full*: length, registers, displacement, scale, "
        "segment,\n"
        "  immediate and sizes; *length*; or – for not asked, where tests alone prove the row.\n",
        mutatorOpcodeCount, stepped);
  for (class = 0; class < ClassLIMIT; ++class)
    printClass((Class) class);
  printAbsent();
}

static int check(const char *path) {
  static char old[sizeof text];
  FILE *file = fopen(path, "r");
  size_t size = 0;
  if (file != NULL) {
    size = fread(old, 1, sizeof old - 1, file);
    (void)fclose(file);
  }
  if (size == used && memcmp(old, text, used) == 0)
    return 0;
  (void)fprintf(stderr, "%s is not what the opcode table says; cmake --build --preset release --target instructions\n",
                path);
  return 1;
}

int main(int argc, char **argv) {
  if (mutatorOpcodeCount > sizeof printed)
    return 2;
  printDocument();
  if (argc == 3 && strcmp(argv[1], "--check") == 0)
    return check(argv[2]);
  if (argc != 1) {
    (void)fprintf(stderr, "usage: mutator-instructions [--check FILE]\n");
    return 2;
  }
  return fwrite(text, 1, used, stdout) == used ? 0 : 1;
}
