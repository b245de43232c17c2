/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/vector.c -- the vector registers in a signal frame
 *
 * The kernel saves them with FXSAVE, or with XSAVE in the standard format, and
 * says which in bytes of the FXSAVE area that are left to software.
 */

#include <string.h>

#include "cc/cpuid.h"
#include "os/linux/linux.h"
#include "os/posix/xsave.h"

/* SoftwareStruct -- struct _fpx_sw_bytes (Linux arch/x86/include/uapi/asm/sigcontext.h) */
typedef struct SoftwareStruct {
  uint32_t magic;
  uint32_t extendedSize;
  uint64_t components; /* those that the kernel asked XSAVE to save */
  uint32_t size;       /* of the XSAVE area; the second magic number follows it */
  uint32_t padding[7];
} SoftwareStruct;

enum { FirstMAGIC = 0x46505853, SecondMAGIC = 0x46505845 };

/* SavedStruct -- what XSAVE writes (Intel SDM volume 1, table 10-2 and section 13.4) */
typedef struct SavedStruct {
  unsigned char environment[24];
  uint32_t mxcsr;
  uint32_t mxcsrMask;
  unsigned char x87[128];
  unsigned char xmm[256];
  unsigned char reserved[48];
  SoftwareStruct software;
  /* only XSAVE: */
  uint64_t present; /* XSTATE_BV: components not in their initial state */
  unsigned char header[56];
} SavedStruct;

_Static_assert(offsetof(SavedStruct, software) == 464, "the software's bytes of the FXSAVE area");
_Static_assert(offsetof(SavedStruct, present) == MachineFxsaveSIZE, "the XSAVE header");
_Static_assert(sizeof(SavedStruct) == MachineXsaveEXTENDED, "the first extended component");

/* getcontext(3) leaves no registers, only control words, in the ucontext_t
 * itself; a kernel's frame is never laid out that way. */
static MutatorBool madeByKernel(const ucontext_t *ucontext) {
  return (const void *)ucontext->uc_mcontext.fpregs != (const void *)&ucontext->__fpregs_mem;
}

/* Without the first magic number the kernel has used FXSAVE, as it does on CPUs
 * where it has not enabled XSAVE: CPUID leaf 1, ECX bit 27 (OSXSAVE). */
static MutatorBool isFxsave(const SavedStruct *saved) {
  return saved->software.magic != FirstMAGIC && (cpuidRead(1, 0).ecx & (uint32_t)1 << 27) == 0;
}

/* The kernel's own test (Linux arch/x86/kernel/fpu/signal.c, check_xstate_in_sigframe). */
static MutatorBool isXsave(const SavedStruct *saved) {
  const SoftwareStruct *software = &saved->software;
  uint32_t second;
  if (software->magic != FirstMAGIC || software->size < sizeof(SavedStruct))
    return 0;
  if (software->size > software->extendedSize - sizeof second)
    return 0;
  memcpy(&second, (const unsigned char *)saved + software->size, sizeof second);
  return second == SecondMAGIC;
}

static SavedStruct *findSaved(const ucontext_t *ucontext) {
  unsigned char *base;
  return madeByKernel(ucontext) ? (SavedStruct *)(void *)mutatorLinuxStateBase(ucontext, &base) : NULL;
}

static void setPart(Vector vector, VectorPart part, unsigned char *bytes) {
  vector->part[part] = bytes;
  vector->size[part] = bytes != NULL ? mutatorVectorPartSize[part] : 0;
}

static void setFxsave(SavedStruct *saved, Vector vector) {
  setPart(vector, VectorPartX87, saved->x87);
  setPart(vector, VectorPartXMM, saved->xmm);
  vector->mxcsr = &saved->mxcsr;
}

/* Where a component is in the frame; 0: nowhere. */
static size_t offsetIn(const SavedStruct *saved, VectorPart part) {
  const size_t size = mutatorVectorPartSize[part], offset = size != 0 ? xsaveOffset(part) : 0;
  return offset + size <= saved->software.size ? offset : 0;
}

/* Has the kernel saved it at all, and is it not in its initial state? */
static void setComponent(SavedStruct *saved, VectorPart part, Vector vector) {
  const unsigned component = mutatorXsaveComponents[part];
  const size_t offset = (saved->software.components >> component & 1) != 0 ? offsetIn(saved, part) : 0;
  const MutatorBool present = (saved->present >> component & 1) != 0;
  setPart(vector, part, offset != 0 && present ? (unsigned char *)saved + offset : NULL);
  if (offset != 0 && !present)
    vector->initial |= 1u << part;
}

/* MXCSR is saved and restored with SSE or AVX, whether or not their registers
 * are in their initial state (Intel SDM volume 1, sections 13.7 and 13.8). */
static void setXsave(SavedStruct *saved, Vector vector) {
  const uint64_t vectors = xsaveBit(VectorPartXMM) | xsaveBit(VectorPartYMMUpper);
  VectorPart part;
  for (part = VectorPartX87; part < VectorPartLIMIT; ++part)
    setComponent(saved, part, vector);
  if ((saved->software.components & vectors) != 0)
    vector->mxcsr = &saved->mxcsr;
}

static void setNothing(Vector vector) {
  VectorPart part;
  for (part = VectorPartX87; part < VectorPartLIMIT; ++part)
    setPart(vector, part, NULL);
}

void mutatorOSVector(const MutatorNativeStruct *native, Vector vector) {
  SavedStruct *saved = findSaved(native->ucontext);
  vector->initial = 0;
  vector->mxcsr = vector->mxcsrCopy = NULL;
  if (saved != NULL && isXsave(saved)) {
    setXsave(saved, vector);
    return;
  }
  setNothing(vector);
  if (saved != NULL && isFxsave(saved))
    setFxsave(saved, vector);
}

/* A component is in its initial state until its bit is set; then its bytes count. */
static void wakeComponent(SavedStruct *saved, VectorPart part, size_t offset) {
  memset((unsigned char *)saved + offset, 0, mutatorVectorPartSize[part]);
  saved->present |= xsaveBit(part);
}

MutatorBool mutatorOSVectorWake(const MutatorNativeStruct *native, unsigned part) {
  VectorStruct vector;
  mutatorOSVector(native, &vector);
  if (part >= VectorPartLIMIT || part == VectorPartX87)
    return 0;
  if ((vector.initial & 1u << part) != 0)
    wakeComponent(findSaved(native->ucontext), (VectorPart)part, mutatorXsaveOffset((VectorPart)part));
  else if (vector.part[part] == NULL)
    return 0;
  return 1;
}

MutatorBool mutatorOSX87Read(const MutatorNativeStruct *native, unsigned char *image) {
  SavedStruct *saved = findSaved(native->ucontext);
  MutatorBool xsave;
  if (saved == NULL)
    return 0;
  xsave = isXsave(saved);
  if (xsave ? (saved->software.components & xsaveBit(VectorPartX87)) == 0 : !isFxsave(saved))
    return 0;
  if (xsave && (saved->present & xsaveBit(VectorPartX87)) == 0) {
    mutatorXsaveInitialX87(image);
    return 1;
  }
  memcpy(image, saved, MachineX87SIZE);
  mutatorLinuxStateX87(native->ucontext, image);
  return 1;
}

MutatorBool mutatorOSX87Write(const MutatorNativeStruct *native, const unsigned char *image) {
  SavedStruct *saved = findSaved(native->ucontext);
  MutatorBool xsave;
  if (saved == NULL)
    return 0;
  xsave = isXsave(saved);
  if (!xsave && !isFxsave(saved))
    return 0;
  memcpy(saved->environment, image, sizeof saved->environment);
  memcpy(saved->x87, image + offsetof(SavedStruct, x87), sizeof saved->x87);
  if (xsave)
    saved->present |= xsaveBit(VectorPartX87);
  mutatorLinuxStateWritten(native->ucontext);
  return 1;
}

static size_t savedSize(const SavedStruct *saved) {
  return isXsave(saved) ? saved->software.size + sizeof(uint32_t) : MachineFxsaveSIZE;
}

void mutatorLinuxState(const ucontext_t *ucontext, MutatorWord *baseReturn, MutatorWord *limitReturn) {
  unsigned char *base = NULL, *fxsave = NULL;
  if (madeByKernel(ucontext))
    fxsave = mutatorLinuxStateBase(ucontext, &base);
  *baseReturn = *limitReturn = (MutatorWord)base;
  if (fxsave != NULL)
    *limitReturn = (MutatorWord)fxsave + savedSize((const SavedStruct *)(const void *)fxsave);
}

/* Of the FXSAVE area all but the software's bytes are registers. */
static void copyRegisters(SavedStruct *to, const unsigned char *from) {
  const size_t registers = offsetof(SavedStruct, software);
  memcpy(to, from, registers);
  if (isXsave(to))
    memcpy((unsigned char *)to + MachineFxsaveSIZE, from + MachineFxsaveSIZE, to->software.size - MachineFxsaveSIZE);
}

/* A kernel that restores by copying takes MXCSR with x87, SSE or AVX only where the header says that one
 * of them is present (Linux arch/x86/kernel/fpu/xstate.c, copy_uabi_to_xstate). */
static void wakeSSE(SavedStruct *saved) {
  if ((saved->present & xsaveBit(VectorPartXMM)) == 0)
    wakeComponent(saved, VectorPartXMM, mutatorXsaveOffset(VectorPartXMM));
}

MutatorBool mutatorLinuxStateRestore(const ucontext_t *ucontext, const unsigned char *state) {
  SavedStruct *saved = findSaved(ucontext);
  if (saved == NULL)
    return 0;
  copyRegisters(saved, state);
  if (isXsave(saved))
    wakeSSE(saved);
  mutatorLinuxStateWritten(ucontext);
  return 1;
}

MutatorBool mutatorLinuxStateFrame(const ucontext_t *ucontext, unsigned char *state, size_t stateSize,
                                   MutatorWord *maskReturn) {
  const SavedStruct *saved = findSaved(ucontext);
  const uint32_t second = SecondMAGIC;
  size_t size;
  if (saved == NULL || (!isXsave(saved) && !isFxsave(saved)))
    return 0;
  size = isXsave(saved) ? saved->software.size : MachineFxsaveSIZE;
  if (size + sizeof second > stateSize)
    return 0;
  memcpy(state + offsetof(SavedStruct, software), &saved->software, sizeof saved->software);
  memcpy(state + size, &second, sizeof second);
  *maskReturn = isXsave(saved) ? (MutatorWord)saved->software.components : 0;
  return 1;
}
