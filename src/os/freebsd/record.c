/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/record.c -- copies of a signal's record, for injections
 *
 * A copy has the FXSAVE area in its mcontext_t, and shows what follows it where
 * the trampoline has saved it.
 */

#include <string.h>

#include "cc/cpuid.h"
#include "os/freebsd/freebsd.h"

typedef struct RecordStruct {
  ucontext_t ucontext; /* first: it wants 16 bytes' alignment */
  siginfo_t info;
} RecordStruct;

/* x87 and SSE; and where XSTATE_BV is (Intel SDM volume 1, section 13.4). */
enum { PresentLEGACY = 3, StatePRESENT = FreebsdLegacySIZE };

/* Up to the bytes that FXSAVE leaves to software. */
enum { LegacyREGISTERS = 464 };

size_t mutatorOSRecordSize(void) { return sizeof(RecordStruct); }

static void showState(ucontext_t *ucontext, unsigned char *state, size_t size) {
  ucontext->uc_mcontext.mc_xfpustate = (__register_t)(MutatorWord)(state + FreebsdLegacySIZE);
  ucontext->uc_mcontext.mc_xfpustate_len = (__register_t)size;
}

MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *memory, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn) {
  RecordStruct *record = memory;
  unsigned char *extended;
  const size_t size = mutatorFreebsdExtended(from->ucontext, &extended);
  if (!mutatorFreebsdNativeCode(from->ucontext) || mutatorFreebsdLegacy(from->ucontext) == NULL)
    return 0;
  if (FreebsdLegacySIZE + size > stateSize)
    return 0;
  memset(record, 0, sizeof *record);
  record->ucontext = *from->ucontext;
  if (from->info != NULL)
    record->info = *from->info;
  if (size != 0)
    showState(&record->ucontext, state, size);
  native->info = from->info != NULL ? &record->info : NULL;
  native->ucontext = &record->ucontext;
  *maskReturn = size != 0 ? (MutatorWord)cpuidEnabledStates() : 0;
  return 1;
}

void mutatorOSRecordEdited(const MutatorNativeStruct *copy, unsigned char *state) {
  unsigned char *extended;
  uint64_t present;
  memcpy(state, copy->ucontext->uc_mcontext.mc_fpstate, LegacyREGISTERS);
  if (mutatorFreebsdExtended(copy->ucontext, &extended) == 0)
    return;
  memcpy(&present, state + StatePRESENT, sizeof present);
  present |= PresentLEGACY;
  memcpy(state + StatePRESENT, &present, sizeof present);
}

void mutatorOSRecordShow(const MutatorNativeStruct *copy, const unsigned char *state) {
  memcpy(copy->ucontext->uc_mcontext.mc_fpstate, state, LegacyREGISTERS);
}

void mutatorOSRecordRest(unsigned char *state, size_t stateSize, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  (void)stateSize;
  *baseReturn = *limitReturn = (MutatorWord *)(void *)state;
}

MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state) {
  unsigned char *extended, *copied, *legacy = mutatorFreebsdLegacy(to->ucontext);
  const size_t size = mutatorFreebsdExtended(to->ucontext, &extended);
  if (legacy == NULL || size != mutatorFreebsdExtended(copy->ucontext, &copied))
    return 0;
  memcpy(legacy, state, LegacyREGISTERS);
  if (size != 0)
    memcpy(extended, state + FreebsdLegacySIZE, size);
  return 1;
}
