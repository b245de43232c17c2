/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/barrier.h -- threads that wait for each other, where there is no pthread_barrier_t
 */

#ifndef mutator_tests_support_barrier_h
#define mutator_tests_support_barrier_h

#include <pthread.h>

typedef struct BarrierStruct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned threads, waiting, rounds;
} BarrierStruct, *Barrier;

static inline void barrierInit(Barrier barrier, unsigned threads) {
  (void)pthread_mutex_init(&barrier->lock, NULL);
  (void)pthread_cond_init(&barrier->changed, NULL);
  barrier->threads = threads;
  barrier->waiting = barrier->rounds = 0;
}

/* Until as many threads wait as were told to barrierInit. */
static inline void barrierWait(Barrier barrier) {
  unsigned round;
  (void)pthread_mutex_lock(&barrier->lock);
  round = barrier->rounds;
  if (++barrier->waiting == barrier->threads) {
    barrier->waiting = 0;
    ++barrier->rounds;
    (void)pthread_cond_broadcast(&barrier->changed);
  }
  while (barrier->rounds == round)
    (void)pthread_cond_wait(&barrier->changed, &barrier->lock);
  (void)pthread_mutex_unlock(&barrier->lock);
}

#endif
