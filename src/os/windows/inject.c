/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/inject.c -- no injections yet: no thread gets an area
 */

#include "os/os.h"

size_t mutatorOSRecordSize(void) { return 0; }

MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *record, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn) {
  (void)native, (void)record, (void)state, (void)stateSize, (void)from, (void)maskReturn;
  return 0;
}

MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state) {
  (void)to, (void)copy, (void)state;
  return 0;
}

void *mutatorOSInjectArea(void) { return NULL; }

MutatorRes mutatorOSInjectAreaSet(void *area) {
  (void)area;
  return MutatorResUNIMPL;
}

MutatorWord mutatorOSErrorGet(void) { return GetLastError(); }

void mutatorOSErrorSet(MutatorWord error) { SetLastError((DWORD)error); }

MutatorBool mutatorOSShadowStack(void) { return 0; }
