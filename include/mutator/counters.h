/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator/counters.h -- what the library has done in this process so far
 */

#ifndef MUTATOR_COUNTERS_H
#define MUTATOR_COUNTERS_H

#include <mutator/context.h>
#include <mutator/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MutatorCountersStruct *MutatorCounters;

/* MutatorCountersStruct -- a reading of the counters
 *
 * Each counts events since the process began; none is ever reset, so
 * differences of two readings budget a phase or a segment.
 */
typedef struct MutatorCountersStruct {
  uint64_t faults;       /* faults and traps that the library's hook or MutatorFaultDispatch is done with */
  uint64_t handled;      /* of those, handled by a range's callback */
  uint64_t forwarded;    /* of those, not handled: given to the previous handler or back to the caller */
  uint64_t recovered;    /* expected faults of the library's own accesses; not among `faults` */
  uint64_t steps;        /* instructions stepped */
  uint64_t inaccessible; /* steps that gave MutatorResACCESS */
  uint64_t planHits;     /* plan found in the cache */
  uint64_t planMisses;   /* plan not in the cache: the instruction was decoded, or declined */
  uint64_t declines[MutatorDeclineLIMIT]; /* CanStep false or Step UNIMPL, by reason */
} MutatorCountersStruct;

/* MutatorCountersGet -- read the counters
 *
 * Not a snapshot: each counter is exact, but events that happen meanwhile may
 * be in one and not yet in another.
 *
 * counters  receives the reading
 * Returns   MutatorResOK, or MutatorResPARAM when counters is NULL or misaligned
 * Signals   async-signal-safe
 * Threads   any
 */
MUTATOR_API MutatorRes MutatorCountersGet(MutatorCounters counters);

#ifdef __cplusplus
}
#endif

#endif
