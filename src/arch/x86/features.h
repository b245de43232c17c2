/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arch/x86/features.h -- which instructions this CPU has
 */

#ifndef mutator_arch_x86_features_h
#define mutator_arch_x86_features_h

#include <stdint.h>

/* Bit n: OpcodeFeature n; written at set-up only. */
extern uint64_t mutatorFeatures;

/* Set-up (setup_features.c). */
void mutatorFeaturesSetup(void);

#endif
