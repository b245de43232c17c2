/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/vector.c -- the vector registers of a float, AVX or AVX-512 state
 *
 * Each begins as the smaller one does: two words, an FXSAVE area, a word, then
 * XSAVE's header, which is left empty, and the registers, without gaps (XNU
 * osfmk/mach/i386/_structs.h).  Nothing says which are in their initial state.
 */

#include <string.h>

#include "os/macos/macos.h"
#include "os/posix/xsave.h"

enum { StateFXSAVE = MacosFXSAVE, StateYMM = 588, StateMASK = 844, StateZMM = 908, StateHIGH16 = 1420 };
enum { SizeFLOAT = 524, SizeAVX = 844, SizeAVX512 = 2444 };

#define FLOAT(field) offsetof(x86_float_state64_t, __fpu_##field)
_Static_assert(sizeof(x86_float_state64_t) == SizeFLOAT && FLOAT(fcw) == StateFXSAVE, "the float state");
_Static_assert(FLOAT(mxcsr) == StateFXSAVE + 24 && FLOAT(stmm0) == StateFXSAVE + 32, "an FXSAVE area");
_Static_assert(FLOAT(xmm0) == StateFXSAVE + 160 && FLOAT(xmm15) == StateFXSAVE + 160 + 15 * 16, "an FXSAVE area");
#define AVX(field) offsetof(x86_avx_state64_t, __fpu_##field)
_Static_assert(sizeof(x86_avx_state64_t) == SizeAVX && AVX(ymmh0) == StateYMM && AVX(xmm0) == FLOAT(xmm0), "AVX");
#define AVX512(field) offsetof(x86_avx512_state64_t, __fpu_##field)
_Static_assert(sizeof(x86_avx512_state64_t) == SizeAVX512 && AVX512(ymmh0) == StateYMM, "AVX-512");
_Static_assert(AVX512(k0) == StateMASK && AVX512(zmmh0) == StateZMM && AVX512(zmm16) == StateHIGH16, "AVX-512");
_Static_assert(SizeAVX512 <= MUTATOR_MACH_VECTOR, "room");

static const uint16_t offsets[VectorPartLIMIT] = {
    [VectorPartX87] = StateFXSAVE + 32, [VectorPartXMM] = StateFXSAVE + 160, [VectorPartYMMUpper] = StateYMM,
    [VectorPartMask] = StateMASK,       [VectorPartZMMUpper] = StateZMM,     [VectorPartHigh16] = StateHIGH16,
};

size_t mutatorMacosFlavorSize(int flavor) {
  switch (flavor) {
  case x86_FLOAT_STATE64: return SizeFLOAT;
  case x86_AVX_STATE64: return SizeAVX;
  case x86_AVX512_STATE64: return SizeAVX512;
  default: return 0;
  }
}

/* MachineStateStruct -- what the kernel's machine context has where; with segments of its own
 * (an LDT) the general registers take four words more (XNU osfmk/mach/i386/thread_status.h) */
typedef struct ContextStruct {
  uint16_t size;
  uint16_t offset;
  uint16_t state;
} ContextStruct;

enum { ContextFS = 16 + 168, ContextFULL = 16 + 168 + 32 };
_Static_assert(offsetof(_STRUCT_MCONTEXT64, __ss) == 16 && offsetof(_STRUCT_MCONTEXT64, __fs) == ContextFS,
               "a machine context");
_Static_assert(sizeof(_STRUCT_MCONTEXT64) == 712 && sizeof(_STRUCT_MCONTEXT_AVX64) == 1032,
               "sizes that tell them apart");
_Static_assert(sizeof(_STRUCT_MCONTEXT_AVX512_64) == 2632, "sizes that tell them apart");

static const ContextStruct contexts[] = {
    {712, ContextFS, SizeFLOAT},        {1032, ContextFS, SizeAVX},        {2632, ContextFS, SizeAVX512},
    {712 + 32, ContextFULL, SizeFLOAT}, {1032 + 32, ContextFULL, SizeAVX}, {2632 + 32, ContextFULL, SizeAVX512},
};

void mutatorMacosSignalVector(const ucontext_t *ucontext, MacosVector vector) {
  size_t i;
  vector->base = NULL;
  vector->size = 0;
  if (ucontext->uc_mcontext == NULL)
    return;
  for (i = 0; i < sizeof contexts / sizeof contexts[0]; ++i) {
    if (contexts[i].size != ucontext->uc_mcsize)
      continue;
    vector->base = (unsigned char *)ucontext->uc_mcontext + contexts[i].offset;
    vector->size = contexts[i].state;
  }
}

void mutatorOSVector(const MutatorNativeStruct *native, Vector vector) {
  MacosVectorStruct state;
  VectorPart part;
  memset(vector, 0, sizeof *vector);
  mutatorMacosVector(native, &state);
  if (state.base == NULL)
    return;
  for (part = VectorPartX87; part < VectorPartLIMIT; ++part) {
    if (offsets[part] == 0 || (size_t)offsets[part] + mutatorVectorPartSize[part] > state.size)
      continue;
    vector->part[part] = state.base + offsets[part];
    vector->size[part] = mutatorVectorPartSize[part];
  }
  vector->mxcsr = (uint32_t *)(void *)(state.base + StateFXSAVE + 24);
}

MutatorBool mutatorOSVectorWake(const MutatorNativeStruct *native, unsigned part) {
  VectorStruct vector;
  mutatorOSVector(native, &vector);
  return part < VectorPartLIMIT && vector.part[part] != NULL;
}

MutatorBool mutatorOSX87Read(const MutatorNativeStruct *native, unsigned char *image) {
  MacosVectorStruct state;
  mutatorMacosVector(native, &state);
  if (state.base == NULL)
    return 0;
  memcpy(image, state.base + StateFXSAVE, MachineX87SIZE);
  return 1;
}

/* MXCSR and its mask, which lie between, are not x87's. */
MutatorBool mutatorOSX87Write(const MutatorNativeStruct *native, const unsigned char *image) {
  MacosVectorStruct state;
  mutatorMacosVector(native, &state);
  if (state.base == NULL)
    return 0;
  memcpy(state.base + StateFXSAVE, image, 24);
  memcpy(state.base + StateFXSAVE + 32, image + 32, MachineX87SIZE - 32);
  return 1;
}
