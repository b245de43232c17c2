/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B3_writer_executors.c -- a thread rewrites the instruction under a breakpoint while three execute it: no stop is lost
 *
 * The code counts its calls.  The instruction lies in an aligned word that one store replaces, and loads a
 * number whose four bytes are the same: a thread that saw half of a store would return another.  MUTATOR_SECONDS
 * chooses how long each route is tried.
 */

#include "support/jit_test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Executors = 3, CountedAt = 64, LoadAt = 96 };

static JitStruct jit;
static uint32_t counter;
static volatile int over;
static MutatorBreakStruct breaks[2];

static void emit(unsigned char *code, uint32_t value) {
  uint32_t *address = &counter;
  unsigned char *at = code + CountedAt;
  memset(code, 0x90, LoadAt + 8);
  if (sizeof address == 8)
    *at++ = 0x48; /* MOV rAX, address */
  *at++ = 0xb8;
  memcpy(at, &address, sizeof address);
  at += sizeof address;
  memcpy(at, "\xf0\xff\x00", 3); /* LOCK INC [rAX] */
  jitReturn(code + LoadAt, value);
}

static size_t incrementAt(void) { return CountedAt + (sizeof(void *) == 8 ? 2 : 1) + sizeof(void *); }

static void *execute(void *unused) {
  (void)unused;
  faultTestThreadStack(MutatorFaultStackInstall);
  while (!over) {
    const unsigned value = jitCall(&jit, CountedAt);
    CHECK(value == (value & 0xff) * 0x01010101u, "half of a store: %08x", value);
  }
  return NULL;
}

/* One store of eight bytes. */
static void replace(const unsigned char *word) {
  if (jit.write == NULL)
    jitWrite(&jit, LoadAt, word, 8);
  else
    __asm__ volatile("movq (%1), %%xmm0; movq %%xmm0, (%0)"
                     :
                     : "r"(jit.write + LoadAt), "r"(word)
                     : FAULT_TEST_CLOBBER_XMM0 "memory");
}

static unsigned long rewrite(double seconds) {
  const double end = nativeSeconds() + seconds;
  unsigned char code[LoadAt + 8];
  unsigned long writes = 0;
  while (nativeSeconds() < end) {
    emit(code, (uint32_t)(writes++ & 0xff) * 0x01010101u);
    replace(code + LoadAt);
  }
  return writes;
}

static uint64_t hits(unsigned which) {
  MutatorBreakReportStruct report;
  CHECK(MutatorBreakQuery(&breaks[which], &report) == MutatorResOK, "query");
  return report.hits;
}

static void run(JitRoute route, double seconds) {
  unsigned char code[LoadAt + 8];
  pthread_t threads[Executors];
  unsigned long writes;
  unsigned i;
  jitInit(&jit, route, 1, NULL, NULL);
  counter = 0;
  over = 0;
  emit(code, 0);
  jitWrite(&jit, 0, code, sizeof code);
  CHECK(MutatorBreakSet(&breaks[0], jit.code + LoadAt, NULL) == MutatorResOK, "set");
  CHECK(MutatorBreakSet(&breaks[1], jit.code + incrementAt(), NULL) == MutatorResOK, "set");
  for (i = 0; i < Executors; i++)
    CHECK(pthread_create(&threads[i], NULL, execute, NULL) == 0, "thread");
  writes = rewrite(seconds);
  over = 1;
  for (i = 0; i < Executors; i++)
    CHECK(pthread_join(threads[i], NULL) == 0, "join");
  printf("%s: %lu writes, %u calls\n", jitRouteName(route), writes, (unsigned)counter);
  for (i = 0; i < 2; i++)
    CHECK(hits(i) == counter, "breakpoint %u: %u hits, %u calls", i, (unsigned)hits(i), (unsigned)counter);
  CHECK(counter > 0 && writes > 0, "nothing happened");
  jitFinish(&jit);
}

int main(void) {
  const char *seconds = getenv("MUTATOR_SECONDS");
  JitRoute route;
  jitSetup();
  for (route = 0; route < JitRouteLIMIT; route++)
    run(route, seconds == NULL ? 10 : strtod(seconds, NULL));
  return 0;
}
