/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T2_stress.c -- [seconds]: 64 threads, faults, suspensions, ranges that come and go, a SIGPROF storm and forks
 *
 * Everything at once, for as long as asked (3 seconds); in the end every
 * increment that a thread made through the library is there, every fault was
 * handled, every step counted, and everybody who was stopped went on.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fault_test.h"

enum { Threads = 64, Stormy = 0x5ca1ab1e };

/* One atomic operation can change it in 32-bit mode too. */
typedef uint64_t __attribute__((aligned(8))) Counter;

static MutatorThreadStruct thread[Threads];
static MutatorWindowStruct window;
static unsigned char *base;
static MutatorWord count[Threads];                 /* increments */
static Counter steps, opened, storms, suspensions; /* by everybody */
static volatile int done;
static unsigned running;

static void add(Counter *counter, uint64_t by) { (void)__atomic_add_fetch(counter, by, __ATOMIC_SEQ_CST); }

static MutatorFaultResult step(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  const MutatorRes res = MutatorFaultStep(context);
  (void)range;
  (void)access;
  (void)closure;
  CHECK(res == MutatorResOK, "%s, %s at %p", MutatorResName(res), MutatorDeclineName(MutatorContextDecline(context)),
        address);
  return MutatorFaultHANDLED;
}

/* One that opens, for ranges that come and go. */
static MutatorFaultResult open_(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range;
  (void)context;
  (void)access;
  CHECK(address == closure, "the range's own page");
  faultTestProtect(closure, faultTestPageSize(), 3);
  return MutatorFaultHANDLED;
}

static volatile MutatorWord *wordOf(size_t n) { return (volatile MutatorWord *)(void *)(base + 64 * n); }

static void increment(size_t me) {
  volatile MutatorWord *word = wordOf(me);
  const MutatorWord value = *word;
  CHECK(value == count[me], "thread %zu has %zu, not %zu", me, (size_t)value, (size_t)count[me]);
  *word = value + 1;
  count[me]++;
  add(&steps, 2);
}

static void comeAndGo(MutatorFaultRange range, unsigned char *page) {
  MutatorFaultRange found;
  CHECK(MutatorFaultRangeAdd(range, page, page + faultTestPageSize(), open_, page, NULL) == MutatorResOK, "add");
  faultTestProtect(page, faultTestPageSize(), 0);
  *(volatile unsigned char *)page = 1;
  CHECK(MutatorFaultRangeRemove(range) == MutatorResOK, "remove");
  CHECK(MutatorFaultRangeFind(page, &found) == MutatorResFAIL, "gone");
  add(&opened, 1);
}

/* Any other thread, which may be suspending this one. */
static void suspendAny(size_t me, uint64_t *seed) {
  MutatorThread other = &thread[faultTestRandom(seed) % Threads];
  MutatorContextStruct context;
  MutatorRes res;
  if (other == &thread[me])
    return;
  res = MutatorThreadSuspend(other, 2);
  if (res != MutatorResOK) {
    CHECK(res == MutatorResBUSY || res == MutatorResLIMIT || res == MutatorResSTATE || res == MutatorResPARAM, "%s",
          MutatorResName(res));
    return;
  }
  res = MutatorThreadContext(other, &context);
  CHECK(res == MutatorResOK, "%s, state %zu", MutatorResName(res), (size_t)other->state);
  CHECK(MutatorContextSP(&context) > MutatorThreadStackBase(other) &&
            MutatorContextSP(&context) < MutatorThreadStackLimit(other),
        "PC %p: not on its own stack", MutatorContextPC(&context));
  CHECK(MutatorThreadResume(other) == MutatorResOK, "resume");
  add(&suspensions, 1);
}

static void *run(void *closure) {
  const size_t me = (size_t)closure;
  MutatorFaultRangeStruct range;
  unsigned char *page = faultTestPageNew(FaultTestPageOPEN);
  uint64_t seed = me + 1;
  memset(&range, 0, sizeof range);
  CHECK(MutatorThreadRegister(&thread[me]) == MutatorResOK, "register");
  (void)__atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
  while (!done) {
    switch (faultTestRandom(&seed) % 16) {
    case 0: comeAndGo(&range, page); break;
    case 1: suspendAny(me, &seed); break;
    case 2: (void)usleep(500); break;
    case 3:
      if (faultTestRandom(&seed) % 8 == 0) { /* gone for a moment */
        CHECK(MutatorThreadDeregister(&thread[me]) == MutatorResOK, "deregister");
        CHECK(MutatorThreadRegister(&thread[me]) == MutatorResOK, "register");
      }
      break;
    default: increment(me);
    }
  }
  CHECK(MutatorThreadDeregister(&thread[me]) == MutatorResOK, "deregister");
  return NULL;
}

static void *stopTheWorld(void *closure) {
  while (!done) {
    const MutatorRes res = MutatorThreadSuspendAll(1000);
    CHECK(res == MutatorResOK || res == MutatorResBUSY || res == MutatorResLIMIT, "%s", MutatorResName(res));
    if (res == MutatorResOK) {
      add(&suspensions, 1);
      CHECK(MutatorThreadResumeAll() == MutatorResOK, "resume");
    }
    (void)usleep(2000);
  }
  return closure;
}

static void storm(int signal) {
  const int error = errno;
  const MutatorWord word = *wordOf(Threads);
  (void)signal;
  CHECK(word == Stormy, "a load in the storm gives %#zx", (size_t)word);
  add(&storms, 1);
  errno = error;
}

/* A child has one thread, nobody is inside anything, and it can do it all; the window is not its. */
static void child(unsigned char *page) {
  static MutatorFaultRangeStruct range;
  static MutatorThreadStruct self;
  const struct itimerval never = {{0, 0}, {0, 0}};
  unsigned i;
  (void)setitimer(ITIMER_PROF, &never, NULL);
  (void)alarm(60);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "child: nobody is inside");
  CHECK(MutatorThreadSuspend(&thread[0], 10) == MutatorResSTATE || thread[0].signature == 0, "child: nobody is there");
  for (i = 0; i < 20; i++)
    comeAndGo(&range, page);
  /* AddressSanitizer's allocator, which pthread_getattr_np asks, may have been locked by a thread that is not here. */
  CHECK(FAULT_TEST_ASAN ||
            (MutatorThreadRegister(&self) == MutatorResOK && MutatorThreadSuspendAll(10) == MutatorResOK &&
             MutatorThreadResumeAll() == MutatorResOK && MutatorThreadDeregister(&self) == MutatorResOK),
        "child: threads");
  _exit(0);
}

static unsigned forkOften(double seconds) {
  unsigned char *page = faultTestPageNew(FaultTestPageOPEN);
  const time_t end = time(NULL) + (time_t)seconds;
  unsigned forks = 0;
  int status;
  while (time(NULL) < end) {
    const pid_t process = fork();
    CHECK(process >= 0, "fork");
    if (process == 0)
      child(page);
    while (waitpid(process, &status, 0) != process)
      CHECK(errno == EINTR, "waitpid");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child ends with %#x", (unsigned)status);
    forks++;
    (void)usleep(20000);
  }
  return forks;
}

static void startStorm(void) {
  const struct itimerval often = {{0, 2000}, {0, 2000}};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = storm;
  action.sa_flags = SA_RESTART; /* on the thread's own stack, where it may be suspended too */
  CHECK(sigaction(SIGPROF, &action, NULL) == 0 && setitimer(ITIMER_PROF, &often, NULL) == 0, "storm");
}

static void stopStorm(void) {
  const struct itimerval never = {{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_PROF, &never, NULL) == 0, "storm");
}

int main(int argc, char **argv) {
  static MutatorFaultRangeStruct range;
  const double seconds = argc > 1 ? atof(argv[1]) : 3;
  MutatorCountersStruct counters;
  pthread_t other[Threads], stopper;
  size_t i, size = 64 * (Threads + 1);
  unsigned forks;
  void *alias;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorWindowCreate(&window, size, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  size = MutatorWindowSize(&window);
  CHECK(MutatorWindowAlias(&window, base, size, &alias) == MutatorResOK, "alias");
  ((MutatorWord *)alias)[64 / sizeof(MutatorWord) * Threads] = Stormy;
  CHECK(MutatorFaultRangeAdd(&range, base, base + size, step, NULL, &window) == MutatorResOK, "add");
  faultTestProtect(base, size, 0);
  for (i = 0; i < Threads; i++)
    CHECK(pthread_create(&other[i], NULL, run, (void *)i) == 0, "thread");
  while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) < Threads)
    (void)usleep(1000);
  CHECK(pthread_create(&stopper, NULL, stopTheWorld, NULL) == 0, "thread");
  startStorm();
  forks = forkOften(seconds);
  stopStorm();
  done = 1;
  for (i = 0; i < Threads; i++)
    CHECK(pthread_join(other[i], NULL) == 0, "join");
  CHECK(pthread_join(stopper, NULL) == 0, "join");
  for (i = 0; i < Threads; i++)
    CHECK(((MutatorWord *)alias)[64 / sizeof(MutatorWord) * i] == count[i], "thread %zu", i);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "nobody is inside");
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  (void)printf("%llu steps, %llu ranges, %llu storms, %llu suspensions, %u forks\n", (unsigned long long)steps,
               (unsigned long long)opened, (unsigned long long)storms, (unsigned long long)suspensions, forks);
  CHECK(counters.steps == steps + storms, "%llu steps", (unsigned long long)counters.steps);
  CHECK(counters.faults == counters.handled && counters.forwarded == 0 && counters.faults == counters.steps + opened,
        "%llu faults, %llu handled", (unsigned long long)counters.faults, (unsigned long long)counters.handled);
  CHECK(suspensions > 0 && forks > 0 && storms > 0 && opened > 0, "something of everything");
  CHECK(MutatorThreadFinish() == MutatorResOK, "nobody is registered");
  return 0;
}
