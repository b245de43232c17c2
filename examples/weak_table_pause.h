/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weak_table_pause.h -- how long the collector kept a mutator thread from its work
 *
 * A pause is one uninterrupted piece of the collector's work on a mutator's
 * thread: a fault's callback, a slice of tracing or sweeping between two
 * words, or a collection with every thread stopped.
 *
 * With more threads than processors, the system may take the processor away
 * in the middle of a pause and give it to another mutator for milliseconds.
 * That is no work of the collector, so it is taken off: a pause that looks
 * long is shortened by the time that the thread was off its processor since
 * the latest stamp.  (Reading the thread's processor clock is a system call,
 * too dear for each fault; a stamp at each word looks back far enough.)
 */

#ifndef WEAK_TABLE_PAUSE_H
#define WEAK_TABLE_PAUSE_H

#include <stdint.h>

typedef enum PauseKind {
  PauseFAULT, /* in the fault callback */
  PauseSLICE, /* at a safepoint, others running */
  PauseSTOP,  /* at a safepoint, all threads stopped */
  PauseLIMIT
} PauseKind;

typedef struct PauseTally {
  uint64_t count, total, worst; /* times in nanoseconds */
} PauseTally;

/* Pauses -- one thread's; written by that thread only */
typedef struct Pauses {
  PauseTally kind[PauseLIMIT];
  uint64_t stampWall, stampProcessor;
} Pauses;

/* All async-signal-safe: clock_gettime(2) is. */
uint64_t pauseNow(void);       /* nanoseconds on a clock that only goes forward */
uint64_t pauseProcessor(void); /* nanoseconds this thread has run */
void pauseStamp(Pauses *pauses);
void pauseEnd(Pauses *pauses, PauseKind kind, uint64_t begin);

void pausesAdd(Pauses *sum, const Pauses *more);
uint64_t pausesWorst(const Pauses *pauses);

#endif
