/* SPDX-License-Identifier: BSD-2-Clause
 *
 * random.c -- repeatable random numbers
 */

#include "differential.h"

/* splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) */
uint64_t randomNext(Random random) {
  uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint64_t randomBelow(Random random, uint64_t limit) { return randomNext(random) % limit; }

MutatorBool randomOneIn(Random random, uint64_t count) { return randomBelow(random, count) == 0; }

uint64_t randomWord(Random random) {
  static const uint64_t edges[] = {
      0,
      1,
      2,
      0x7f,
      0x80,
      0xff,
      0x100,
      0x7fff,
      0x8000,
      0xffff,
      0x7fffffff,
      0x80000000,
      0xffffffff,
      UINT64_C(0x7fffffffffffffff),
      UINT64_C(0x8000000000000000),
      UINT64_C(0xffffffffffffffff),
      UINT64_C(0x8080808080808080),
      UINT64_C(0xffffffff00000000),
  };
  switch (randomBelow(random, 4)) {
  case 0: return edges[randomBelow(random, sizeof edges / sizeof edges[0])];
  case 1: return (uint64_t)((int64_t)randomNext(random) >> randomBelow(random, 64));
  default: return randomNext(random);
  }
}
