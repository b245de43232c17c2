/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_forward_like_the_kernel.c -- what is not ours reaches the previous action as it would have without us
 *
 * F2: every previous action x every event runs twice, in processes of their own,
 * once with the hook and once without; what the handler saw, how the process
 * ended and where, must be the same.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "support/fault_test.h"

#include <fault_system.h>

enum { Calls = 6 };

/* What the previous handler sees of a call. */
typedef struct Call {
  int signal;
  int code;
  void *address; /* or the sender's value */
  uint64_t mask; /* in force */
  uint64_t savedMask;
  MutatorWord pc, registerAX;
  int error;
} Call;

/* What a process leaves behind. */
typedef struct Outcome {
  Call call[Calls];
  unsigned calls;
  unsigned finished, restarted;
  int status;
  int lastSignal, lastCode; /* the one it died of */
  MutatorWord lastPC;
  void *lastAddress;
} Outcome;

static Outcome *outcome;
static unsigned char *page;

/* The kernel's mask has 64 signals. */
static uint64_t maskOf(const sigset_t *set) {
  uint64_t mask;
  memcpy(&mask, set, sizeof mask);
  return mask;
}

static void record(int signal, siginfo_t *info, const ucontext_t *ucontext) {
  sigset_t mask;
  Call *call = &outcome->call[outcome->calls];
  if (outcome->calls == Calls)
    _exit(9);
  ++outcome->calls;
  call->signal = signal;
  call->error = errno;
  (void)pthread_sigmask(SIG_BLOCK, NULL, &mask);
  call->mask = maskOf(&mask);
  if (info == NULL)
    return;
  call->code = info->si_code;
  call->address = info->si_code > 0 ? info->si_addr : (info->si_code == SI_QUEUE ? info->si_ptr : NULL);
  call->savedMask = maskOf(&ucontext->uc_sigmask);
  call->pc = nativeUcontextGet(ucontext, MutatorRegisterPC);
  call->registerAX = info->si_code > 0 ? nativeUcontextGet(ucontext, FaultTestAX) : 0;
}

static void openPages(void) { (void)mprotect(page, nativePageSize(), PROT_READ | PROT_WRITE); }

static void withInfo(int signal, siginfo_t *info, void *ucontext) {
  record(signal, info, ucontext);
  if (info->si_code > 0 && outcome->calls > 1)
    openPages();
  errno = 99;
}

static void plain(int signal) {
  record(signal, NULL, NULL);
  openPages();
}

/* A handler that faults or raises again inside itself, once. */
static void nested(int signal, siginfo_t *info, void *ucontext) {
  record(signal, info, ucontext);
  if (outcome->calls == 1)
    (void)raise(signal);
  openPages();
}

typedef struct Previous {
  const char *name;
  void (*handler)(int);
  void (*action)(int, siginfo_t *, void *);
  int flags;
  int masked; /* a signal in sa_mask */
} Previous;

static const Previous previousActions[] = {
    {"default", SIG_DFL, NULL, 0, 0},
    {"default, SA_SIGINFO", SIG_DFL, NULL, SA_SIGINFO, 0},
    {"ignored", SIG_IGN, NULL, 0, 0},
    {"siginfo", NULL, withInfo, SA_SIGINFO, 0},
    {"siginfo, mask", NULL, withInfo, SA_SIGINFO, SIGUSR1},
    {"siginfo, restart", NULL, withInfo, SA_SIGINFO | SA_RESTART, 0},
    {"siginfo, no defer", NULL, withInfo, SA_SIGINFO | SA_NODEFER, SIGUSR2},
    {"siginfo, reset", NULL, withInfo, SA_SIGINFO | (int)SA_RESETHAND, 0},
    {"plain", plain, NULL, 0, SIGUSR1},
    {"plain, no defer", plain, NULL, SA_NODEFER, 0},
    {"plain, reset", plain, NULL, (int)SA_RESETHAND, 0},
    {"plain, reset, no defer", plain, NULL, (int)SA_RESETHAND | SA_NODEFER, 0},
    {"nested", NULL, nested, SA_SIGINFO, 0},
    {"nested, no defer", NULL, nested, SA_SIGINFO | SA_NODEFER, 0},
    {"nested, reset, no defer", NULL, nested, SA_SIGINFO | SA_NODEFER | (int)SA_RESETHAND, 0},
};

static int theSignal;
static MutatorBool ignores; /* the previous action does */

static const unsigned char stores[] = FAULT_TEST_STORES, refused[] = FAULT_TEST_REFUSED;
static unsigned char *runnable; /* both, 64 bytes apart */
static void fault(void) { ((void (*)(void *, void *))(uintptr_t)runnable)(page, page + 1); }
static void protection(void) { ((void (*)(void *, void *))(uintptr_t)(runnable + 64))(page, page); }
static void sendRaise(void) { (void)raise(theSignal); }
static void sendQueue(void) {
  union sigval value;
  value.sival_ptr = (void *)(uintptr_t)0x1234;
  (void)sigqueue(getpid(), theSignal, value);
}
static void sendTwice(void) {
  sendRaise();
  sendQueue();
}
static void faultThenSend(void) {
  fault();
  sendQueue();
}
/* Delivered in sigsuspend(2), with a saved mask that holds it back; the alarm ends what goes on waiting. */
static void suspended(void) {
  sigset_t mask;
  (void)sigemptyset(&mask);
  (void)sigaddset(&mask, theSignal);
  (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
  (void)raise(theSignal);
  (void)sigemptyset(&mask);
  (void)alarm(20);
  (void)sigsuspend(&mask);
}
/* 'S' while it waits in a system call (proc(5), stat); 0 when it is gone. */
static char stateOf(pid_t process) {
  char path[32], text[256], *end;
  ssize_t length;
  int file;
  (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
  file = open(path, O_RDONLY);
  if (file < 0)
    return 0;
  length = read(file, text, sizeof text - 1);
  (void)close(file);
  text[length > 0 ? length : 0] = '\0';
  end = strrchr(text, ')');
  return (char)(end != NULL && end[1] == ' ' ? end[2] : 0);
}

static MutatorBool lives(pid_t process) { return getppid() == process && stateOf(process) != 'Z'; }

static void awaitSleep(pid_t process) {
  while (lives(process) && outcome->restarted == 0 && stateOf(process) != 'S')
    (void)usleep(1000);
}

/* The signal comes when the reader waits, and the byte when it waits again or has
 * stopped waiting.  A signal that is ignored leaves no trace, and it does not matter
 * whether the byte is there first. */
static void interrupt(pid_t reader, int writeEnd) {
  awaitSleep(reader);
  (void)kill(reader, theSignal);
  while (lives(reader) && !ignores && *(volatile unsigned *)&outcome->calls == 0)
    (void)usleep(1000);
  awaitSleep(reader);
  (void)write(writeEnd, "x", 1);
}

/* A sender of its own interrupts a read: SA_RESTART, or its absence, shows. */
static void interrupted(void) {
  const pid_t reader = getpid();
  int ends[2];
  char c;
  (void)pipe(ends);
  if (fork() == 0) {
    interrupt(reader, ends[1]);
    _exit(0);
  }
  outcome->restarted = read(ends[0], &c, 1) == 1 ? 1 : 2;
  errno = 42;
}

static void sendKill(void) { (void)kill(getpid(), theSignal); }

static void blockedSend(void) {
  sigset_t mask, old;
  (void)sigemptyset(&mask);
  (void)sigaddset(&mask, theSignal);
  (void)pthread_sigmask(SIG_BLOCK, &mask, &old);
  (void)raise(theSignal);
  (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}
static void blockedFault(void) {
  sigset_t mask;
  (void)sigemptyset(&mask);
  (void)sigaddset(&mask, theSignal);
  (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
  fault();
}

typedef struct Event {
  const char *name;
  void (*make)(void);
} Event;
static const Event events[] = {
    {"fault", fault},
    {"general protection", protection},
    {"raise", sendRaise},
    {"queue", sendQueue},
    {"twice", sendTwice},
    {"fault, queue", faultThenSend},
    {"blocked, sent", blockedSend},
    {"blocked, fault", blockedFault},
    {"suspended", suspended},
    {"interrupted", interrupted},
    {"kill", sendKill},
};

static void *newPage(int signal) {
  void *base;
  if (signal == SIGSEGV)
    base = mmap(NULL, nativePageSize(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  else
    base = mmap(NULL, nativePageSize(), PROT_READ | PROT_WRITE, MAP_SHARED, memfd_create("hole", 0), 0);
  CHECK(base != MAP_FAILED, "mmap");
  return base;
}

/* What comes back is what was there, or what the kernel has made of it. */
static void checkRemove(const struct sigaction *before) {
  struct sigaction after;
  const MutatorBool spent = ((unsigned)before->sa_flags & SA_RESETHAND) != 0 && outcome->calls > 0;
  if (mutatorOSHookRemove() != MutatorResOK)
    _exit(6);
  (void)sigaction(theSignal, NULL, &after);
  if (after.sa_handler != (spent ? SIG_DFL : before->sa_handler))
    _exit(5);
}

static void child(const Previous *previous, const Event *event, MutatorBool hooked) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  ignores = previous->action == NULL && previous->handler == SIG_IGN;
  if (previous->action != NULL)
    action.sa_sigaction = previous->action;
  else
    action.sa_handler = previous->handler;
  action.sa_flags = previous->flags;
  if (previous->masked != 0)
    (void)sigaddset(&action.sa_mask, previous->masked);
  /* A fault that is repeated for ever must not outlive the test. */
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
    _exit(8);
  (void)sigaction(theSignal, &action, NULL);
  if (hooked && mutatorOSHookInstall(MutatorFaultHookMEMORY, 0) != MutatorResOK)
    _exit(7);
  errno = 42;
  event->make();
  outcome->finished = (unsigned)(1000 + (errno == 42));
  if (hooked)
    checkRemove(&action);
  _exit(3);
}

static void note(pid_t process, int signal) {
  struct user_regs_struct registers;
  siginfo_t info;
  outcome->lastSignal = signal;
  if (ptrace(PTRACE_GETREGS, process, NULL, &registers) == 0)
    outcome->lastPC = registers.FAULT_TEST_USER_PC;
  if (ptrace(PTRACE_GETSIGINFO, process, NULL, &info) == 0) {
    outcome->lastCode = info.si_code;
    outcome->lastAddress = info.si_code > 0 ? info.si_addr : NULL;
  }
}

static void run(const Previous *previous, const Event *event, MutatorBool hooked, Outcome *result) {
  int status, stops = 0;
  pid_t process;
  memset(outcome, 0, sizeof *outcome);
  process = fork();
  if (process == 0)
    child(previous, event, hooked);
  while (waitpid(process, &status, 0) == process && WIFSTOPPED(status)) {
    int signal = WSTOPSIG(status);
    note(process, signal);
    if (++stops > 20) {
      (void)kill(process, SIGKILL);
      signal = 0;
    }
    (void)ptrace(PTRACE_CONT, process, NULL, (void *)(long)signal);
  }
  outcome->status = status & ~0x80; /* core dumped or not is a matter of limits */
  if (!WIFSIGNALED(status))
    outcome->lastPC = 0, outcome->lastSignal = 0, outcome->lastCode = 0, outcome->lastAddress = 0;
  *result = *outcome;
}

static void print(const char *title, const Outcome *o) {
  unsigned i;
  printf("  %s: status %#x calls %u finished %u restarted %u last %d/%d pc %#lx at %p\n", title, (unsigned)o->status,
         o->calls, o->finished, o->restarted, o->lastSignal, o->lastCode, (unsigned long)o->lastPC, o->lastAddress);
  for (i = 0; i < o->calls && i < Calls; ++i)
    printf("     %d code %d addr %p mask %llx saved %llx pc %lx errno %d\n", o->call[i].signal, o->call[i].code,
           o->call[i].address, (unsigned long long)o->call[i].mask, (unsigned long long)o->call[i].savedMask,
           (unsigned long)o->call[i].pc, o->call[i].error);
}

int main(void) {
  size_t p, e, s, bad = 0, count = 0;
  static const int signals[] = {SIGSEGV, SIGBUS};
  Outcome with, without;
  outcome = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  runnable = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(runnable, stores, sizeof stores);
  memcpy(runnable + 64, refused, sizeof refused);
  for (s = 0; s < 2; ++s) {
    theSignal = signals[s];
    page = newPage(theSignal);
    for (p = 0; p < sizeof previousActions / sizeof previousActions[0]; ++p)
      for (e = 0; e < sizeof events / sizeof events[0]; ++e) {
        if (theSignal == SIGBUS && events[e].make == protection)
          continue;
        /* Whatever handles a signal ends sigsuspend(2), and what ignores it does not. */
        if (events[e].make == suspended && previousActions[p].handler == SIG_IGN)
          continue;
        run(&previousActions[p], &events[e], 0, &without);
        run(&previousActions[p], &events[e], 1, &with);
        ++count;
        if (memcmp(&with, &without, sizeof with) != 0) {
          ++bad;
          printf("DIFFER: signal %d, %s, %s\n", theSignal, previousActions[p].name, events[e].name);
          print("without", &without);
          print("with", &with);
        }
      }
  }
  printf("%zu of %zu differ\n", bad, count);
  return bad != 0;
}
