/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T2_rounds.c -- 1,000 rounds of suspending and resuming 64 threads that fault all the time, or half a minute of them
 *
 * Every thread increments a word in a protected page, through the library, and
 * one of its own; in every round each thread is stopped once, stands still, and
 * is on its own stack; in the end no increment is lost.
 */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "support/fault_test.h"

enum { Threads = 64, Rounds = 1000, Seconds = 30 };

static MutatorThreadStruct thread[Threads];
static MutatorWindowStruct window;
static unsigned char *base;
static volatile MutatorWord count[Threads];
static volatile int done;
static unsigned running;

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  return MutatorFaultStep(context) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

static volatile MutatorWord *wordOf(size_t n) { return (volatile MutatorWord *)(void *)(base + 64 * n); }

static void *run(void *closure) {
  const size_t me = (size_t)closure;
  volatile MutatorWord *word = wordOf(me);
  CHECK(MutatorThreadRegister(&thread[me]) == MutatorResOK, "register");
  (void)__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
  while (!done) {
    const MutatorWord value = *word;
    CHECK(value == count[me], "thread %zu: %zu, not %zu", me, (size_t)value, (size_t)count[me]);
    *word = value + 1;
    count[me]++;
    if (value % 8 == me % 8) /* 64 threads on few CPUs: whoever waits for one that never sleeps waits long */
      (void)usleep(1000);
  }
  CHECK(MutatorThreadDeregister(&thread[me]) == MutatorResOK, "deregister");
  return NULL;
}

static void check(size_t n) {
  static MutatorContextStruct contexts[Threads]; /* until the threads are resumed */
  MutatorContext context = &contexts[n];
  CHECK(MutatorThreadContext(&thread[n], context) == MutatorResOK, "context");
  CHECK(MutatorContextSP(context) > MutatorThreadStackBase(&thread[n]) &&
            MutatorContextSP(context) < MutatorThreadStackLimit(&thread[n]),
        "thread %zu at %p is not on its own stack", n, MutatorContextPC(context));
}

/* At once, and now and then one after the other. */
static MutatorBool atOnce(unsigned round) { return round % 50 != 0; }

static void suspendAll(unsigned round) {
  size_t i;
  if (atOnce(round)) {
    const MutatorRes res = MutatorThreadSuspendAll(60000);
    CHECK(res == MutatorResOK, "round %u: %s", round, MutatorResName(res));
    return;
  }
  for (i = 0; i < Threads; i++) {
    const MutatorRes res = MutatorThreadSuspend(&thread[i], 60000);
    CHECK(res == MutatorResOK, "round %u, thread %zu: %s", round, i, MutatorResName(res));
  }
}

static void resumeAll(unsigned round) {
  size_t i;
  if (atOnce(round))
    CHECK(MutatorThreadResumeAll() == MutatorResOK, "resume");
  else
    for (i = 0; i < Threads; i++)
      CHECK(MutatorThreadResume(&thread[i]) == MutatorResOK, "resume");
}

/* All of them, as a collector does; what they count stands still meanwhile. */
static void stopTheWorld(unsigned round) {
  MutatorWord before[Threads];
  size_t i;
  suspendAll(round);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside a callback");
  for (i = 0; i < Threads; i++) {
    check(i);
    before[i] = count[i];
  }
  (void)sched_yield();
  for (i = 0; i < Threads; i++)
    CHECK(count[i] == before[i], "thread %zu does not stand still", i);
  resumeAll(round);
}

int main(void) {
  static MutatorFaultRangeStruct range;
  MutatorCountersStruct counters;
  pthread_t other[Threads];
  MutatorWord sum = 0;
  const double start = nativeSeconds();
  size_t i, size = 64 * Threads;
  void *alias;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorWindowCreate(&window, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  size = MutatorWindowSize(&window);
  CHECK(MutatorFaultRangeAdd(&range, base, base + size, callback, NULL, &window) == MutatorResOK, "add");
  nativeProtect(base, size, NativeNONE);
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&other[i], NULL, run, (void *)i) == 0, "thread");
  while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) < Threads)
    (void)usleep(1000);
  for (i = 0; i < Rounds && nativeSeconds() - start < Seconds; i++)
    stopTheWorld((unsigned)i);
  (void)printf("%zu rounds\n", i);
  done = 1;
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(other[i], NULL) == 0, "join");
  CHECK(MutatorWindowAlias(&window, base, size, &alias) == MutatorResOK, "alias");
  for (i = 0; i < Threads; i++) {
    CHECK(((MutatorWord *)alias)[64 / sizeof(MutatorWord) * i] == count[i], "thread %zu", i);
    sum += count[i];
  }
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  (void)printf("%zu increments by %d threads, %llu faults\n", (size_t)sum, Threads,
               (unsigned long long)counters.faults);
  CHECK(counters.faults == counters.handled && counters.steps == counters.faults, "every fault was stepped");
  CHECK(counters.steps == 2ull * sum, "%llu steps: two for each increment", (unsigned long long)counters.steps);
  return 0;
}
