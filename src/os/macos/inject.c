/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/inject.c -- copies of stopped threads' records, for injections
 *
 * A copy has the vector registers as the record has them; the trampoline saves and
 * loads them as XSAVE does.  The bytes of a part are the same in both.  What has been saved counts; the
 * copy's parts go there when the callback has returned.
 *
 * The kernel enables AVX-512 for a thread when it first uses it (XNU osfmk/i386/fpu.c,
 * fpu_savearea_promote_avx512), so a callback may have more enabled than the thread had. Loaded are all components
 * that are enabled by then: those that were not saved become initial, which is what they were.
 */

#include <string.h>

#include "cc/cpuid.h"
#include "os/macos/macos.h"
#include "os/posix/xsave.h"

/* The largest machine context: AVX-512, and segments of the program's own (os/macos/vector.c). */
enum { ContextSIZE = 2632 + 32 };

typedef struct SignalRecordStruct {
  siginfo_t info;
  ucontext_t ucontext;
  _Alignas(16) unsigned char context[ContextSIZE];
} SignalRecordStruct, *SignalRecord;

typedef union RecordStruct {
  SignalRecordStruct signal;
  MutatorMachStruct mach;
} RecordStruct;

size_t mutatorOSRecordSize(void) { return sizeof(RecordStruct); }

/* The size is one that is known: the vector registers were found by it. */
static void copySignal(MutatorNativeStruct *native, SignalRecord record, const MutatorNativeStruct *from) {
  record->info = *from->info;
  record->ucontext = *from->ucontext;
  memcpy(record->context, from->ucontext->uc_mcontext, (size_t)from->ucontext->uc_mcsize);
  record->ucontext.uc_mcontext = (void *)record->context;
  native->info = &record->info;
  native->ucontext = &record->ucontext;
  native->mach = NULL;
}

/* Nothing reaches the thread through the copy. */
static void copySuspended(MutatorNativeStruct *native, MutatorMach record, const MutatorNativeStruct *from) {
  *record = *from->mach;
  record->thread = MACH_PORT_NULL;
  native->info = NULL;
  native->ucontext = NULL;
  native->mach = record;
}

static MutatorBool isNativeCode(const MutatorNativeStruct *native) {
  const x86_thread_state64_t *general = mutatorMacosGeneral(native);
  return general != NULL && (general->__cs & 0xffff) == MacosSelectorCODE;
}

/* An exception is handled on another thread than has raised it, where the area is another's. */
static MutatorBool isException(const MutatorNativeStruct *native) {
  return native->mach != NULL && native->mach->exception != 0;
}

/* OSXSAVE: leaf 1, ECX (Intel SDM volume 2, CPUID), asked for once.  Translated programs may not have it. */
static MutatorBool hasXsave(void) {
  enum { Unknown = 0, No = 1, Yes = 2 };
  static AtomicWord answer;
  AtomicWord known = atomicLoadRelaxed(&answer);
  if (known == Unknown) {
    known = (cpuidRead(1, 0).ecx & (uint32_t)1 << 27) != 0 ? Yes : No;
    atomicStoreRelaxed(&answer, known);
  }
  return known == Yes;
}

MutatorBool mutatorOSRecordCopy(MutatorNativeStruct *native, void *memory, unsigned char *state, size_t stateSize,
                                const MutatorNativeStruct *from, MutatorWord *maskReturn) {
  RecordStruct *record = memory;
  MacosVectorStruct vector;
  (void)state;
  if (!isNativeCode(from) || isException(from) || stateSize < MachineFxsaveSIZE + MachineXsaveHEADER)
    return 0;
  mutatorMacosVector(from, &vector);
  if (vector.base == NULL)
    return 0;
  if (from->ucontext != NULL)
    copySignal(native, &record->signal, from);
  else
    copySuspended(native, &record->mach, from);
  *maskReturn = hasXsave() ? ~(MutatorWord)0 : 0;
  return 1;
}

/* between a record and what XSAVE wrote -------------------------------------------- */

/* XSTATE_BV (Intel SDM volume 1, section 13.4), and x87 and SSE in it. */
enum { StatePRESENT = MachineFxsaveSIZE, PresentLEGACY = 3 };

/* Up to the bytes that FXSAVE leaves to software. */
enum { LegacyREGISTERS = 464 };

static uint64_t presentIn(const unsigned char *state) {
  uint64_t present = PresentLEGACY;
  if (hasXsave())
    memcpy(&present, state + StatePRESENT, sizeof present);
  return present;
}

/* Runs on the thread itself: to load a component that is not enabled would be a fault. */
void mutatorOSRecordEdited(const MutatorNativeStruct *copy, unsigned char *state) {
  const uint64_t enabled = hasXsave() ? cpuidEnabledStates() : 0;
  uint64_t present = presentIn(state) | PresentLEGACY;
  MacosVectorStruct legacy;
  VectorStruct vector;
  VectorPart part;
  mutatorMacosVector(copy, &legacy);
  if (legacy.base == NULL)
    return;
  memcpy(state, legacy.base + MacosFXSAVE, LegacyREGISTERS);
  mutatorOSVector(copy, &vector);
  for (part = VectorPartYMMUpper; part < VectorPartLIMIT; ++part) {
    if (vector.part[part] == NULL || (enabled & xsaveBit(part)) == 0)
      continue;
    memcpy(state + mutatorXsaveOffset(part), vector.part[part], vector.size[part]);
    present |= xsaveBit(part);
  }
  if (enabled != 0)
    memcpy(state + StatePRESENT, &present, sizeof present);
}

/* A part that was not saved is zero. */
static void show(const MutatorNativeStruct *native, const unsigned char *state) {
  const uint64_t present = presentIn(state);
  MacosVectorStruct legacy;
  VectorStruct vector;
  VectorPart part;
  mutatorMacosVector(native, &legacy);
  if (legacy.base == NULL)
    return;
  memcpy(legacy.base + MacosFXSAVE, state, LegacyREGISTERS);
  mutatorOSVector(native, &vector);
  for (part = VectorPartYMMUpper; part < VectorPartLIMIT; ++part) {
    if (vector.part[part] == NULL)
      continue;
    if ((present & xsaveBit(part)) != 0)
      memcpy(vector.part[part], state + mutatorXsaveOffset(part), vector.size[part]);
    else
      memset(vector.part[part], 0, vector.size[part]);
  }
}

void mutatorOSRecordShow(const MutatorNativeStruct *copy, const unsigned char *state) { show(copy, state); }

/* All is in the copy. */
void mutatorOSRecordRest(unsigned char *state, size_t stateSize, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  (void)stateSize;
  *baseReturn = *limitReturn = (MutatorWord *)(void *)state;
}

/* The thread's frame may be larger than the copy by now, never smaller. */
MutatorBool mutatorOSRecordRestore(const MutatorNativeStruct *to, const MutatorNativeStruct *copy,
                                   const unsigned char *state) {
  MacosVectorStruct live, copied;
  mutatorMacosVector(to, &live);
  mutatorMacosVector(copy, &copied);
  if (live.base == NULL || live.size < copied.size)
    return 0;
  show(to, state);
  return 1;
}
