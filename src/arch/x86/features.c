/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/features.c -- what set-up has learnt of the CPU
 */

#include "arch/x86/features.h"
#include "arch/x86/plan.h"

uint64_t mutatorFeatures;

MutatorBool mutatorFeaturesHave(unsigned feature) {
  return feature == OpcodeFeatureBASE || (mutatorFeatures >> feature & 1) != 0;
}
