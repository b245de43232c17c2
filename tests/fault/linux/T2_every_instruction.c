/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T2_every_instruction.c -- a suspension that arrives at any instruction of the hook shows the program, not the hook
 *
 * A tracer lets a thread take one fault, single-steps it through the hook, and
 * at instruction n lets the suspending signal in; n counts up until the hook is
 * over, so that its first and last instructions and the return from the signal
 * are among them.  Every time the suspender must find the thread in its own code
 * with its own registers, the fault handled, and inside no callback.
 *
 * Then the same with faults that inject a call.  Now it may be found in the
 * injection's own code as well, where another injection is refused; and a register
 * that may hold a reference is shown wherever it is: by the context, among what the
 * injection has saved, or on the stack.
 */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_test.h"
#include "support/inject.h"

enum { Magic = 0x600dcafe };
static const MutatorRegister RegisterBX = (MutatorRegister)3; /* RBX or EBX */

/* What the traced process and its tracer tell each other; rounds count from 1. */
static volatile struct {
  pid_t thread;
  unsigned fault, faulted, suspend, suspended; /* latest round */
  unsigned atStore;                            /* rounds in which the thread was found at its store */
  unsigned inOwnCode;                          /* and in the code of an injection */
  unsigned injecting;                          /* is a call injected at every fault? */
} * shared;

static unsigned char *page;
static MutatorThreadStruct thread;
static volatile unsigned handled, injected;
static void *area;

/* the traced process ------------------------------------------------------------- */

static void count(MutatorContext context, void *closure) {
  (void)context;
  (void)closure;
  injected++;
}

static MutatorFaultResult open_(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  faultTestProtect(page, faultTestPageSize(), PROT_READ | PROT_WRITE);
  handled++;
  if (shared->injecting)
    CHECK(MutatorInject(context, count, NULL, NULL) == MutatorResOK, "inject");
  return MutatorFaultHANDLED;
}

extern const unsigned char storeAt[];
__attribute__((noinline, noclone)) static void store(unsigned char *at) {
  __asm__ volatile("storeAt: movb $1, (%0)" : : "S"(at), "b"((MutatorWord)Magic) : "memory");
}

static void *faultOnRequest(void *closure) {
  unsigned round;
  CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  area = injectAttach(2, NULL);
  shared->thread = (pid_t)syscall(SYS_gettid);
  for (round = 1;; round++) {
    while (shared->fault != round)
      (void)sched_yield();
    faultTestProtect(page, faultTestPageSize(), PROT_NONE);
    store(page);
    shared->faulted = round;
  }
  return closure;
}

/* Behind the store, in one of two short functions. */
static MutatorBool isPast(const void *pc) {
  const unsigned char *at = pc, *caller = (const unsigned char *)(uintptr_t)faultOnRequest;
  return (at > storeAt && at < storeAt + 32) || (at > caller && at < caller + 512);
}

static MutatorRes seek(void *base, void *limit, void *closure) {
  const MutatorWord *word;
  for (word = base; word < (const MutatorWord *)limit; word++)
    if (*word == Magic)
      *(unsigned *)closure += 1;
  return MutatorResOK;
}

static void lookInjected(unsigned round, MutatorContext context) {
  MutatorInjectRefusal refusal;
  unsigned found = 0;
  CHECK(MutatorContextScan(context, seek, &found) == MutatorResOK, "scan");
  CHECK(MutatorInjectScan(area, seek, &found) == MutatorResOK, "scan of the injections");
  if (found == 0) /* the injection's last instructions load it from the stack, which a collector scans too */
    (void)seek((void *)((MutatorWord)MutatorContextStackHot(context) & ~(sizeof(MutatorWord) - 1)),
               MutatorThreadStackLimit(&thread), &found);
  CHECK(found > 0, "round %u: at %p the register is lost", round, MutatorContextPC(context));
  if (MutatorContextPC(context) == storeAt) {
    shared->atStore++;
  } else if (MutatorInjectThread(&thread, context, area, count, NULL, &refusal) != MutatorResOK) {
    CHECK(refusal == MutatorInjectRefusalOWNCODE || refusal == MutatorInjectRefusalSYSTEMCALL, "refusal %d",
          (int)refusal);
    shared->inOwnCode += refusal == MutatorInjectRefusalOWNCODE;
  }
}

static void look(unsigned round) {
  static MutatorContextStruct context; /* until the thread is resumed */
  MutatorWord value = 0;
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  CHECK(MutatorContextGetRegister(&context, RegisterBX, &value) == MutatorResOK, "register");
  CHECK(handled == round, "round %u: the fault is not handled, %u are", round, handled);
  CHECK(MutatorContextSP(&context) > MutatorThreadStackBase(&thread) &&
            MutatorContextSP(&context) < MutatorThreadStackLimit(&thread),
        "round %u: stack pointer %p", round, MutatorContextSP(&context));
  if (shared->faulted == round || isPast(MutatorContextPC(&context)))
    return; /* the last rounds */
  if (shared->injecting) {
    lookInjected(round, &context);
    return;
  }
  CHECK(MutatorContextPC(&context) == storeAt, "round %u: PC %p", round, MutatorContextPC(&context));
  shared->atStore++;
  CHECK(value == Magic, "round %u: register %#zx", round, (size_t)value);
  CHECK(MutatorFaultQuiesce(0) == MutatorResOK, "round %u: inside a callback", round);
}

static void traced(void) {
  static MutatorFaultRangeStruct range;
  pthread_t other;
  unsigned round;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorFaultRangeAdd(&range, page, page + faultTestPageSize(), open_, NULL, NULL) == MutatorResOK, "add");
  CHECK(pthread_create(&other, NULL, faultOnRequest, NULL) == 0, "thread");
  for (round = 1;; round++) {
    MutatorRes res;
    while (shared->suspend != round)
      (void)sched_yield();
    res = MutatorThreadSuspend(&thread, 60000);
    CHECK(res == MutatorResOK, "round %u: %s", round, MutatorResName(res));
    look(round);
    CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
    shared->suspended = round;
  }
}

/* the tracer ------------------------------------------------------------------------ */

static pid_t process;
static MutatorBool seized;

/* The stop signal of the thread; the test is over if it is anything else. */
static int await(void) {
  int status;
  CHECK(waitpid(shared->thread, &status, __WALL) == shared->thread, "waitpid");
  CHECK(WIFSTOPPED(status), "status %#x", (unsigned)status);
  return WSTOPSIG(status);
}

/* A step over IRET, which an injection ends with, leaves the thread its own TF
 * (Linux arch/x86/kernel/step.c, is_setting_trap_flag). */
static void clearTrapFlag(void) {
  struct user_regs_struct registers;
  CHECK(ptrace(PTRACE_GETREGS, shared->thread, NULL, &registers) == 0, "registers");
  registers.eflags &= ~(__typeof__(registers.eflags))0x100;
  CHECK(ptrace(PTRACE_SETREGS, shared->thread, NULL, &registers) == 0, "registers");
}

static void go(int how, int signal) {
  if (how == PTRACE_CONT)
    clearTrapFlag();
  CHECK(ptrace(how, shared->thread, NULL, (void *)(intptr_t)signal) == 0, "ptrace");
}

/* Is a signal pending for the thread alone? */
static MutatorBool pending(void) {
  char path[64], text[4096], *at;
  size_t length;
  FILE *file;
  (void)snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)process, (int)shared->thread);
  file = fopen(path, "r");
  CHECK(file != NULL, "%s", path);
  length = fread(text, 1, sizeof text - 1, file);
  (void)fclose(file);
  text[length] = '\0';
  at = strstr(text, "SigPnd:");
  CHECK(at != NULL, "SigPnd");
  return strtoull(at + 7, NULL, 16) != 0;
}

/* A stop of a traced thread is told too, and stays to be waited for. */
static void alive(void) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  CHECK(waitid(P_PID, (id_t)(seized ? shared->thread : process), &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0,
        "waitid");
  CHECK(info.si_pid == 0 || info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED,
        "the traced process has failed: code %d, status %d", info.si_code, info.si_status);
}

/* The suspension comes at instruction n, or when the hook is over. */
static void round_(unsigned round, unsigned n) {
  unsigned i;
  int signal;
  shared->fault = round;
  signal = await();
  CHECK(signal == SIGSEGV, "signal %d, not the fault's", signal);
  go(PTRACE_SINGLESTEP, SIGSEGV);
  for (i = 0; i < n && await() == SIGTRAP && shared->faulted != round; i++)
    go(PTRACE_SINGLESTEP, 0);
  if (shared->faulted != round)
    (void)await();
  shared->suspend = round;
  while (!pending())
    alive();
  go(PTRACE_CONT, 0);
  signal = await();
  CHECK(signal == SIGXFSZ, "signal %d, not the suspension's", signal);
  go(PTRACE_CONT, SIGXFSZ);
  while (shared->suspended != round)
    alive();
}

/* Every instruction at the beginning and the end, some in the middle, where one is like another. */
static unsigned hookLength(unsigned round) {
  unsigned n = 0;
  int signal;
  shared->fault = round;
  signal = await();
  CHECK(signal == SIGSEGV, "signal %d", signal);
  go(PTRACE_SINGLESTEP, SIGSEGV);
  for (; (signal = await()) == SIGTRAP && shared->faulted != round; n++)
    go(PTRACE_SINGLESTEP, 0);
  CHECK(signal == SIGTRAP, "signal %d after %u instructions", signal, n);
  go(PTRACE_CONT, 0);
  shared->suspend = round;
  signal = await();
  CHECK(signal == SIGXFSZ, "signal %d, not the suspension's", signal);
  go(PTRACE_CONT, SIGXFSZ);
  while (shared->suspended != round)
    alive();
  return n;
}

int main(void) {
  unsigned length, first, n, round = 2;
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED, "mmap");
  process = fork();
  CHECK(process >= 0, "fork");
  if (process == 0) {
    traced();
    _exit(1);
  }
  while (shared->thread == 0)
    alive();
  CHECK(ptrace(PTRACE_SEIZE, shared->thread, NULL, NULL) == 0, "ptrace");
  seized = 1;
  (void)hookLength(1); /* the first fault takes longer: the hook has things to find out */
  length = hookLength(2);
  for (n = 0; n < length; n += n < 100 || n + 150 > length ? 1 : 23)
    round_(++round, n);
  (void)printf("%u instructions, %u rounds, %u of them found the thread at its store\n", length, round,
               shared->atStore);
  CHECK(round > 200 && shared->atStore > round - round / 5, "%u of %u rounds", shared->atStore, round);
  shared->injecting = 1;
  shared->atStore = 0;
  (void)hookLength(++round);
  first = length - 150; /* the end of the hook */
  length = hookLength(++round);
  for (n = first; n < length; n += n < first + 220 || n + 120 > length ? 1 : 37)
    round_(++round, n);
  (void)printf("%u with an injection, %u rounds in all, %u found it in the injection's code, %u at its store\n", length,
               round, shared->inOwnCode, shared->atStore);
  CHECK(shared->inOwnCode > 50 && shared->atStore > 0, "%u and %u", shared->inOwnCode, shared->atStore);
  (void)kill(process, SIGKILL);
  return 0;
}
