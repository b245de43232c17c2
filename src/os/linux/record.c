/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/record.c -- copies of a signal's record, for injections
 */

#include <string.h>
#include <ucontext.h>

#include "os/linux/linux.h"

typedef struct RecordStruct {
  siginfo_t info;
  ucontext_t ucontext;
} RecordStruct;

/* What comes before the vector registers is there, and zero, behind the structure. */
size_t mutatorOSRecordSize(void) { return sizeof(RecordStruct) + mutatorLinuxStatePrefix; }

/* The kernel's ucontext ends with a shorter mask than the C library's. */
static void copyGeneral(RecordStruct *record, const MutatorNativeStruct *from) {
  memset(record, 0, sizeof *record);
  memcpy(&record->ucontext, from->ucontext, LINUX_KERNEL_UCONTEXT_SIZE);
  if (from->info != NULL)
    record->info = *from->info;
}

MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *memory, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn) {
  RecordStruct *record = memory;
  if (!mutatorLinuxNativeCode(from->ucontext) || !mutatorLinuxStateFrame(from->ucontext, state, stateSize, maskReturn))
    return 0;
  copyGeneral(record, from);
  mutatorLinuxStateSet(&record->ucontext, state);
  native->info = from->info != NULL ? &record->info : NULL;
  native->ucontext = &record->ucontext;
  return 1;
}

MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state) {
  (void)copy;
  return mutatorLinuxStateRestore(to->ucontext, state);
}

/* The copy's vector registers are the state. */
void mutatorOSRecordEdited(const MutatorNativeStruct *copy, unsigned char *state) {
  (void)copy;
  (void)state;
}

void mutatorOSRecordShow(const MutatorNativeStruct *copy, const unsigned char *state) {
  (void)copy;
  (void)state;
}

void mutatorOSRecordRest(unsigned char *state, size_t stateSize, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  (void)stateSize;
  *baseReturn = *limitReturn = (MutatorWord *)(void *)state;
}
