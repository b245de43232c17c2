/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject_trial.h -- a trap with every register known before and after
 *
 * A trial is a page of code and its data: it loads every general register, the
 * flags and the whole vector state, traps, and saves all of them again.
 */

#ifndef mutator_tests_support_inject_trial_h
#define mutator_tests_support_inject_trial_h

#include <stddef.h>
#include <stdint.h>

enum { TrialSTATE = 16384, TrialSTACK = 524288 };

/* TrialRegisters -- RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15, flags */
typedef struct TrialRegisters {
  uint64_t reg[16], flags;
} TrialRegisters;

/* What the code addresses, relative to itself. */
typedef struct TrialData {
  TrialRegisters in, out;
  uint64_t stack; /* the caller's */
  uint64_t mask;  /* the components to load and save */
  unsigned char spare[224];
  unsigned char inState[TrialSTATE], outState[TrialSTATE];
} TrialData;

typedef struct TrialStruct {
  unsigned char *code;
  TrialData *data;
  unsigned char *trap;  /* the address of the trapping instruction */
  unsigned char *stack; /* TrialSTACK bytes; RSP is in its upper half */
  unsigned char redZone[128];
  uint64_t unreachable;
  unsigned trapSize;
} TrialStruct, *Trial;

/* TrialTrap -- what it traps by */
typedef enum TrialTrap {
  TrialTrapILLEGAL = 0, /* UD2 */
  TrialTrapBREAKPOINT,  /* INT3 */
  TrialTrapDIVIDE,      /* DIV by R9, which is zero then */
  TrialTrapREAD,        /* from R9, an address in a page without access */
  TrialTrapWRITE,
  TrialTrapGENERAL, /* HLT */
  TrialTrapLIMIT
} TrialTrap;

/* trialNew -- a trial that traps that way; unreachable: an address nobody may touch */
void trialNew(Trial trial, TrialTrap trap, void *unreachable);

/* trialRandom -- fill in every register; `initial`: a set of components to leave in their initial state */
void trialRandom(Trial trial, uint64_t *seed, uint64_t initial);

/* trialRun -- load, trap, save */
void trialRun(Trial trial);

/* trialDiffers -- the first difference between what was loaded and what was saved, or NULL */
const char *trialDiffers(const TrialStruct *trial);

/* trialDirty -- every component of the vector state becomes something else */
void trialDirty(uint64_t *seed);

#endif
