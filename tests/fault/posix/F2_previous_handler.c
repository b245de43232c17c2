/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_previous_handler.c -- what is not ours reaches the previous handler as if we were not there
 *
 * The same faults are taken once with the handler alone and once with the
 * library in front of it; everything it is given must be the same.
 */

#include "support/fault_test.h"

#include <string.h>

/* Seen -- what a handler was given */
typedef struct Seen {
  int signal;
  int code;
  void *address;
  MutatorWord pc, sp, errorCode;
  sigset_t interrupted; /* the mask in the context */
  sigset_t mask;        /* the mask in force */
} Seen;

static unsigned char *page;
static Seen seen;
static volatile unsigned calls;

static void look(int signal, siginfo_t *info, void *pointer) {
  ucontext_t *ucontext = pointer;
  const NativeStopStruct stop = {signal, info, ucontext};
  memset(&seen, 0, sizeof seen);
  seen.signal = signal;
  seen.code = info->si_code;
  seen.address = info->si_addr;
  seen.pc = nativeUcontextGet(ucontext, MutatorRegisterPC);
  seen.sp = nativeUcontextGet(ucontext, MutatorRegisterSP);
  seen.errorCode = nativeErrorCode(&stop);
  memcpy(&seen.interrupted, &ucontext->uc_sigmask, NATIVE_MASK_SIZE);
  (void)sigprocmask(SIG_BLOCK, NULL, &seen.mask);
  calls++;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
}

static void lookOld(int signal) {
  memset(&seen, 0, sizeof seen);
  seen.signal = signal;
  (void)sigprocmask(SIG_BLOCK, NULL, &seen.mask);
  calls++;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
}

static void install(int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_flags = flags | SA_ONSTACK;
  if (flags & SA_SIGINFO)
    action.sa_sigaction = look;
  else
    action.sa_handler = lookOld;
  (void)sigaddset(&action.sa_mask, SIGUSR1);
  CHECK(sigaction(NATIVE_MEMORY, &action, NULL) == 0, "sigaction");
}

/* One place faults, so that program counter and stack pointer are the same each time. */
__attribute__((noinline)) static Seen fault(void) {
  nativeProtect(page, nativePageSize(), NativeNONE);
  __asm__ volatile("movb $1, (%0)" : : "r"(page) : "memory");
  return seen;
}

static void compare(int flags) {
  Seen alone, behind;
  MutatorCountersStruct before, after;
  install(flags);
  alone = fault();
  CHECK(calls == 1, "alone");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorCountersGet(&before) == MutatorResOK, "counters");
  behind = fault();
  CHECK(MutatorCountersGet(&after) == MutatorResOK, "counters");
  CHECK(calls == 2, "behind the library");
  CHECK(memcmp(&alone, &behind, sizeof alone) == 0, "flags %#x: signal %d %d, code %d %d, pc %#zx %#zx, sp %#zx %#zx",
        (unsigned)flags, alone.signal, behind.signal, alone.code, behind.code, alone.pc, behind.pc, alone.sp,
        behind.sp);
  CHECK(after.faults - before.faults == 1 && after.forwarded - before.forwarded == 1 && after.handled == before.handled,
        "counted as forwarded");
  CHECK(MutatorFaultFinish() == MutatorResOK, "finish");
  calls = 0;
}

int main(void) {
  (void)nativeHandlerStack((size_t)1 << 20);
  page = faultTestPageNew(FaultTestPageNOACCESS);
  compare(SA_SIGINFO);
  compare(SA_SIGINFO | SA_NODEFER);
  compare(0);
  compare(SA_RESTART);
  return 0;
}
