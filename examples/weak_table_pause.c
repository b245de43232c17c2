/* SPDX-License-Identifier: BSD-2-Clause */

#include "weak_table_pause.h"

#include <time.h>

#define LOOKS_LONG 10000 /* nanoseconds */

static uint64_t readClock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t pauseNow(void) { return readClock(CLOCK_MONOTONIC); }

uint64_t pauseProcessor(void) { return readClock(CLOCK_THREAD_CPUTIME_ID); }

void pauseStamp(Pauses *pauses) {
  pauses->stampWall = pauseNow();
  pauses->stampProcessor = pauseProcessor();
}

/* How long this thread has been off its processor since the stamp; makes a new stamp. */
static uint64_t timeAway(Pauses *pauses) {
  uint64_t wall = pauses->stampWall, processor = pauses->stampProcessor;
  pauseStamp(pauses);
  wall = pauses->stampWall - wall;
  processor = pauses->stampProcessor - processor;
  return wall > processor ? wall - processor : 0;
}

void pauseEnd(Pauses *pauses, PauseKind kind, uint64_t begin) {
  uint64_t spent = pauseNow() - begin;
  if (spent > LOOKS_LONG) {
    uint64_t away = timeAway(pauses);
    spent = spent > away ? spent - away : 0;
  }
  PauseTally *tally = &pauses->kind[kind];
  tally->count++;
  tally->total += spent;
  if (spent > tally->worst)
    tally->worst = spent;
}

void pausesAdd(Pauses *sum, const Pauses *more) {
  for (int i = 0; i < PauseLIMIT; i++) {
    sum->kind[i].count += more->kind[i].count;
    sum->kind[i].total += more->kind[i].total;
    if (more->kind[i].worst > sum->kind[i].worst)
      sum->kind[i].worst = more->kind[i].worst;
  }
}

uint64_t pausesWorst(const Pauses *pauses) {
  uint64_t worst = 0;
  for (int i = 0; i < PauseLIMIT; i++)
    if (pauses->kind[i].worst > worst)
      worst = pauses->kind[i].worst;
  return worst;
}
