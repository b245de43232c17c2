/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/windows/vector.c -- the vector registers in a context record
 *
 * The x87 and SSE registers are in the CONTEXT itself.  What XSAVE adds follows
 * it, when the context's flags say so; the system finds each component.
 */

#include <string.h>

#include "os/windows/windows.h"

/* The state component of each part beyond FXSAVE's (Intel SDM volume 1, section 13.1; APX
 * specification, section 3.1.4.2). */
enum { ComponentEGPR = 19 };
static const DWORD components[VectorPartLIMIT] = {
    [VectorPartYMMUpper] = XSTATE_AVX,          [VectorPartMask] = XSTATE_AVX512_KMASK,
    [VectorPartZMMUpper] = XSTATE_AVX512_ZMM_H, [VectorPartHigh16] = XSTATE_AVX512_ZMM,
    [VectorPartEGPR] = ComponentEGPR,
};

/* ContextExtendedStruct -- CONTEXT_EX, which follows a CONTEXT with extended
 * components (winnt.h); offsets are from its own first byte */
typedef struct ContextChunkStruct {
  LONG offset;
  DWORD length;
} ContextChunkStruct;
typedef struct ContextExtendedStruct {
  ContextChunkStruct all;
  ContextChunkStruct legacy;
  ContextChunkStruct xstate;
} ContextExtendedStruct;

MutatorBool mutatorWindowsExtended(const CONTEXT *native) {
  return (native->ContextFlags & mutatorWindowsContextXstate) == mutatorWindowsContextXstate;
}

void mutatorWindowsRecord(const CONTEXT *native, MutatorWord *baseReturn, MutatorWord *limitReturn) {
  const ContextExtendedStruct *extended = (const void *)(native + 1);
  MutatorWord limit;
  *baseReturn = (MutatorWord)native;
  *limitReturn = (MutatorWord)(native + 1);
  if (!mutatorWindowsExtended(native))
    return;
  limit = (MutatorWord)extended + (MutatorWord)(intptr_t)extended->xstate.offset + extended->xstate.length;
  if (limit > *limitReturn)
    *limitReturn = limit;
}

static void setPart(Vector vector, VectorPart part, void *bytes) {
  vector->part[part] = bytes;
  vector->size[part] = bytes != NULL ? mutatorWindowsPartSize[part] : 0;
}

static void setLegacy(CONTEXT *native, Vector vector) {
  WindowsLegacyStruct legacy = {NULL, NULL, NULL, NULL};
  mutatorWindowsLegacy(native, &legacy);
  setPart(vector, VectorPartX87, legacy.x87);
  setPart(vector, VectorPartXMM, legacy.xmm);
  vector->mxcsr = legacy.mxcsr;
  vector->mxcsrCopy = legacy.mxcsrCopy;
}

/* The mask says which components are not in their initial state. */
static void setComponent(CONTEXT *native, DWORD64 present, VectorPart part, Vector vector) {
  DWORD length = 0;
  void *bytes;
  if (mutatorWindowsPartSize[part] == 0)
    return;
  bytes = LocateXStateFeature(native, components[part], &length);
  if (bytes == NULL || length < mutatorWindowsPartSize[part])
    return;
  if ((present >> components[part] & 1) != 0)
    setPart(vector, part, bytes);
  else
    vector->initial |= 1u << part;
}

void mutatorOSVector(const MutatorNativeStruct *native, Vector vector) {
  const DWORD error = GetLastError();
  DWORD64 present = 0;
  VectorPart part;
  memset(vector, 0, sizeof *vector);
  setLegacy(native->native, vector);
  if (!mutatorWindowsExtended(native->native))
    return;
  if (GetXStateFeaturesMask(native->native, &present))
    for (part = VectorPartYMMUpper; part < VectorPartLIMIT; ++part)
      setComponent(native->native, present, part, vector);
  SetLastError(error);
}

/* The bytes of a component that is initial are there; the mask says that they do not count. */
static MutatorBool wakeComponent(CONTEXT *native, VectorPart part) {
  DWORD length = 0;
  DWORD64 present = 0;
  void *bytes = LocateXStateFeature(native, components[part], &length);
  if (bytes == NULL || length < mutatorWindowsPartSize[part] || !GetXStateFeaturesMask(native, &present))
    return 0;
  memset(bytes, 0, mutatorWindowsPartSize[part]);
  return SetXStateFeaturesMask(native, present | (DWORD64)1 << components[part]) != 0;
}

MutatorBool mutatorOSVectorWake(const MutatorNativeStruct *native, unsigned part) {
  const DWORD error = GetLastError();
  VectorStruct vector;
  MutatorBool awake;
  mutatorOSVector(native, &vector);
  if (part >= VectorPartLIMIT)
    return 0;
  awake = vector.part[part] != NULL ||
          ((vector.initial & 1u << part) != 0 && wakeComponent(native->native, (VectorPart)part));
  SetLastError(error);
  return awake;
}

/* Which of the fields of a CONTEXT the x87 state is restored from is not
 * proven: x87 and MMX instructions are declined. */
MutatorBool mutatorOSX87Read(const MutatorNativeStruct *native, unsigned char *image) {
  (void)native;
  (void)image;
  return 0;
}

MutatorBool mutatorOSX87Write(const MutatorNativeStruct *native, const unsigned char *image) {
  (void)native;
  (void)image;
  return 0;
}
