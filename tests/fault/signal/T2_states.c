/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T2_states.c -- suspending a thread in each state it can be in
 *
 * Inside a callback, in a set-up function, blocked in a system call that is
 * restarted and in one that is not, with the signal blocked, exiting, exited
 * without a word, suspending the suspender; signals that others send.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fault_test.h"

#include <native_signal.h>

static MutatorThreadStruct thread;
static volatile int ready, go, done;
static unsigned char *page;
static MutatorFaultRangeStruct range;

static void await(volatile int *word) {
  while (!*word)
    (void)sched_yield();
}

static void start(pthread_t *other, void *(*body)(void *)) {
  ready = go = done = 0;
  CHECK(pthread_create(other, NULL, body, NULL) == 0, "thread");
  await(&ready);
}

static void join(pthread_t other) { CHECK(pthread_join(other, NULL) == 0, "join"); }

static void enter(void) { CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register"); }

static void leave(void) { CHECK(MutatorThreadDeregister(&thread) == MutatorResOK, "deregister"); }

static MutatorRes suspend(unsigned timeout) { return MutatorThreadSuspend(&thread, timeout); }

static void resume(void) { CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume"); }

static void still(void) {
  MutatorContextStruct context;
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  CHECK(MutatorContextSP(&context) >= MutatorThreadStackBase(&thread) &&
            MutatorContextSP(&context) < MutatorThreadStackLimit(&thread),
        "stopped at %p, stack pointer %p: not on its own stack", MutatorContextPC(&context),
        MutatorContextSP(&context));
}

/* inside a callback: put off to its end ---------------------------------------------- */

static volatile int leftCallback;

static MutatorFaultResult callback(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)of;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  ready = 1;
  while (!go)
    (void)usleep(1000);
  faultTestProtect(page, faultTestPageSize(), 3);
  leftCallback = 1;
  return MutatorFaultHANDLED;
}

static void *inCallback(void *closure) {
  enter();
  faultTestProtect(page, faultTestPageSize(), 0);
  *(volatile unsigned char *)page = 1;
  done = 1;
  leave();
  return closure;
}

static void *letGo(void *closure) {
  (void)usleep(50000);
  go = 1;
  return closure;
}

static void duringCallback(void) {
  MutatorContextStruct context;
  pthread_t other, helper;
  unsigned char *pc;
  start(&other, inCallback);
  CHECK(suspend(30) == MutatorResLIMIT, "it stays inside");
  CHECK(pthread_create(&helper, NULL, letGo, NULL) == 0, "helper");
  CHECK(suspend(20000) == MutatorResOK, "suspend");
  CHECK(leftCallback && !done, "at the end of the hook, and no further");
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "inside nothing");
  still();
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  pc = MutatorContextPC(&context);
  CHECK(pc >= (unsigned char *)(uintptr_t)inCallback && pc < (unsigned char *)(uintptr_t)inCallback + 400,
        "the store that faulted");
  CHECK(usleep(10000) == 0 && !done, "it stands still");
  resume();
  join(other);
  CHECK(done, "it went on");
  join(helper);
}

/* The same behind a handler of the program's that hands the fault on. */
static void handsOn(int signal, siginfo_t *info, void *ucontext) {
  CHECK(MutatorFaultDispatch(signal, info, ucontext), "ours");
}

static void duringDispatch(void) {
  struct sigaction action, hook;
  pthread_t other;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handsOn;
  action.sa_flags = SA_SIGINFO | SA_NODEFER; /* on its own stack, where nothing else puts it off */
  leftCallback = 0;
  CHECK(sigaction(SIGSEGV, &action, &hook) == 0, "sigaction");
  start(&other, inCallback);
  CHECK(suspend(30) == MutatorResLIMIT && !leftCallback, "it stays inside");
  go = 1;
  join(other);
  CHECK(done && sigaction(SIGSEGV, &hook, NULL) == 0, "sigaction");
}

/* blocked in system calls ---------------------------------------------------------- */

static int ends[2];
static volatile int result, error;

static void *reading(void *closure) {
  char byte;
  enter();
  ready = 1;
  result = (int)read(ends[0], &byte, 1);
  leave();
  return closure;
}

static void *sleeping(void *closure) {
  const struct timespec long_ = {30, 0};
  enter();
  ready = 1;
  result = nanosleep(&long_, NULL);
  error = errno;
  leave();
  return closure;
}

static void blocked(void) {
  pthread_t other;
  CHECK(pipe(ends) == 0, "pipe");
  start(&other, reading);
  (void)usleep(20000);
  CHECK(suspend(10000) == MutatorResOK, "in read");
  still();
  CHECK(write(ends[1], "", 1) == 1 && usleep(20000) == 0, "it does not read while it is stopped");
  resume();
  join(other);
  CHECK(result == 1, "read was restarted: %d", result);

  start(&other, sleeping);
  (void)usleep(20000);
  CHECK(suspend(10000) == MutatorResOK, "in nanosleep");
  resume();
  join(other);
  CHECK(result == -1 && error == EINTR, "nanosleep ends: %d, %d", result, error);
}

/* the signal blocked ------------------------------------------------------------------ */

static void *masked(void *closure) {
  sigset_t all;
  enter();
  (void)sigfillset(&all);
  CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0, "mask");
  ready = 1;
  while (!go)
    (void)sched_yield();
  CHECK(pthread_sigmask(SIG_UNBLOCK, &all, NULL) == 0, "mask"); /* the late signal comes here */
  done = 1;
  leave();
  return closure;
}

static void withSignalBlocked(void) {
  pthread_t other;
  start(&other, masked);
  CHECK(suspend(20) == MutatorResLIMIT, "it cannot hear");
  CHECK(MutatorThreadResume(&thread) == MutatorResSTATE, "and is not suspended");
  go = 1;
  join(other);
  CHECK(done, "the late signal stopped nobody");
}

/* exits ---------------------------------------------------------------------------------- */

static void *exits(void *closure) {
  enter();
  ready = 1;
  await(&go);
  return closure; /* without a word */
}

static void *vanishes(void *closure) {
  enter();
  ready = 1;
  await(&go);
  nativeThreadVanish(); /* not even the C library hears of it */
  return closure;
}

static void exited(void) {
  pthread_t other;
  start(&other, exits);
  go = 1;
  join(other);
  CHECK(suspend(1000) == MutatorResSTATE, "exited");
  CHECK(MutatorThreadStackBase(&thread) != NULL, "its structure is still one");
}

static void vanished(void) {
  pthread_t other;
  start(&other, vanishes);
  go = 1;
  (void)usleep(50000);
  CHECK(suspend(1000) == MutatorResSTATE, "vanished");
}

/* each other -------------------------------------------------------------------------------- */

enum { Rounds = 300 };
static MutatorThreadStruct pair[2];
static volatile unsigned stopped[2];
static volatile int registered[2], over[2];

static void *fight(void *closure) {
  const size_t me = (size_t)closure;
  unsigned i;
  CHECK(MutatorThreadRegister(&pair[me]) == MutatorResOK, "register");
  registered[me] = 1;
  await(&registered[1 - me]);
  for (i = 0; i < Rounds; i++) {
    const MutatorRes res = MutatorThreadSuspend(&pair[1 - me], 20000);
    CHECK(res == MutatorResOK, "%s", MutatorResName(res));
    stopped[me]++;
    CHECK(MutatorThreadResume(&pair[1 - me]) == MutatorResOK, "resume");
  }
  over[me] = 1;
  await(&over[1 - me]);
  CHECK(MutatorThreadDeregister(&pair[me]) == MutatorResOK, "deregister");
  return NULL;
}

static void eachOther(void) {
  pthread_t other[2];
  size_t i;
  for (i = 0; i < 2; i++)
    CHECK(pthread_create(&other[i], NULL, fight, (void *)i) == 0, "thread");
  for (i = 0; i < 2; i++)
    join(other[i]);
  CHECK(stopped[0] == Rounds && stopped[1] == Rounds, "%u and %u", stopped[0], stopped[1]);
}

/* In a callback, suspending the one that waits for the callback to end. */
static MutatorThreadStruct main_;
static volatile MutatorRes fromCallback;

static MutatorFaultResult suspendsMain(MutatorFaultRange of, MutatorContext context, void *address,
                                       MutatorAccess access, void *closure) {
  (void)of;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  ready = 1;
  while (thread.state == 0) /* until it is wanted */
    (void)sched_yield();
  fromCallback = MutatorThreadSuspend(&main_, 20000);
  faultTestProtect(page, faultTestPageSize(), 3);
  return MutatorFaultHANDLED;
}

static void callbackAgainstSuspender(void) {
  pthread_t other;
  CHECK(MutatorFaultRangeRemove(&range) == MutatorResOK && MutatorFaultQuiesce(1000) == MutatorResOK, "remove");
  CHECK(MutatorFaultRangeAdd(&range, page, page + faultTestPageSize(), suspendsMain, NULL, NULL) == MutatorResOK,
        "add");
  CHECK(MutatorThreadRegister(&main_) == MutatorResOK, "register");
  start(&other, inCallback);
  CHECK(suspend(20000) == MutatorResOK, "suspend");
  CHECK(fromCallback == MutatorResBUSY, "%s", MutatorResName(fromCallback));
  resume();
  join(other);
  CHECK(MutatorThreadDeregister(&main_) == MutatorResOK, "deregister");
}

/* others' signals ----------------------------------------------------------------------------- */

static volatile unsigned previousCalls;
static void previous(int signal, siginfo_t *info, void *ucontext) {
  (void)ucontext;
  CHECK(signal == SIGXFSZ, "signal %d, code %d", signal, info->si_code);
  previousCalls++;
}

static void sentByOthers(void) {
  const pid_t parent = getpid();
  pid_t child;
  int status;
  previousCalls = 0;
  CHECK(raise(SIGXFSZ) == 0 && previousCalls == 1, "raised by somebody");
  child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0) {
    union sigval value = {.sival_ptr = &thread};
    _exit(kill(parent, SIGXFSZ) != 0 || sigqueue(parent, SIGXFSZ, value) != 0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0, "child");
  while (previousCalls < 2)
    (void)usleep(1000); /* two of one number may become one */
  CHECK(previousCalls <= 3, "%u", previousCalls);
}

/* Its default action still kills. */
static void default_(void) {
  int status;
  pid_t child;
  CHECK(MutatorThreadFinish() == MutatorResOK, "finish");
  (void)signal(SIGXFSZ, SIG_DFL);
  child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0) {
    CHECK(MutatorThreadSetup(NULL) == MutatorResOK && MutatorThreadRegister(&thread) == MutatorResOK, "set-up");
    (void)raise(SIGXFSZ);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child, "child");
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ, "status %#x", (unsigned)status);
}

int main(void) {
  struct sigaction action;
  (void)alarm(50);
  memset(&action, 0, sizeof action);
  action.sa_sigaction = previous;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGXFSZ, &action, NULL) == 0, "sigaction");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorFaultRangeAdd(&range, page, page + faultTestPageSize(), callback, NULL, NULL) == MutatorResOK, "add");
  duringCallback();
  duringDispatch();
  blocked();
  withSignalBlocked();
  exited();
  eachOther();
  callbackAgainstSuspender();
  sentByOthers();
  default_();
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  vanished();
  return 0;
}
