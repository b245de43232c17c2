/* SPDX-License-Identifier: BSD-2-Clause
 *
 * differential.h -- the CPU itself against Step (C4, C5, C6, C9)
 *
 * A case is an instruction's bytes and a seed; registers, flags, memory and
 * the place of the code follow from those two.  The same case runs once on
 * open memory, by the CPU, and once on protected memory, stepped; then
 * everything a program could see must be the same.
 */

#ifndef tests_differential_differential_h
#define tests_differential_differential_h

#include <mutator.h>

#include <Zydis/Zydis.h>

#include "arch/x86/plan.h"
#include "support/native.h"

/* random.c ------------------------------------------------------------------ */

typedef struct RandomStruct {
  uint64_t state;
} RandomStruct, *Random;

uint64_t randomNext(Random random);
uint64_t randomBelow(Random random, uint64_t limit);
MutatorBool randomOneIn(Random random, uint64_t count);
uint64_t randomWord(Random random); /* one in which carries, signs and zeros happen */

/* case.c -------------------------------------------------------------------- */

#define DATA_PAGE 4096
#define DATA_SIZE 8192 /* two pages, so that an operand may cross from one into the other */
#define CODE_SIZE 8192 /* two pages, then one that is not mapped */

/* Where the two data pages and the code are: all addresses below 2 GiB, or all far above 4 GiB. */
typedef enum Layout { LayoutLOW = 0, LayoutHIGH = 1, LayoutLIMIT } Layout;

/* Which of the two data pages are protected when the case is stepped. */
typedef enum Protection {
  ProtectionBOTH = 0,
  ProtectionFIRST,
  ProtectionSECOND,
  ProtectionREADONLY, /* both, and readable */
  ProtectionLIMIT
} Protection;

/* Where the instruction is in the two pages of code. */
typedef enum Place {
  PlaceMIDDLE = 0,
  PlaceCROSSING, /* runs from one page into the next */
  PlaceEND,      /* ends at the end of a page, the next is not mapped */
  PlaceLIMIT
} Place;

/* Why a case cannot be run. */
typedef enum CaseRefusal {
  CaseRefusalNONE = 0,
  CaseRefusalINVALID,    /* Zydis: not an instruction */
  CaseRefusalOPERANDS,   /* no memory operand that is read or written, or too many */
  CaseRefusalVECTOR,     /* its index is a vector register */
  CaseRefusalPRIVILEGED, /* the CPU refuses it for another reason */
  CaseRefusalSEGMENT,    /* it loads a segment register */
  CaseRefusalADDRESS,    /* no registers make it hit the data pages */
  CaseRefusalFOREIGN,    /* in a segment that the system keeps for itself */
  CaseRefusalLIMIT
} CaseRefusal;

#define CASE_ACCESSES 2

/* One access, of all elements that a repeated instruction has. */
typedef struct CaseAccessStruct {
  uint64_t address; /* lowest */
  size_t size;      /* bytes */
  MutatorAccess access;
} CaseAccessStruct;

typedef struct CaseStruct {
  unsigned char bytes[ZYDIS_MAX_INSTRUCTION_LENGTH];
  size_t length;
  uint64_t seed;
  int combination; /* of the directed cases, or -1 */
  /* what follows from the bytes and the seed */
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand memories[CASE_ACCESSES]; /* operands in memory, in the order in which the CPU gets to them */
  unsigned count;                              /* of them */
  int named;                                   /* the one that ModR/M or an absolute address names, or -1 */
  ZydisDecodedOperand other;                   /* the first that is not in memory */
  Layout layout;
  Protection protection;
  uint64_t pc, next; /* of the instruction, and afterwards */
  CaseAccessStruct accesses[CASE_ACCESSES];
  uint64_t elements; /* of a repeated string instruction; else 1 */
  MutatorBool repeated, backward, locked;
  uint64_t gpr[16];
  uint64_t flags;
  unsigned row;             /* of the opcode table if it is a vector row, else 0 */
  unsigned char memory[64]; /* what the first operand holds to begin with */
  int fill;                 /* what everything else holds, or -1: a pattern */
} CaseStruct, *Case;

/* The lowest address of the data pages and of the code; the bases of FS and GS. */
uint64_t caseDataBase(Layout layout);
uint64_t caseCodeBase(Layout layout);
void caseSegmentBases(const uint64_t *fs, const uint64_t *gs); /* NULL: the system keeps it for itself */

/* Are there addresses of that many bits, in that segment, that reach the data pages? */
MutatorBool caseReachable(MutatorBool fs, MutatorBool gs, uint64_t mask);

/* Fill in the rest; may write an absolute address or a RIP-relative displacement into the bytes. */
CaseRefusal caseDerive(Case theCase);

/* What the data pages hold to begin with. */
void caseData(const CaseStruct *theCase, unsigned char data[DATA_SIZE]);

/* CaseFaultStruct -- the first byte that the CPU will not get at, and how many elements it did before
 *
 * otherFirst  in the reverse order: which operand of CMPS comes first differs between CPUs */
typedef struct CaseFaultStruct {
  MutatorBool faults;
  uint64_t address, done;
} CaseFaultStruct;
CaseFaultStruct caseFault(const CaseStruct *theCase, MutatorBool otherFirst);

void casePrint(const CaseStruct *theCase);
const char *caseRefusalName(CaseRefusal refusal);

/* Is it one of the instructions that the library claims to step? */
MutatorBool caseIsClaimed(const CaseStruct *theCase);

/* Does it access only a part of its operand, as a mask says?  (Or by what Zydis calls one.) */
MutatorBool caseIsPartial(const CaseStruct *theCase);

/* stack.c -------------------------------------------------------------------- */

/* Can a thread with this stack pointer stop, and go on? */
MutatorBool stackAllowed(uint64_t sp);

/* Any number, made into such a stack pointer. */
uint64_t stackAny(uint64_t value);

/* Could running it leave a stack pointer with which this system ends the program? */
MutatorBool stackAtRisk(const CaseStruct *theCase);

void stackSetup(void);

/* harness.c ----------------------------------------------------------------- */

/* OutcomeStruct -- all that is left of a run */
typedef struct OutcomeStruct {
  int signal; /* 0 when the CPU went on to the instruction's end; else what stopped it */
  uint64_t gpr[16], pc, flags;
  uint64_t vector[NativePartLIMIT]; /* a hash of each part of the vector state */
  size_t changedAt, changedSize;    /* the stretch of the data pages that changed */
  unsigned char changed[64];
  uint64_t changedHash; /* of all of it */
  /* of a stepped run */
  unsigned faults;
  MutatorBool stepped;
  MutatorBool stackless;  /* stepped, to a stack pointer with which the thread cannot stop again */
  MutatorBool excepted;   /* the step was left to the CPU, which is to raise an exception of its own */
  MutatorDecline decline; /* NONE when stepped, or when nothing faulted */
  const char *broken;     /* a promise that was not kept, or NULL */
  unsigned row;
} OutcomeStruct, *Outcome;

/* Map everything and install handlers.  On the calling thread, which must run all cases. */
void harnessSetup(void);

/* Does the record hold all vector and x87 registers, so that nothing may be declined for want of them? */
MutatorBool harnessHoldsVectors(void);

/* Protect one layout's pages, or open them all. */
void harnessProtect(Layout layout, Protection protection);
void harnessOpen(void);

void harnessRun(const CaseStruct *theCase, MutatorBool stepping, Outcome outcome);

/* Steps reach the data pages and nothing else. */
extern MutatorBool harnessBounded;

/* How many steps have been refused on purpose, to see that they change nothing. */
extern unsigned long harnessRefusals;

/* directed.c ---------------------------------------------------------------- */

/* The bytes of a directed case. */
typedef struct WriterStruct {
  unsigned char *bytes;
  size_t at;
} WriterStruct, *Writer;

void writerPut(Writer writer, unsigned byte);

/* One combination of table row, operand size, addressing form and prefix. */
typedef struct CombinationStruct {
  unsigned row, size, form, modifier;
  unsigned long compared, declined, refused;
  unsigned long unreachable; /* of those declined: not on this CPU and system */
} CombinationStruct, *Combination;

extern CombinationStruct *combinations;
extern unsigned combinationCount;

void combinationsMake(void);

/* How many combinations the row has, and the first. */
unsigned combinationsOf(unsigned row, unsigned *firstReturn);

/* Addressing forms are numbers below this, prefix modifiers what the set says. */
enum {
  ModifierREX = 1,
  Modifier67 = 2,
  ModifierFS = 4,
  ModifierGS = 8,
  ModifierFLAT = 16,
  ModifierLOCK = 32,
  ModifierREP = 64,
  ModifierREPNE = 128
};

/* Has the mode that form with those prefixes? */
MutatorBool directedLegal(unsigned form, unsigned modifier);

/* rex: its low bits R, X and B, as the form allows them; directed.c */
unsigned directedFitREX(unsigned rex, unsigned form);
void directedPutForm(Writer writer, const CombinationStruct *combination, unsigned reg, unsigned rex, Random random);

/* directed_vector.c: combinations and bytes of vector rows; `rows` is the table as it was. */
void vectorCombinationsMake(const OpcodeRow *rows, unsigned row, unsigned forms);
void vectorMake(Writer writer, const OpcodeRow *row, const CombinationStruct *combination, Random random);

/* The table's vector row of the case's bytes, or 0; and does it want its operand aligned? */
unsigned vectorRowOf(const CaseStruct *theCase);
MutatorBool vectorIsAligned(const CaseStruct *theCase);

/* The bytes of an element of the operand that bits of the case's mask select, or 0; and does
 * an element stand for several in the register, each with a bit of its own? */
size_t vectorMaskedElement(const CaseStruct *theCase);
MutatorBool vectorIsRepeated(const CaseStruct *theCase);

/* Why a case of a vector row may be declined; NULL: it may not. */
const char *vectorExcuse(const CaseStruct *theCase, MutatorDecline decline);

void directedMake(Case theCase, unsigned combination, Random random);
void combinationPrint(const CombinationStruct *combination);

/* Print the minimum; false when a combination has never been compared. */
MutatorBool combinationsReport(void);

/* arbitrary.c --------------------------------------------------------------- */

void arbitraryMake(Case theCase, Random random);

/* Why an instruction that the library claims may be declined; NULL: it may not. */
const char *arbitraryExcuse(const CaseStruct *theCase);

/* batch.c ------------------------------------------------------------------- */

#define BATCH 256

typedef struct TallyStruct {
  unsigned long cases, refused[CaseRefusalLIMIT], quiet, refusedByCPU, stackless, compared, failures, unexcused;
  unsigned long declined[MutatorDeclineLIMIT];
  unsigned long rows[4096];
  unsigned long modes[LayoutLIMIT][ProtectionLIMIT];
  unsigned long crossing, exceptions, partial;
  struct {
    const char *reason;
    unsigned long count;
  } excused[16];
} TallyStruct, *Tally;

/* Print what failed, and append it to the corpus? */
extern MutatorBool batchVerbose;

void batchRun(Case cases, size_t count, Tally tally);
void tallyReport(const TallyStruct *directed, const TallyStruct *arbitrary);

/* corpus.c ------------------------------------------------------------------ */

void corpusFolder(const char *path);
void corpusAppend(const CaseStruct *theCase);
size_t corpusRead(Case cases, size_t limit);

/* mutation.c ---------------------------------------------------------------- */

/* mutation_vector.c: change columns of some vector rows, chosen at random, or of all; returns how many changes went unnoticed. */
unsigned vectorMutationRun(uint64_t seed, unsigned rows);

/* The table, writable. */
OpcodeRow *mutationOpenTable(void);

/* Change rows of the opcode table, one column at a time: every change there is, or about
 * `limit` of them; returns how many went unnoticed. */
unsigned mutationRun(uint64_t seed, unsigned cases, unsigned limit);

#endif
