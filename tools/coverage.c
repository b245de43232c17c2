/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tools/coverage.c -- what share of a program's memory accesses can be stepped
 */

#include "coverage.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/x86/opcode.h"

/* rows ------------------------------------------------------------------------ */

static const char *notExecuted = "its row has not been run by the differential test";

const char *coverageRowsRead(const char *path, CoverageRows rows) {
  FILE *file = fopen(path, "r");
  char line[256];
  unsigned count, bits, row;
  unsigned long cases;
  memset(rows, 0, sizeof *rows);
  if (file == NULL)
    return "cannot be read";
  if (fgets(line, sizeof line, file) == NULL || sscanf(line, "mutator opcode rows %u bits %u", &count, &bits) != 2 ||
      bits != 8 * sizeof(void *) || count != mutatorOpcodeCount || count > sizeof rows->row) {
    (void)fclose(file);
    return "is not a list of this library's table";
  }
  rows->count = count;
  while (fgets(line, sizeof line, file) != NULL) {
    int name = 0;
    if (sscanf(line, "%u %lu %n", &row, &cases, &name) != 2 || row >= count)
      continue;
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line + name, mutatorOpcodeRows[row].name) != 0) {
      (void)fclose(file);
      return "is of another table";
    }
    rows->executed += rows->row[row] == 0 && cases > 0;
    rows->row[row] = cases > 0;
  }
  (void)fclose(file);
  return NULL;
}

void coverageRowsAll(CoverageRows rows) {
  memset(rows, 1, sizeof *rows);
  rows->count = mutatorOpcodeCount;
  rows->executed = mutatorOpcodeCount;
}

/* one instruction --------------------------------------------------------------- */

typedef struct SweepStruct *Sweep;
typedef struct SweepStruct {
  Coverage coverage;
  const CoverageRowsStruct *rows;
  csh handle;
  cs_insn *instruction;
} SweepStruct;

/* SiteStruct -- an instruction, as far as counting goes */
typedef struct SiteStruct *Site;
typedef struct SiteStruct {
  const unsigned char *bytes;
  size_t length;
  uint64_t address;
  MutatorBool decoded;  /* by Capstone */
  MutatorBool memory;   /* names memory, and touches it */
  MutatorBool heapLike; /* not by stack or frame pointer, program counter, FS or GS */
} SiteStruct;

/* Operands in memory that are only computed, or only hinted at. */
static MutatorBool isAddressOnly(const cs_insn *instruction) {
  switch (instruction->id) {
  case X86_INS_LEA:
  case X86_INS_NOP:
  case X86_INS_PREFETCH:
  case X86_INS_PREFETCHNTA:
  case X86_INS_PREFETCHT0:
  case X86_INS_PREFETCHT1:
  case X86_INS_PREFETCHT2:
  case X86_INS_PREFETCHW:
  case X86_INS_CLFLUSH:
  case X86_INS_CLFLUSHOPT:
  case X86_INS_CLWB:
  case X86_INS_INVLPG: return 1;
  default: return 0;
  }
}

static MutatorBool isHeapLike(const x86_op_mem *operand) {
  switch (operand->base) {
  case X86_REG_RSP:
  case X86_REG_ESP:
  case X86_REG_RBP:
  case X86_REG_EBP:
  case X86_REG_RIP:
  case X86_REG_EIP: return 0;
  default: return operand->segment != X86_REG_FS && operand->segment != X86_REG_GS;
  }
}

static void siteOfCapstone(Site site, const cs_insn *instruction) {
  const cs_x86 *x86 = &instruction->detail->x86;
  unsigned i;
  site->decoded = 1;
  site->length = instruction->size;
  site->memory = 0;
  for (i = 0; i < x86->op_count && !site->memory; ++i)
    if (x86->operands[i].type == X86_OP_MEM) {
      site->memory = !isAddressOnly(instruction);
      site->heapLike = isHeapLike(&x86->operands[i].mem);
    }
}

/* RBP or EBP, as encoded. */
enum { RegisterFRAME = 5 };

/* What Capstone cannot decode and the library can: with a ModR/M byte, or it would not be new. */
static void siteOfPlan(Site site, const ArchPlanStruct *plan) {
  RawStruct raw;
  site->length = mutatorArchPlanLength(plan);
  site->memory = mutatorRawOpcode(&raw, site->bytes, site->length) == MutatorDeclineNONE &&
                 mutatorRawModRM(&raw) == MutatorDeclineNONE && raw.mod != 3;
  site->heapLike = site->memory && raw.segment == RawNONE && raw.base != MutatorRegisterSP &&
                   raw.base != RegisterFRAME && raw.base != MutatorRegisterPC;
}

/* counting ------------------------------------------------------------------------ */

static CoverageDecline declineOf(Coverage coverage, const char *mnemonic, const char *reason) {
  CoverageDecline decline;
  unsigned i;
  for (i = 0; i < coverage->declines; ++i)
    if (coverage->decline[i].reason == reason && strcmp(coverage->decline[i].mnemonic, mnemonic) == 0)
      return &coverage->decline[i];
  if (coverage->declines == COVERAGE_DECLINES)
    return NULL; /* counted, and not listed */
  decline = &coverage->decline[coverage->declines++];
  memset(decline, 0, sizeof *decline);
  (void)snprintf(decline->mnemonic, sizeof decline->mnemonic, "%s", mnemonic);
  decline->reason = reason;
  return decline;
}

static void noteDecline(Sweep sweep, const SiteStruct *site, const char *reason) {
  const cs_insn *instruction = sweep->instruction;
  CoverageDecline decline = declineOf(sweep->coverage, instruction->mnemonic, reason);
  if (decline == NULL)
    return;
  if (decline->count == 0) {
    decline->address = site->address;
    decline->length = site->length;
    memcpy(decline->bytes, site->bytes, site->length);
    (void)snprintf(decline->text, sizeof decline->text, "%s %.60s", instruction->mnemonic, instruction->op_str);
  }
  decline->count++;
  decline->heapLike += site->heapLike;
}

static void countAccess(CoverageCountStruct *count, MutatorBool accepted) {
  count->all++;
  count->accepted += accepted;
}

static void countSite(Sweep sweep, const SiteStruct *site, MutatorDecline decline, const ArchPlanStruct *plan) {
  const MutatorBool planned = decline == MutatorDeclineNONE;
  const MutatorBool accepted = planned && sweep->rows->row[mutatorArchPlanRow(plan)] != 0;
  Coverage coverage = sweep->coverage;
  coverage->instructions++;
  if (!site->memory)
    return;
  countAccess(&coverage->every, accepted);
  if (site->heapLike)
    countAccess(&coverage->heapLike, accepted);
  if (!accepted && site->decoded)
    noteDecline(sweep, site, planned ? notExecuted : MutatorDeclineName(decline));
}

/* Returns how far to go on. */
static size_t sweepOne(Sweep sweep, const unsigned char *code, size_t size, uint64_t address) {
  const uint8_t *next = code;
  size_t left = size < ARCH_INSTRUCTION_MAX ? size : ARCH_INSTRUCTION_MAX;
  const size_t count = left;
  uint64_t pc = address;
  SiteStruct site = {.bytes = code, .address = address};
  MutatorDecline decline = MutatorDeclineNONE;
  ArchPlanStruct plan;
  if (cs_disasm_iter(sweep->handle, &next, &left, &pc, sweep->instruction))
    siteOfCapstone(&site, sweep->instruction);
  if (!site.decoded || site.memory)
    decline = mutatorArchPlan(&plan, code, count, (MutatorWord)address);
  if (!site.decoded && decline == MutatorDeclineNONE)
    siteOfPlan(&site, &plan);
  if (site.length == 0) {
    sweep->coverage->undecoded++;
    return 1;
  }
  countSite(sweep, &site, decline, &plan);
  return site.length;
}

MutatorRes coverageSweep(Coverage coverage, const CoverageRowsStruct *rows, const void *code, size_t size,
                         uint64_t address) {
  SweepStruct sweep = {.coverage = coverage, .rows = rows};
  MutatorCountersStruct counters;
  size_t at = 0;
  if (coverage == NULL || rows == NULL || code == NULL)
    return MutatorResPARAM;
  if (MutatorCountersGet(&counters) == MutatorResSTATE)
    return MutatorResSTATE;
  if (cs_open(CS_ARCH_X86, RawMode64 ? CS_MODE_64 : CS_MODE_32, &sweep.handle) != CS_ERR_OK)
    return MutatorResMEMORY;
  (void)cs_option(sweep.handle, CS_OPT_DETAIL, CS_OPT_ON);
  sweep.instruction = cs_malloc(sweep.handle);
  while (sweep.instruction != NULL && at < size)
    at += sweepOne(&sweep, (const unsigned char *)code + at, size - at, address + at);
  coverage->bytes += at;
  if (sweep.instruction != NULL)
    cs_free(sweep.instruction, 1);
  (void)cs_close(&sweep.handle);
  return at == size ? MutatorResOK : MutatorResMEMORY;
}

/* results ------------------------------------------------------------------------- */

static void addCount(CoverageCountStruct *into, const CoverageCountStruct *from) {
  into->all += from->all;
  into->accepted += from->accepted;
}

void coverageMerge(Coverage into, const CoverageStruct *from) {
  unsigned i;
  into->bytes += from->bytes;
  into->instructions += from->instructions;
  into->undecoded += from->undecoded;
  addCount(&into->every, &from->every);
  addCount(&into->heapLike, &from->heapLike);
  for (i = 0; i < from->declines; ++i) {
    const CoverageDeclineStruct *decline = &from->decline[i];
    CoverageDecline sum = declineOf(into, decline->mnemonic, decline->reason);
    if (sum == NULL)
      continue;
    if (sum->count == 0)
      *sum = *decline;
    else {
      sum->count += decline->count;
      sum->heapLike += decline->heapLike;
    }
  }
}

static int byCount(const void *left, const void *right) {
  const CoverageDeclineStruct *a = left, *b = right;
  if (a->count != b->count)
    return a->count < b->count ? 1 : -1;
  return strcmp(a->mnemonic, b->mnemonic);
}

void coverageSort(Coverage coverage) {
  qsort(coverage->decline, coverage->declines, sizeof coverage->decline[0], byCount);
}

double coveragePercent(const CoverageCountStruct *count) {
  return count->all == 0 ? 100.0 : 100.0 * (double)count->accepted / (double)count->all;
}
