/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/setup_features.c -- ask the CPU which instructions it has
 *
 * An instruction that the CPU lacks may be another one without its prefix
 * (TZCNT is BSF), so a row whose feature is missing is declined.
 */

#include "arch/x86/features.h"
#include "arch/x86/opcode.h"
#include "cc/cpuid.h"

enum { EBX = 1, ECX = 2, EDX = 3 };

typedef struct FeatureBit {
  uint8_t feature; /* OpcodeFeature */
  uint32_t leaf;
  uint8_t reg, bit;
} FeatureBit;

/* Intel SDM volume 2, CPUID, tables 3-8 to 3-11. */
static const FeatureBit featureBits[] = {
    {OpcodeFeatureCX8, 1, EDX, 8},     {OpcodeFeatureCMOV, 1, EDX, 15},          {OpcodeFeatureSSE2, 1, EDX, 26},
    {OpcodeFeatureCX16, 1, ECX, 13},   {OpcodeFeatureSSE42, 1, ECX, 20},         {OpcodeFeatureMOVBE, 1, ECX, 22},
    {OpcodeFeaturePOPCNT, 1, ECX, 23}, {OpcodeFeatureLZCNT, 0x80000001, ECX, 5}, {OpcodeFeatureBMI1, 7, EBX, 3},
    {OpcodeFeatureBMI2, 7, EBX, 8},    {OpcodeFeatureADX, 7, EBX, 19},
};

static MutatorBool isSet(const FeatureBit *bit) {
  CpuidStruct answer = cpuidRead(bit->leaf, 0);
  uint32_t word = bit->reg == EBX ? answer.ebx : bit->reg == ECX ? answer.ecx : answer.edx;
  return (word >> bit->bit & 1) != 0;
}

void mutatorFeaturesSetup(void) {
  uint64_t features = 0;
  unsigned i;
  for (i = 0; i < sizeof featureBits / sizeof featureBits[0]; i++)
    if (isSet(&featureBits[i]))
      features |= (uint64_t)1 << featureBits[i].feature;
  mutatorFeatures = features;
}
