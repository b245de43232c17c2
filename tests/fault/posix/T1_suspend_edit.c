/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T1_suspend_edit.c -- register, suspend, see every register, edit, resume; by each signal, and every wrong use
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "support/fault_test.h"

/* The thread spins with a known value in a general and a vector register, until the general one changes. */
static volatile MutatorWord released;
static const MutatorRegister RegisterBX = (MutatorRegister)3; /* as instructions encode it, RBX or EBX */
static volatile int registered, deregister;
static MutatorThreadStruct thread;

static void spin(void) {
  MutatorWord value = (MutatorWord)0xfeedbead;
  const double vector = 1.25;
  __asm__ volatile("movsd %2, %%xmm5\n"
                   "1: cmpl $0xfeedbead, %k0\n"
                   "je 1b\n"
                   : "+b"(value)
                   : "m"(value), "m"(vector)
                   : "xmm5", "cc", "memory");
  released = value;
}

static void *run(void *closure) {
  (void)closure;
  CHECK(MutatorThreadSelf() == NULL, "not yet");
  CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  CHECK(MutatorThreadSelf() == &thread, "self");
  CHECK(MutatorThreadRegister(&thread) == MutatorResSTATE, "twice");
  CHECK(MutatorThreadStackBase(&thread) < (void *)&closure && MutatorThreadStackLimit(&thread) > (void *)&closure,
        "the bounds of the stack");
  CHECK(MutatorThreadSuspend(&thread, 100) == MutatorResSTATE, "itself");
  registered = 1;
  spin();
  while (!deregister)
    (void)usleep(1000);
  CHECK(MutatorThreadDeregister(&thread) == MutatorResOK, "deregister");
  CHECK(MutatorThreadDeregister(&thread) == MutatorResSTATE, "twice");
  CHECK(MutatorThreadSelf() == NULL, "no longer");
  return NULL;
}

typedef struct Found {
  MutatorWord general;
  double vector;
  unsigned generals, vectors;
} Found;

static MutatorRes look(void *base, void *limit, void *closure) {
  Found *found = closure;
  char *at;
  for (at = base; at + sizeof(MutatorWord) <= (char *)limit; at += sizeof(MutatorWord)) {
    found->generals += memcmp(at, &found->general, sizeof found->general) == 0;
    found->vectors += at + sizeof(double) <= (char *)limit && memcmp(at, &found->vector, sizeof found->vector) == 0;
  }
  return MutatorResOK;
}

static void wrongWhileSuspended(void) {
  MutatorContextStruct context;
  CHECK(MutatorThreadSuspend(&thread, 100) == MutatorResBUSY, "already suspended");
  CHECK(MutatorThreadContext(&thread, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorThreadContext(NULL, &context) == MutatorResPARAM, "NULL");
  CHECK(MutatorThreadDeregister(&thread) == MutatorResSTATE, "another's");
}

static void edit(void) {
  MutatorContextStruct context;
  Found found = {(MutatorWord)0xfeedbead, 1.25, 0, 0};
  MutatorWord value = 0;
  unsigned tries;
  /* In the loop, not on the way to it. */
  for (tries = 0; value != (MutatorWord)0xfeedbead; tries++) {
    CHECK(tries < 1000, "it does not get to its loop");
    if (tries > 0)
      CHECK(MutatorThreadResume(&thread) == MutatorResOK && usleep(1000) == 0, "resume");
    CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
    wrongWhileSuspended();
    CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
    CHECK(MutatorContextVariety(&context) == MutatorContextTHREAD, "a THREAD context");
    CHECK(MutatorContextGetRegister(&context, RegisterBX, &value) == MutatorResOK, "register");
  }
  CHECK(MutatorContextScan(&context, look, &found) == MutatorResOK && found.generals > 0 && found.vectors > 0,
        "%u and %u", found.generals, found.vectors);
  CHECK(MutatorContextStackHot(&context) > MutatorThreadStackBase(&thread) &&
            MutatorContextStackHot(&context) < MutatorThreadStackLimit(&thread),
        "on its own stack");
  CHECK(usleep(20000) == 0 && released == 0, "it stands still");
  CHECK(MutatorContextSetRegister(&context, RegisterBX, 77) == MutatorResOK, "edit");
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  while (released == 0)
    (void)usleep(1000);
  CHECK(released == 77, "it goes on with %lu", (unsigned long)released);
  CHECK(MutatorThreadResume(&thread) == MutatorResSTATE, "not suspended");
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResSTATE, "not suspended");
}

static void once(int signal) {
  MutatorThreadOptionsStruct options;
  pthread_t other;
  CHECK(MutatorThreadOptionsInit(&options) == MutatorResOK, "options");
  options.signal = signal;
  CHECK(MutatorThreadSetup(&options) == MutatorResOK, "setup");
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "as it is");
  options.signal = SIGUSR2;
  CHECK(MutatorThreadSetup(&options) == MutatorResSTATE, "another signal");
  registered = deregister = 0;
  released = 0;
  CHECK(pthread_create(&other, NULL, run, NULL) == 0, "thread");
  while (!registered)
    (void)sched_yield();
  CHECK(MutatorThreadFinish() == MutatorResBUSY, "a thread is registered");
  edit();
  deregister = 1;
  CHECK(pthread_join(other, NULL) == 0, "join");
  CHECK(MutatorThreadSuspend(&thread, 100) == MutatorResSTATE, "deregistered");
  CHECK(MutatorThreadFinish() == MutatorResOK, "finish");
  CHECK(MutatorThreadFinish() == MutatorResSTATE, "finished");
}

static void badOptions(void) {
  static const int signals[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, 32, 33, 65, 1000, -1};
  MutatorThreadOptionsStruct options;
  MutatorThreadStruct stranger;
  size_t i;
  memset(&options, 0, sizeof options);
  memset(&stranger, 0, sizeof stranger);
  CHECK(MutatorThreadOptionsInit(NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorThreadSetup(&options) == MutatorResPARAM, "not initialised");
  CHECK(MutatorThreadOptionsInit(&options) == MutatorResOK, "options");
  for (i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    options.signal = signals[i];
    CHECK(MutatorThreadSetup(&options) == MutatorResPARAM, "signal %d", signals[i]);
  }
  CHECK(MutatorThreadRegister(&stranger) == MutatorResSTATE, "before set-up");
  CHECK(MutatorThreadRegister(NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorThreadSuspend(NULL, 1) == MutatorResPARAM && MutatorThreadSuspend(&stranger, 1) == MutatorResPARAM,
        "not a thread");
  CHECK(MutatorThreadResume(NULL) == MutatorResPARAM && MutatorThreadResume(&stranger) == MutatorResPARAM,
        "not a thread");
  CHECK(MutatorThreadDeregister(NULL) == MutatorResPARAM && MutatorThreadDeregister(&stranger) == MutatorResPARAM,
        "not a thread");
  CHECK(MutatorThreadStackBase(NULL) == NULL && MutatorThreadStackLimit(&stranger) == NULL, "not a thread");
}

int main(void) {
  badOptions();
  once(0);
  once(SIGXFSZ);
  once(SIGXCPU);
#ifdef SIGRTMIN
  once(SIGRTMIN + 3);
#endif
  return 0;
}
