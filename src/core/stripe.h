/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/stripe.h -- which of several copies of a counter this thread uses
 *
 * A counter that every thread changes is kept in stripes, each in cache lines
 * of its own, so that threads seldom wait for each other's lines.
 */

#ifndef mutator_core_stripe_h
#define mutator_core_stripe_h

#include <stdint.h>

#include "cc/compiler.h"

#define STRIPE_COUNT 16 /* a power of two: stripeHere */
#define STRIPE_BYTES 64 /* a cache line */

/* Threads are told apart by their stacks, since thread-local storage is not
 * async-signal-safe everywhere.  Any answer is correct; a thread may get
 * another at another depth.  The factor is 2^32 divided by the golden ratio
 * (Knuth, The Art of Computer Programming, volume 3, section 6.4). */
static inline unsigned stripeHere(void) {
  return ((uint32_t)(compilerStackAddress() >> 12) * UINT32_C(2654435769)) >> 28;
}

#endif
