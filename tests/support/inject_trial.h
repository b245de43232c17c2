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

#include "support/fault_test.h"
#include "support/inject.h"

/* Flags that a trial may set; instrumented handlers make misaligned accesses, which AC forbids. */
#define TRIAL_FLAGS (FAULT_TEST_ASAN ? NATIVE_FLAGS & ~0x40000 : NATIVE_FLAGS)

enum { TrialSTACK = 1 << 20, TrialCODE = 4096 };

/* What the code addresses, TrialCODE bytes after its beginning. */
typedef struct TrialData {
  MutatorWord stack;                                               /* the caller's */
  _Alignas(8) uint64_t mask;                                       /* the components to load and save */
  MutatorWord in[MutatorRegisterLIMIT], out[MutatorRegisterLIMIT]; /* without the PC */
  _Alignas(512) unsigned char inState[InjectStateSIZE], outState[InjectStateSIZE];
} TrialData;

typedef struct TrialStruct {
  unsigned char *code;
  TrialData *data;
  unsigned char *trap;  /* the address of the trapping instruction */
  unsigned char *stack; /* TrialSTACK bytes; SP is at its upper end */
  unsigned char redZone[128];
  MutatorWord unreachable;
  unsigned trapSize;
} TrialStruct, *Trial;

/* TrialTrap -- what it traps by */
typedef enum TrialTrap {
  TrialTrapILLEGAL = 0, /* UD2 */
  TrialTrapBREAKPOINT,  /* INT3 */
  TrialTrapDIVIDE,      /* DIV by the register trialPointer, which is zero then */
  TrialTrapREAD,        /* from trialPointer, an address in a page without access, to trialValue */
  TrialTrapWRITE,
  TrialTrapGENERAL, /* HLT */
  TrialTrapLIMIT
} TrialTrap;

/* trialNew -- a trial that traps that way; unreachable: an address nobody may touch */
void trialNew(Trial trial, TrialTrap trap, void *unreachable);

/* trialDelete -- give its memory back */
void trialDelete(Trial trial);

/* trialRandom -- fill in every register; `initial`: a set of components to leave in their initial state */
void trialRandom(Trial trial, uint64_t *seed, uint64_t initial);

/* trialStackAt -- another stack pointer, whose red zone is filled in */
void trialStackAt(Trial trial, void *stack);

/* trialRun -- load, trap, save */
void trialRun(Trial trial);

/* trialSkip -- set the context's PC behind the trap */
void trialSkip(const TrialStruct *trial, MutatorContext context);

/* trialDiffers -- the first difference between what was loaded and what was saved, or NULL */
const char *trialDiffers(const TrialStruct *trial);

/* trialGeneralDiffers -- of the general registers and the flags alone */
const char *trialGeneralDiffers(const TrialStruct *trial);

/* Of the CPU's file: the code, to be copied; four bytes of it are for the trap; what to put
 * there; and which registers the traps use. */
typedef struct TrialTrapCode {
  unsigned char size, bytes[4];
} TrialTrapCode;
extern const unsigned char trialCode[] __asm__("trialCode"), trialTrap[] __asm__("trialTrap"),
    trialEnd[] __asm__("trialEnd");
extern const TrialTrapCode trialTraps[TrialTrapLIMIT];
extern const unsigned trialPointer, trialValue;

/* And call it, as a function that keeps no vector register. */
void trialCall(void (*code)(void));

#endif
