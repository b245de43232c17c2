/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/features.h -- which instructions this CPU has
 */

#ifndef mutator_arch_x86_features_h
#define mutator_arch_x86_features_h

#include "arch/x86/opcode.h"

/* Bit n: OpcodeFeature n, and the system saves its registers; written at set-up only. */
extern uint64_t mutatorFeatures;

static inline int featureHas(unsigned feature) { return (mutatorFeatures >> feature & 1) != 0; }

/* Set-up (setup_features.c). */
void mutatorFeaturesSetup(void);

#endif
