/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tools/coverage.h -- what share of a program's memory accesses can be stepped
 *
 * A linear sweep over machine code.  Each instruction that names memory
 * explicitly counts as one access; it is accepted when the library makes a plan
 * for it and the differential test has run the plan's row of the opcode table
 * against the CPU.  Nothing is executed, and the code may be another program's, of the
 * CPU and mode that the library was built for.
 *
 * Capstone tells where an instruction ends and whether it names memory; where
 * it cannot decode one that the library's own table knows, the table does.
 */

#ifndef mutator_tools_coverage_h
#define mutator_tools_coverage_h

#include <stddef.h>
#include <stdint.h>

#include <mutator.h>

/* CoverageRowsStruct -- the rows of the opcode table that the differential test has run */
typedef struct CoverageRowsStruct *CoverageRows;
typedef struct CoverageRowsStruct {
  unsigned count;             /* of rows in the table */
  unsigned executed;          /* of them */
  unsigned char row[1 << 14]; /* 1: executed */
} CoverageRowsStruct;

/* coverageRowsRead -- read the list that the differential test writes (--rows)
 *
 * path     the list
 * rows     receives it
 * Returns  NULL, or why not, in English: it cannot be read, or it is of another table
 */
const char *coverageRowsRead(const char *path, CoverageRows rows);

/* coverageRowsAll -- as if every row had been run; for looking ahead */
void coverageRowsAll(CoverageRows rows);

/* CoverageCountStruct -- accesses, and those of them that are accepted */
typedef struct CoverageCountStruct {
  uint64_t all, accepted;
} CoverageCountStruct;

/* CoverageDeclineStruct -- instructions that are declined for one reason, and one of them */
typedef struct CoverageDeclineStruct *CoverageDecline;
typedef struct CoverageDeclineStruct {
  char mnemonic[32];
  const char *reason;
  uint64_t count, heapLike;
  uint64_t address; /* the first one's */
  unsigned char bytes[16];
  size_t length;
  char text[96];
} CoverageDeclineStruct;

#define COVERAGE_DECLINES 2048

/* CoverageStruct -- what a sweep has found; all zero before the first */
typedef struct CoverageStruct *Coverage;
typedef struct CoverageStruct {
  uint64_t bytes, instructions;
  uint64_t undecoded;           /* bytes that are no instruction; data in between, or too new */
  CoverageCountStruct every;    /* accesses */
  CoverageCountStruct heapLike; /* of them those whose base is not the stack or frame pointer, the
                                 * program counter, FS or GS */
  unsigned declines;
  CoverageDeclineStruct decline[COVERAGE_DECLINES]; /* by coverageSort the most frequent first */
} CoverageStruct;

/* coverageSweep -- add the code in [code, code + size) to a coverage
 *
 * coverage  is added to
 * rows      what counts as accepted
 * code      its bytes; need not be executable
 * size      bytes
 * address   where the code runs; for the examples
 * Needs     MutatorSetup
 * Returns   MutatorResOK; MutatorResPARAM for NULL; MutatorResSTATE before MutatorSetup;
 *           MutatorResMEMORY when Capstone cannot be opened
 * Signals   not async-signal-safe
 * Threads   one caller at a time per coverage
 */
MutatorRes coverageSweep(Coverage coverage, const CoverageRowsStruct *rows, const void *code, size_t size,
                         uint64_t address);

/* coverageMerge -- add one coverage to another; for totals */
void coverageMerge(Coverage into, const CoverageStruct *from);

/* coverageSort -- the most frequent declines first */
void coverageSort(Coverage coverage);

/* coveragePercent -- accepted of all; 100 when there is none */
double coveragePercent(const CoverageCountStruct *count);

/* coverageFile -- sweep a file: the executable sections of an ELF file, anything else as one dump of code
 *
 * path     the file
 * base     where a dump runs
 * Returns  NULL, or why not, in English: it cannot be read, is damaged, or holds another
 *          CPU's or mode's code; the coverage then means nothing
 * Needs, Threads  as coverageSweep
 */
const char *coverageFile(Coverage coverage, const CoverageRowsStruct *rows, const char *path, uint64_t base);

#endif
