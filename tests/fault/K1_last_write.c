/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K1_last_write.c -- the last tick at which a word had another value, against a record of every tick
 *
 * A few words are written at random, also back and forth between two ticks, and
 * back to what they were in the middle of an interval.  MUTATOR_SEED chooses other questions.
 */

#include "support/backstep_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Ticks = 3000, Words = 6, Questions = 120, Never = Words - 1 };

static MutatorWord history[Words][Ticks + 1]; /* by tick */
static uint64_t seed = 99, asked, from;
static unsigned questions, found, notFound, word, checked;

static MutatorWord *wordAt(unsigned i) {
  return (MutatorWord *)(void *)(backstepTest.base + i * 3 * nativePageSize() / 2 / 8 * 8);
}

static void change(uint64_t state) {
  static const unsigned rarity[Words] = {1, 7, 400, 1500, 40};
  unsigned i;
  for (i = 0; i < Never; i++)
    if (state / 16 % rarity[i] == 0) {
      *(volatile MutatorWord *)wordAt(i) += (MutatorWord)(state % 3);
      if (state % 5 == 0)
        *(volatile MutatorWord *)wordAt(i) -= (MutatorWord)(state % 3);
    }
  /* Goes there and back, most of the time at zero. */
  *(volatile MutatorWord *)wordAt(4) = state / 16 % 700 < 3;
  /* A neighbour in the same unit. */
  *(volatile MutatorWord *)(wordAt(2) + 1) += 1;
}

static void mutator(void) {
  static uint64_t firstTime;
  uint64_t state = 1, tick;
  if (!MutatorBackstepReplaying(BACKSTEP))
    (void)MutatorBackstepTo(BACKSTEP, 1700);
  for (tick = 1; tick <= Ticks; tick++) {
    unsigned i;
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    change(state >> 30);
    for (i = 0; i < Words && tick > firstTime; i++)
      history[i][tick] = *wordAt(i);
    firstTime = tick > firstTime ? tick : firstTime;
    MutatorTick(BACKSTEP);
  }
  CHECK(questions == Questions, "%u questions", questions);
}

/* By a look at every tick. */
static uint64_t linear(uint64_t tick) {
  const MutatorWord value = history[word][tick];
  while (tick > 0 && history[word][tick] == value)
    tick--;
  return history[word][tick] == value ? MutatorBackstepNEVER : tick;
}

static void judge(const MutatorBackstepStopStruct *stop) {
  const uint64_t expected = linear(from);
  checked++;
  if (expected == MutatorBackstepNEVER) {
    CHECK(stop->reason == MutatorBackstepReasonNOTFOUND && stop->now == from, "word %u: found at %u", word,
          (unsigned)stop->now);
    notFound++;
    return;
  }
  CHECK(stop->reason == MutatorBackstepReasonWRITE, "word %u from %u: reason %d", word, (unsigned)from, stop->reason);
  CHECK(stop->now == expected, "word %u from %u: at %u, not %u", word, (unsigned)from, (unsigned)stop->now,
        (unsigned)expected);
  found++;
}

static void callback(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  unsigned i;
  (void)backstep;
  (void)closure;
  for (i = 0; i < Words; i++)
    CHECK(*wordAt(i) == history[i][stop->now], "word %u at %u", i, (unsigned)stop->now);
  if (asked)
    judge(stop);
  asked = !asked;
  if (questions == Questions)
    return;
  if (asked) {
    questions++;
    word = (unsigned)(faultTestRandom(&seed) % Words);
    from = stop->now;
    stop->go = MutatorBackstepGoLASTWRITE;
    stop->word = wordAt(word);
  } else {
    stop->go = MutatorBackstepGoTO;
    stop->tick = 1 + faultTestRandom(&seed) % (Ticks - 1);
  }
}

int main(void) {
  const char *chosen = getenv("MUTATOR_SEED");
  if (chosen != NULL)
    seed = strtoull(chosen, NULL, 10) | 1;
  backstepTestMake(16);
  backstepTest.options.density = 40;
  backstepTest.options.keep = 8;
  backstepTest.options.callback = callback;
  backstepTestRun(mutator);
  printf("%u found, %u never written\n", found, notFound);
  CHECK(found > Questions / 2 && notFound > 5, "%u and %u", found, notFound);
  return 0;
}
