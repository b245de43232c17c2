/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/sim.h -- what the tests of simulated ports share
 *
 * A port's own source files are compiled here against declarations of its
 * system written by us (tests/sim/<system>/include), together with the core and
 * the CPU's port.  The records they read are bytes that the system's own headers
 * and a compiler for it have made (records_<cpu>.inc).
 */

#ifndef mutator_tests_sim_sim_h
#define mutator_tests_sim_sim_h

#include <check.h>
#include <string.h>

#include <mutator/context.h>
#include <mutator/setup.h>

#include "arch/registers.h"
#include "os/os.h"

/* Memory that instructions can be put in and fetched from, and a word for them to access. */
extern unsigned char simCode[64];
extern uint64_t simWord[8];

/* simScan -- for MutatorContextScan: counts words that are SimMARK in *closure, an unsigned */
#define SimMARK ((MutatorWord)0x5a17c0de)
MutatorRes simScan(void *base, void *limit, void *closure);

/* simMarks -- how many such words a scan of the context shows */
unsigned simMarks(MutatorContext context);

/* simAccesses, simFetches -- C1, for every instruction that accesses memory, and every error code
 *
 * fault  makes a context of a page fault at that address, of the instruction at simCode */
typedef MutatorContext (*SimFault)(void *address, MutatorWord error);
void simAccesses(SimFault fault);
void simFetches(SimFault fault);

/* simGeneral -- C2: general protection faults, told apart by what the instruction names; no address, no code */
void simGeneral(SimFault general);

/* The suite, of the one test file. */
Suite *simSuite(void);

#endif
