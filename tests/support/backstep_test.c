/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/backstep_test.c -- a mutator that can be taken back
 */

#include "support/backstep_test.h"

#include <stdio.h>
#include <string.h>

BackstepTestStruct backstepTest;

/* Units are aligned. */
enum { Alignment = 65536 };

void backstepTestMake(size_t pages) {
  BackstepTestStruct *test = &backstepTest;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorBackstepOptionsInit(&test->options) == MutatorResOK, "options");
  test->size = pages * nativePageSize();
  test->base = nativeMap(NULL, test->size + Alignment, NativeREADWRITE);
  test->base += (Alignment - (MutatorWord)test->base % Alignment) % Alignment;
}

static void begin(void) {
  BackstepTestStruct *test = &backstepTest;
  MutatorRes res = MutatorBackstepInit(&test->backstep, &test->options);
  CHECK(res == MutatorResOK, "init: %s", MutatorResName(res));
  res = MutatorBackstepRegionAdd(&test->backstep, &test->region, test->base, test->base + test->size);
  CHECK(res == MutatorResOK, "region: %s", MutatorResName(res));
}

static __attribute__((noinline)) void inner(void (*mutator)(void)) {
  MutatorRes res = MutatorBackstepStart(BACKSTEP);
  CHECK(res == MutatorResOK, "start: %s", MutatorResName(res));
  mutator();
}

void backstepTestRun(void (*mutator)(void)) {
  MutatorRes res;
  backstepTest.options.stackCold = __builtin_frame_address(0);
  begin();
  inner(mutator);
  res = MutatorBackstepFinish(BACKSTEP);
  CHECK(res == MutatorResOK, "finish: %s", MutatorResName(res));
}

/* FNV-1a, by words where there are whole ones.  Of a stack that a sanitizer watches, too. */
__attribute__((no_sanitize("address"))) uint64_t backstepTestMix(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint64_t word;
  for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
    memcpy(&word, at, sizeof word);
    hash = (hash ^ word) * UINT64_C(1099511628211);
    hash ^= hash >> 29;
  }
  for (; size > 0; --size)
    hash = (hash ^ *at++) * UINT64_C(1099511628211);
  return hash;
}

static MutatorRes mixArea(void *base, void *limit, void *closure) {
  uint64_t *hash = closure;
  *hash = backstepTestMix(*hash, base, (size_t)((char *)limit - (char *)base));
  return MutatorResOK;
}

uint64_t backstepTestHash(MutatorContext context) {
  const BackstepTestStruct *test = &backstepTest;
  const char *hot = MutatorContextStackHot(context);
  uint64_t hash = MutatorBackstepNow(BACKSTEP);
  MutatorWord value;
  unsigned reg;
  hash = backstepTestMix(hash, test->base, test->size);
  hash = backstepTestMix(hash, hot, (size_t)((char *)test->options.stackCold - hot));
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++) {
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)reg, &value) == MutatorResOK, "register %u", reg);
    hash = backstepTestMix(hash, &value, sizeof value);
  }
  CHECK(MutatorContextScan(context, mixArea, &hash) == MutatorResOK, "scan");
  return hash;
}

MutatorBackstepStatsStruct backstepTestStats(void) {
  MutatorBackstepStatsStruct stats;
  CHECK(MutatorBackstepStatsGet(BACKSTEP, &stats) == MutatorResOK, "statistics");
  return stats;
}
