/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K8_forked.c -- a process forks while checkpoints are kept: the child has a past of its own, back to before the fork
 *
 * Another thread, which the child does not have, writes to the region all the time, so that it is often
 * in the handler when the process forks.
 */

#include "support/backstep_test.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { Pages = 32, Ticks = 240, Every = 4, Jumps = 12 };

static uint64_t hashes[Ticks + 1], seed = 20261128;
static unsigned latest, forks, jumps;
static MutatorBool isChild;
static volatile MutatorBool over;

/* In the upper half of the region. */
static void *other(void *closure) {
  size_t i = 0;
  (void)closure;
  for (; !over; i++)
    backstepTest.base[backstepTest.size / 2 + i * nativePageSize() % (backstepTest.size / 2)]++;
  return NULL;
}

static void forkOnce(void) {
  static int status;
  static pid_t child;
  forks++;
  child = fork();
  CHECK(child >= 0, "fork");
  isChild = child == 0;
  if (isChild) {
    (void)alarm(20);
    return;
  }
  CHECK(waitpid(child, &status, 0) == child, "wait");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %u: status %x", forks, (unsigned)status);
}

static void mutator(void) {
  volatile uint64_t state = 1;
  volatile unsigned tick;
  if (!MutatorBackstepReplaying(BACKSTEP))
    CHECK(MutatorBackstepTo(BACKSTEP, 1) == MutatorResOK, "to");
  for (tick = 1; tick <= Ticks; tick++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    backstepTest.base[(state >> 33) % (backstepTest.size / 2)] ^= (unsigned char)(state >> 20);
    MutatorTick(BACKSTEP);
    if (tick % Every == 0 && tick < Ticks && forks < tick / Every)
      forkOnce();
  }
}

static void callback(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  const uint64_t hash = backstepTestMix(stop->now, backstepTest.base, backstepTest.size / 2);
  (void)backstep;
  (void)closure;
  CHECK(stop->reason == MutatorBackstepReasonTICK && stop->res == MutatorResOK, "the stop");
  if (stop->now > latest)
    hashes[latest = (unsigned)stop->now] = hash;
  CHECK(hash == hashes[stop->now], "tick %u of %u", (unsigned)stop->now, latest);
  if (isChild && jumps++ == Jumps)
    _exit(0);
  if (!isChild && stop->now == Ticks)
    return;
  stop->go = MutatorBackstepGoTO;
  stop->tick = isChild ? 1 + faultTestRandom(&seed) % latest : stop->now + 1;
}

int main(void) {
  pthread_t thread;
  backstepTestMake(Pages);
  backstepTest.options.density = 16;
  backstepTest.options.callback = callback;
  CHECK(pthread_create(&thread, NULL, other, NULL) == 0, "thread");
  backstepTestRun(mutator);
  over = 1;
  CHECK(pthread_join(thread, NULL) == 0, "join");
  printf("%u children\n", forks);
  CHECK(forks == Ticks / Every - 1, "%u children", forks);
  return 0;
}
