/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/neighbour.c -- what the neighbour tests share: memory of ours that faults, and a crash
 */

#include "neighbour.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_SIZE ((size_t)4096)

static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static volatile unsigned long allSteps;
static _Thread_local volatile unsigned long steps; /* of this thread */

void (*volatile neighbourInCallback)(void);

/* May be called in a handler. */
void neighbourFail(const char *file, int line, const char *condition, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  (void)dprintf(STDERR_FILENO, "%s:%d: not true: %s: %s\n", file, line, condition, text);
  _exit(1);
}

/* ours -------------------------------------------------------------------------- */

static MutatorFaultResult callback(MutatorFaultRange faulted, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  void (*const extra)(void) = neighbourInCallback;
  (void)faulted;
  (void)address;
  (void)access;
  (void)closure;
  if (extra != NULL)
    extra();
  if (context == NULL || MutatorFaultStep(context) != MutatorResOK)
    return MutatorFaultDECLINED;
  steps++;
  (void)__atomic_add_fetch(&allSteps, 1, __ATOMIC_RELAXED);
  return MutatorFaultHANDLED;
}

void neighbourSetup(void) {
  const MutatorRes res = MutatorFaultSetup(NULL);
  NEIGHBOUR_CHECK(res == MutatorResOK, "MutatorFaultSetup gives %d", (int)res);
}

void neighbourSetupBehind(void) {
  MutatorFaultOptionsStruct options;
  MutatorRes res;
  (void)MutatorFaultOptionsInit(&options);
  options.earlierFirst = 1;
  res = MutatorFaultSetupWith(NULL, &options);
  NEIGHBOUR_CHECK(res == MutatorResOK, "MutatorFaultSetupWith gives %d", (int)res);
}

static void openOnce(void) {
  MutatorRes res = MutatorWindowCreate(&window, MEMORY_SIZE, MutatorWindowForkREFUSE);
  char *base = MutatorWindowBase(&window);
  NEIGHBOUR_CHECK(res == MutatorResOK, "MutatorWindowCreate gives %d", (int)res);
  res = MutatorFaultRangeAdd(&range, base, base + MEMORY_SIZE, callback, NULL, &window);
  NEIGHBOUR_CHECK(res == MutatorResOK, "MutatorFaultRangeAdd gives %d", (int)res);
  NEIGHBOUR_CHECK(mprotect(base, MEMORY_SIZE, PROT_NONE) == 0, "mprotect");
}

void neighbourOpen(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, openOnce);
}

void *neighbourMemory(void) { return MutatorWindowBase(&window); }
size_t neighbourMemorySize(void) { return MEMORY_SIZE; }
unsigned long neighbourSteps(void) { return allSteps; }

unsigned long neighbourForwarded(void) {
  MutatorCountersStruct counters;
  NEIGHBOUR_CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters.forwarded;
}

/* Eight faults: each width, there and back. */
static uint64_t useOnce(unsigned char *place, uint64_t value) {
  uint64_t whole, half, quarter, byte;
  __asm__ volatile("movq %1, (%0)\n\tmovl %k1, 8(%0)\n\tmovw %w1, 12(%0)\n\tmovb %b1, 14(%0)"
                   :
                   : "r"(place), "r"(value)
                   : "memory");
  __asm__ volatile("movq (%4), %0\n\tmovl 8(%4), %k1\n\tmovzwl 12(%4), %k2\n\tmovzbl 14(%4), %k3"
                   : "=&r"(whole), "=&r"(half), "=&r"(quarter), "=&r"(byte)
                   : "r"(place)
                   : "memory");
  NEIGHBOUR_CHECK(half == (uint32_t)value && quarter == (uint16_t)value && byte == (uint8_t)value,
                  "values in our page: %#llx of %#llx", (unsigned long long)half, (unsigned long long)value);
  return whole;
}

void neighbourUse(unsigned slot, unsigned rounds) {
  unsigned char *place = (unsigned char *)MutatorWindowBase(&window) + slot * (MEMORY_SIZE / NEIGHBOUR_SLOTS);
  const unsigned long before = steps;
  unsigned i;
  NEIGHBOUR_CHECK(slot < NEIGHBOUR_SLOTS, "slot %u", slot);
  for (i = 0; i < rounds; ++i) {
    const uint64_t value = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + slot;
    void *alias;
    NEIGHBOUR_CHECK(useOnce(place, value) == value, "round %u: the word that was stored", i);
    NEIGHBOUR_CHECK(MutatorWindowAlias(&window, place, 8, &alias) == MutatorResOK && memcmp(alias, &value, 8) == 0,
                    "round %u: the word through the window", i);
  }
  NEIGHBOUR_CHECK(steps - before == 8UL * rounds, "%lu steps for %u rounds of 8", steps - before, rounds);
}

/* handlers ---------------------------------------------------------------------- */

MutatorBool neighbourOnTop(void) {
  struct sigaction before, after;
  MutatorBool same;
  NEIGHBOUR_CHECK(sigaction(SIGSEGV, NULL, &before) == 0, "sigaction");
  if (MutatorFaultFinish() != MutatorResOK)
    return 0;
  neighbourSetup();
  NEIGHBOUR_CHECK(sigaction(SIGSEGV, NULL, &after) == 0, "sigaction");
  same = before.sa_sigaction == after.sa_sigaction;
  NEIGHBOUR_CHECK(same, "finish and setup put our hook back");
  return same;
}

static struct sigaction behindGlue;

static void glueHandler(int signal, siginfo_t *info, void *ucontext) {
  if (MutatorFaultDispatch(signal, info, ucontext))
    return;
  if ((behindGlue.sa_flags & SA_NODEFER) == 0) {
    sigset_t mask = behindGlue.sa_mask;
    (void)sigaddset(&mask, signal);
    (void)pthread_sigmask(SIG_BLOCK, &mask, NULL);
  }
  if (behindGlue.sa_flags & SA_SIGINFO)
    behindGlue.sa_sigaction(signal, info, ucontext);
  else
    behindGlue.sa_handler(signal);
}

void neighbourGlue(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = glueHandler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  NEIGHBOUR_CHECK(sigaction(SIGSEGV, NULL, &behindGlue) == 0, "sigaction");
  NEIGHBOUR_CHECK(behindGlue.sa_handler != SIG_DFL && behindGlue.sa_handler != SIG_IGN, "a handler to be in front of");
  NEIGHBOUR_CHECK(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
}

/* the crash --------------------------------------------------------------------- */

extern const unsigned char neighbourCrashPC[] __attribute__((visibility("hidden")));

void neighbourCrash(void) {
  unsigned char *page = mmap(NULL, 3 * MEMORY_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char *target = page + MEMORY_SIZE + 24;
  NEIGHBOUR_CHECK(page != MAP_FAILED, "mmap");
  (void)dprintf(STDOUT_FILENO, "crash pc=%p address=%p\n", (const void *)neighbourCrashPC, (void *)target);
  __asm__ volatile(".globl neighbourCrashPC\n\t"
                   ".hidden neighbourCrashPC\n"
                   "neighbourCrashPC:\n\t"
                   "movl $42, (%0)"
                   :
                   : "r"(target)
                   : "memory");
  (void)dprintf(STDERR_FILENO, "the crash did not happen\n");
  _exit(1);
}

#ifdef NEIGHBOUR_SHARED
__attribute__((constructor)) static void first(void) {
  if (getenv("NEIGHBOUR_FIRST") != NULL)
    neighbourSetup();
}
#endif
