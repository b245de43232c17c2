/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K7_second_thread.c -- another thread's write is saved and flagged, and holds nobody up
 */

#include "support/backstep_test.h"

#include <pthread.h>

enum { Pages = 64, Rounds = 300 };

static volatile unsigned stop, wrote;

static void *other(void *closure) {
  volatile unsigned *word = (volatile unsigned *)(void *)(backstepTest.base + (Pages / 2) * nativePageSize());
  (void)closure;
  while (stop == 0) {
    size_t i;
    for (i = 0; i < Pages / 2; i++)
      word[i * nativePageSize() / sizeof *word] += 1;
    wrote++;
  }
  return NULL;
}

static void mutator(void) {
  static pthread_t thread;
  static MutatorBool begun;
  volatile unsigned *word = (volatile unsigned *)(void *)backstepTest.base;
  volatile unsigned i, page;
  BACKSTEP_EXPECT(foreign, == 0);
  if (!begun)
    CHECK(pthread_create(&thread, NULL, other, NULL) == 0, "thread");
  begun = 1;
  for (i = 0; i < Rounds; i++) {
    for (page = 0; page < Pages / 2; page++)
      word[page * nativePageSize() / sizeof *word] += 1;
    MutatorTick(BACKSTEP);
  }
  while (wrote == 0)
    nativeSleep(1);
  for (page = 0; page < Pages / 2; page++)
    CHECK(word[page * nativePageSize() / sizeof *word] == Rounds, "page %u", page);
  stop = 1;
  CHECK(pthread_join(thread, NULL) == 0, "join");
  BACKSTEP_EXPECT(foreign, > 0);
  CHECK((unsigned char *)backstepTestStats().foreignAddress >= (unsigned char *)word + Pages / 2 * nativePageSize(),
        "whose address");
}

int main(void) {

  backstepTestMake(Pages);
  backstepTest.options.density = 3;
  backstepTestRun(mutator);

  return 0;
}
