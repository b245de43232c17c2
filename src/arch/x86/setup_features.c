/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/setup_features.c -- ask the CPU which instructions it has
 *
 * An instruction that the CPU lacks may be another one without its prefix
 * (TZCNT is BSF), so a row whose feature is missing is declined.
 */

#include "arch/x86/features.h"
#include "cc/cpuid.h"

enum { EAX = 0, EBX = 1, ECX = 2, EDX = 3 };

/* Bits of XCR0: the registers that the system has enabled (Intel SDM volume 1, section 13.2). */
enum { StateNONE = 0, StateAVX = 0x06, StateAVX512 = 0xe6 };

typedef struct FeatureBit {
  uint16_t feature; /* OpcodeFeature */
  uint16_t state;
  uint32_t leaf, subleaf;
  uint16_t reg, bit;
} FeatureBit;

/* clang-format off */
/* Intel SDM volume 2, CPUID, tables 3-8 to 3-11. */
static const FeatureBit featureBits[] = {
    {OpcodeFeatureX87,        StateNONE,   1, 0, EDX, 0},
    {OpcodeFeatureCX8,        StateNONE,   1, 0, EDX, 8},
    {OpcodeFeatureCMOV,       StateNONE,   1, 0, EDX, 15},
    {OpcodeFeatureMMX,        StateNONE,   1, 0, EDX, 23},
    {OpcodeFeatureSSE,        StateNONE,   1, 0, EDX, 25},
    {OpcodeFeatureSSE2,       StateNONE,   1, 0, EDX, 26},
    {OpcodeFeatureSSE3,       StateNONE,   1, 0, ECX, 0},
    {OpcodeFeaturePCLMUL,     StateNONE,   1, 0, ECX, 1},
    {OpcodeFeatureSSSE3,      StateNONE,   1, 0, ECX, 9},
    {OpcodeFeatureFMA,        StateAVX,    1, 0, ECX, 12},
    {OpcodeFeatureCX16,       StateNONE,   1, 0, ECX, 13},
    {OpcodeFeatureSSE41,      StateNONE,   1, 0, ECX, 19},
    {OpcodeFeatureSSE42,      StateNONE,   1, 0, ECX, 20},
    {OpcodeFeatureMOVBE,      StateNONE,   1, 0, ECX, 22},
    {OpcodeFeaturePOPCNT,     StateNONE,   1, 0, ECX, 23},
    {OpcodeFeatureAES,        StateNONE,   1, 0, ECX, 25},
    {OpcodeFeatureAVX,        StateAVX,    1, 0, ECX, 28},
    {OpcodeFeatureF16C,       StateAVX,    1, 0, ECX, 29},
    {OpcodeFeatureBMI1,       StateNONE,   7, 0, EBX, 3},
    {OpcodeFeatureAVX2,       StateAVX,    7, 0, EBX, 5},
    {OpcodeFeatureBMI2,       StateNONE,   7, 0, EBX, 8},
    {OpcodeFeatureAVX512F,    StateAVX512, 7, 0, EBX, 16},
    {OpcodeFeatureAVX512DQ,   StateAVX512, 7, 0, EBX, 17},
    {OpcodeFeatureADX,        StateNONE,   7, 0, EBX, 19},
    {OpcodeFeatureIFMA,       StateAVX512, 7, 0, EBX, 21},
    {OpcodeFeatureAVX512CD,   StateAVX512, 7, 0, EBX, 28},
    {OpcodeFeatureSHA,        StateNONE,   7, 0, EBX, 29},
    {OpcodeFeatureAVX512BW,   StateAVX512, 7, 0, EBX, 30},
    {OpcodeFeatureAVX512VL,   StateAVX512, 7, 0, EBX, 31},
    {OpcodeFeatureVBMI,       StateAVX512, 7, 0, ECX, 1},
    {OpcodeFeatureVBMI2,      StateAVX512, 7, 0, ECX, 6},
    {OpcodeFeatureGFNI,       StateNONE,   7, 0, ECX, 8},
    {OpcodeFeatureVAES,       StateAVX,    7, 0, ECX, 9},
    {OpcodeFeatureVPCLMUL,    StateAVX,    7, 0, ECX, 10},
    {OpcodeFeatureVNNI,       StateAVX512, 7, 0, ECX, 11},
    {OpcodeFeatureBITALG,     StateAVX512, 7, 0, ECX, 12},
    {OpcodeFeatureVPOPCNTDQ,  StateAVX512, 7, 0, ECX, 14},
    {OpcodeFeatureBF16,       StateAVX512, 7, 1, EAX, 5},
    {OpcodeFeatureLZCNT,      StateNONE,   0x80000001, 0, ECX, 5},
    {OpcodeFeatureSSE4A,      StateNONE,   0x80000001, 0, ECX, 6},
};
/* clang-format on */

static uint32_t wordOf(CpuidStruct answer, unsigned reg) {
  switch (reg) {
  case EAX: return answer.eax;
  case EBX: return answer.ebx;
  case ECX: return answer.ecx;
  default: return answer.edx;
  }
}

/* XCR0, or nothing where XGETBV is not enabled: leaf 1, ECX bit 27 (OSXSAVE). */
static uint64_t enabledStates(void) { return (cpuidRead(1, 0).ecx >> 27 & 1) != 0 ? cpuidEnabledStates() : 0; }

static MutatorBool isSet(const FeatureBit *bit, uint64_t enabled) {
  return (wordOf(cpuidRead(bit->leaf, bit->subleaf), bit->reg) >> bit->bit & 1) != 0 &&
         (enabled & bit->state) == bit->state;
}

/* The natives for AVX-512 need KMOVQ, which is BW's: without it (the first such CPUs) there is no AVX-512 here. */
static uint64_t withoutHalf(uint64_t features) {
  const uint64_t needed = (uint64_t)1 << OpcodeFeatureAVX512F | (uint64_t)1 << OpcodeFeatureAVX512BW;
  return (features & needed) == needed ? features : features & ~(~(uint64_t)0 << OpcodeFeatureAVX512F);
}

void mutatorFeaturesSetup(void) {
  const uint64_t enabled = enabledStates();
  uint64_t features = (uint64_t)1 << OpcodeFeatureBASE;
  unsigned i;
  for (i = 0; i < sizeof featureBits / sizeof featureBits[0]; i++)
    if (isSet(&featureBits[i], enabled))
      features |= (uint64_t)1 << featureBits[i].feature;
  mutatorFeatures = withoutHalf(features);
}
