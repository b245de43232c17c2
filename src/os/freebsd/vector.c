/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/vector.c -- the vector registers in a signal frame
 *
 * The FXSAVE area is in the mcontext_t.  What XSAVE adds, its header first, lies
 * apart, behind a pointer (FreeBSD sys/amd64/amd64/fpu.c, fpugetregs and fpusetxstate).
 */

#include <string.h>

#include "cc/cpuid.h"
#include "os/freebsd/freebsd.h"
#include "os/posix/xsave.h"

/* What the FXSAVE area has where (Intel SDM volume 1, table 10-2). */
enum { LegacyMXCSR = 24, LegacyX87 = 32, LegacyXMM = 160, LegacyENVIRONMENT = 24 };

/* HeaderStruct -- XSAVE's (Intel SDM volume 1, section 13.4.2) */
typedef struct HeaderStruct {
  uint64_t present; /* XSTATE_BV: components not in their initial state */
  uint64_t compact; /* XCOMP_BV: not zero in the compacted format, which is not read here */
  unsigned char reserved[48];
} HeaderStruct;

_Static_assert(sizeof(HeaderStruct) == FreebsdHeaderSIZE, "as the CPU writes it");
_Static_assert(sizeof(((mcontext_t *)0)->mc_fpstate) == FreebsdLegacySIZE, "room for what FXSAVE writes");

static MutatorBool isAligned(MutatorWord address) { return address % sizeof(uint64_t) == 0; }

size_t mutatorFreebsdExtended(const ucontext_t *ucontext, unsigned char **baseReturn) {
  const mcontext_t *context = &ucontext->uc_mcontext;
  const MutatorWord base = (MutatorWord)context->mc_xfpustate;
  const size_t size = (size_t)context->mc_xfpustate_len;
  *baseReturn = NULL;
  if (((unsigned)context->mc_flags & _MC_HASFPXSTATE) == 0 || base == 0 || !isAligned(base))
    return 0;
  if (size < sizeof(HeaderStruct) || base + size < base)
    return 0;
  *baseReturn = (unsigned char *)base;
  return size;
}

/* A thread that has not used them has none saved. */
unsigned char *mutatorFreebsdLegacy(const ucontext_t *ucontext) {
  const mcontext_t *context = &ucontext->uc_mcontext;
  if (context->mc_fpformat != _MC_FPFMT_XMM)
    return NULL;
  if (context->mc_ownedfp != _MC_FPOWNED_FPU && context->mc_ownedfp != _MC_FPOWNED_PCB)
    return NULL;
  return (unsigned char *)(uintptr_t)context->mc_fpstate;
}

/* NULL when there is none that this file can read. */
static HeaderStruct *findHeader(const ucontext_t *ucontext) {
  unsigned char *base;
  HeaderStruct *header;
  if (mutatorFreebsdExtended(ucontext, &base) == 0)
    return NULL;
  header = (HeaderStruct *)(void *)base;
  return header->compact == 0 ? header : NULL;
}

/* The bytes of a part; NULL when the record has no room for it. */
static unsigned char *findBytes(const ucontext_t *ucontext, VectorPart part) {
  unsigned char *base, *legacy = mutatorFreebsdLegacy(ucontext);
  const size_t size = mutatorFreebsdExtended(ucontext, &base), offset = mutatorXsaveOffset(part);
  if (legacy == NULL || mutatorVectorPartSize[part] == 0)
    return NULL;
  if (part == VectorPartX87 || part == VectorPartXMM)
    return legacy + offset;
  if (findHeader(ucontext) == NULL || offset < FreebsdLegacySIZE + FreebsdHeaderSIZE)
    return NULL;
  if (offset + mutatorVectorPartSize[part] > FreebsdLegacySIZE + size)
    return NULL;
  return base + (offset - FreebsdLegacySIZE);
}

/* Without XSAVE's header every register of the FXSAVE area counts. */
static MutatorBool isInitial(const ucontext_t *ucontext, VectorPart part) {
  const HeaderStruct *header = findHeader(ucontext);
  return header != NULL && (header->present & xsaveBit(part)) == 0;
}

static void setPart(const ucontext_t *ucontext, VectorPart part, Vector vector) {
  unsigned char *bytes = findBytes(ucontext, part);
  if (bytes == NULL)
    return;
  if (isInitial(ucontext, part)) {
    vector->initial |= 1u << part;
    return;
  }
  vector->part[part] = bytes;
  vector->size[part] = mutatorVectorPartSize[part];
}

/* A part beyond what the system has enabled has no place in the state, whose size is the enabled ones'. */
void mutatorOSVector(const MutatorNativeStruct *native, Vector vector) {
  unsigned char *legacy = mutatorFreebsdLegacy(native->ucontext);
  VectorPart part;
  memset(vector, 0, sizeof *vector);
  if (legacy == NULL)
    return;
  for (part = VectorPartX87; part < VectorPartLIMIT; ++part)
    setPart(native->ucontext, part, vector);
  vector->mxcsr = (uint32_t *)(void *)(legacy + LegacyMXCSR);
}

/* A component is in its initial state until its bit is set; then its bytes count. */
MutatorBool mutatorOSVectorWake(const MutatorNativeStruct *native, unsigned part) {
  unsigned char *bytes;
  if (part >= VectorPartLIMIT || part == VectorPartX87)
    return 0;
  bytes = findBytes(native->ucontext, (VectorPart)part);
  if (bytes == NULL)
    return 0;
  if (isInitial(native->ucontext, (VectorPart)part)) {
    memset(bytes, 0, mutatorVectorPartSize[part]);
    findHeader(native->ucontext)->present |= xsaveBit((VectorPart)part);
  }
  return 1;
}

MutatorBool mutatorOSX87Read(const MutatorNativeStruct *native, unsigned char *image) {
  const unsigned char *legacy = mutatorFreebsdLegacy(native->ucontext);
  if (legacy == NULL)
    return 0;
  if (isInitial(native->ucontext, VectorPartX87))
    mutatorXsaveInitialX87(image);
  else
    memcpy(image, legacy, MachineX87SIZE);
  return 1;
}

MutatorBool mutatorOSX87Write(const MutatorNativeStruct *native, const unsigned char *image) {
  unsigned char *legacy = mutatorFreebsdLegacy(native->ucontext);
  HeaderStruct *header = findHeader(native->ucontext);
  if (legacy == NULL)
    return 0;
  memcpy(legacy, image, LegacyENVIRONMENT);
  memcpy(legacy + LegacyX87, image + LegacyX87, LegacyXMM - LegacyX87);
  if (header != NULL)
    header->present |= xsaveBit(VectorPartX87);
  return 1;
}
