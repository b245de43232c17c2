/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/inject.c -- the calling thread's area for injections
 *
 * Records are not copied yet: the trampoline's layout of vector registers is the
 * CPU's, and macOS has its own.  So every injection is refused.
 */

#include "os/os.h"

void *mutatorOSInjectArea(void) { return mutatorOSLocal()->injectArea; }

MutatorRes mutatorOSInjectAreaSet(void *area) {
  mutatorOSLocal()->injectArea = area;
  return MutatorResOK;
}

/* System calls return to the instruction behind them, which the caller looks at. */
MutatorBool mutatorOSSystemCode(MutatorWord pc) {
  (void)pc;
  return 0;
}

size_t mutatorOSRecordSize(void) { return sizeof(MutatorMachStruct); }

MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *record, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn) {
  (void)native;
  (void)record;
  (void)state;
  (void)stateSize;
  (void)from;
  (void)maskReturn;
  return 0;
}

void mutatorOSRecordEdited(const MutatorNativeStruct *copy, unsigned char *state) {
  (void)copy;
  (void)state;
}

void mutatorOSRecordRest(unsigned char *state, size_t stateSize, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  (void)stateSize;
  *baseReturn = *limitReturn = (MutatorWord *)(void *)state;
}

void mutatorOSRecordShow(const MutatorNativeStruct *copy, const unsigned char *state) {
  (void)copy;
  (void)state;
}

MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state) {
  (void)to;
  (void)copy;
  (void)state;
  return 0;
}
