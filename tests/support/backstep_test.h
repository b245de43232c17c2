/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/backstep_test.h -- a mutator that can be taken back
 *
 * What the test itself remembers is in static variables, which are not rewound.
 */

#ifndef mutator_tests_support_backstep_test_h
#define mutator_tests_support_backstep_test_h

#include "support/fault_test.h"

typedef struct BackstepTestStruct {
  MutatorBackstepStruct backstep;
  MutatorBackstepOptionsStruct options; /* stackCold is set by backstepTestRun */
  MutatorBackstepRegionStruct region;
  unsigned char *base; /* of the region */
  size_t size;
} BackstepTestStruct;

/* The one of this test. */
extern BackstepTestStruct backstepTest;
#define BACKSTEP (&backstepTest.backstep)

/* backstepTestMake -- set up, default options, and memory of so many pages for the region */
void backstepTestMake(size_t pages);

/* backstepTestRun -- with those options: initialise, add the region, start, run the mutator, finish
 *
 * MutatorBackstepStart is called in a function below this one, whose frame is rewound. */
void backstepTestRun(void (*mutator)(void));

/* backstepTestHash -- everything that is rewound: region, stack, registers, vector registers, tick */
uint64_t backstepTestHash(MutatorContext context);

/* More bytes into a hash. */
uint64_t backstepTestMix(uint64_t hash, const void *bytes, size_t size);

/* BACKSTEP_EXPECT -- a field of the statistics */
#define BACKSTEP_EXPECT(field, comparison)                                               \
  do {                                                                                   \
    MutatorBackstepStatsStruct found_ = backstepTestStats();                             \
    CHECK(found_.field comparison, #field " is %llu", (unsigned long long)found_.field); \
  } while (0)
MutatorBackstepStatsStruct backstepTestStats(void);

#endif
