/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/jit_test.h -- a JIT with three ways to write its code
 */

#ifndef mutator_tests_support_jit_test_h
#define mutator_tests_support_jit_test_h

#include <mutator.h>

#include "support/fault_test.h"

typedef enum JitRoute {
  JitOPEN = 0,  /* one mapping that can be written and executed: private memory */
  JitDUAL = 1,  /* two mappings of shared memory: one is executed, the other written to */
  JitCALLS = 2, /* one mapping that can be executed, and calls that write to it */
  JitRouteLIMIT
} JitRoute;

typedef struct JitStruct *Jit;
typedef struct JitStruct {
  JitRoute route;
  unsigned char *code;  /* where it is executed */
  unsigned char *write; /* where stores go; NULL when calls write */
  size_t size;
  MutatorCodeStruct region;
  MutatorCodeAliasStruct alias;
} JitStruct;

const char *jitRouteName(JitRoute route);

/* jitSetup -- MutatorFaultSetupWith, traps included */
void jitSetup(void);

/* jitInit -- memory of that many pages, filled with RETs and declared; `written` is for the region's options
 *
 * jitFinish: undeclared and unmapped */
void jitInit(Jit jit, JitRoute route, size_t pages, MutatorCodeCallback written, void *closure);
void jitFinish(Jit jit);

/* jitWrite -- write as this JIT does, with stores of the C library's choice */
void jitWrite(Jit jit, size_t offset, const void *bytes, size_t size);

/* jitCall -- call the function at that offset */
unsigned jitCall(const JitStruct *jit, size_t offset);

/* jitReturn -- MOV EAX, value; RET: JitReturnSIZE bytes */
enum { JitReturnSIZE = 6 };
void jitReturn(unsigned char *bytes, unsigned value);

/* jitCheck -- MutatorCodeRead gives these bytes */
void jitCheck(const JitStruct *jit, size_t offset, const void *bytes, size_t size, const char *when);

/* Has the library a way to write to planted pages, so that stores are merged and do not flip? */
MutatorBool jitMerges(const JitStruct *jit);

/* The region's counters. */
MutatorCodeReportStruct jitReport(Jit jit);

/* jitCompare -- run code natively, then with a breakpoint on every instruction, of each kind
 *
 * Registers, status flags and the stack must be the same afterwards, and no breakpoint lost; each is hit the
 * same number of times in each run.
 *
 * Returns  how many instructions ran in slots
 */
unsigned jitCompare(const char *name, const unsigned char *bytes, size_t size);
#define JIT_COMPARE(name) jitCompare(#name, name, SNIPPET_SIZE(name))

#endif
