/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/bits.c -- the next bit that is set, or clear
 */

#include "backstep/backstep.h"

/* The first bit at or above `from` that is set after `flip`. */
static size_t next(const MutatorWord *bits, size_t from, size_t limit, MutatorWord flip) {
  while (from < limit) {
    MutatorWord word = (bits[from / BACKSTEP_BITS] ^ flip) >> from % BACKSTEP_BITS;
    if (word == 0) {
      from = (from / BACKSTEP_BITS + 1) * BACKSTEP_BITS;
      continue;
    }
    for (; (word & 1) == 0; word >>= 1)
      ++from;
    return from < limit ? from : limit;
  }
  return limit;
}

size_t mutatorBackstepNextSet(const MutatorWord *bits, size_t from, size_t limit) { return next(bits, from, limit, 0); }

size_t mutatorBackstepNextClear(const MutatorWord *bits, size_t from, size_t limit) {
  return next(bits, from, limit, ~(MutatorWord)0);
}
