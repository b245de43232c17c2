/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_frame_stacks.c -- which memory is the handler's, on which stack
 *
 * C9: in a nested fault the outer frame belongs to the code that was
 * interrupted; a handler that runs on a stack of its own still has its frame on
 * another; memory right outside any of these is not refused.
 */

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "os/os.h"
#include "support/fault_test.h"

#include <fault_system.h>

/* A stack of the handler's own, and the alternate stack right above it. */
enum { CoroutineSize = 128 * 1024, AlternateSize = 256 * 1024 };
static unsigned char stacks[CoroutineSize + AlternateSize];

static unsigned char *page; /* no access */
static MutatorNativeStruct outer;
static ucontext_t main_, coroutine;
static MutatorNativeStruct *asked;
static volatile int depth;

/* Beside a variable, out of the compiler's sight. */
static void *beside(const void *address, intptr_t distance) {
  return (void *)((uintptr_t)address + (uintptr_t)distance);
}

static MutatorBool hits(const MutatorNativeStruct *native, const void *address, size_t size) {
  return mutatorOSFrameOverlaps(native, (MutatorWord)address, size);
}

static unsigned char *stateEnd(const MutatorNativeStruct *native) {
  unsigned char *state = (unsigned char *)native->ucontext->uc_mcontext.fpregs;
  uint32_t size;
  memcpy(&size, nativeFxsave(native->ucontext) + 468, sizeof size); /* extended_size */
  return state + size;
}

static void checkParts(const MutatorNativeStruct *n) {
  unsigned char *u = (unsigned char *)n->ucontext, *end = stateEnd(n);
  unsigned char *back = FAULT_TEST_RETURN(n->info, u);
  CHECK(hits(n, back, 1) && hits(n, back, sizeof(void *)), "the return address");
  CHECK(hits(n, u, 1) && hits(n, u + FAULT_TEST_UCONTEXT - 1, 1), "the ucontext");
  CHECK(hits(n, n->info, 1) && hits(n, (char *)n->info + 127, 1), "the siginfo");
  CHECK(hits(n, end - 1, 1) && hits(n, end - 1, 16), "the end of the state");
  CHECK(!hits(n, end, 16), "past the end of the state");
  CHECK(!hits(n, page, 8), "somewhere else");
  CHECK(!hits(n, (void *)~(uintptr_t)0, 1) && !hits(n, (void *)~(uintptr_t)15, 16), "the top of the address space");
  CHECK(!hits(n, NULL, 1), "NULL");
}

/* On a stack that has nothing to do with the signal. */
static void elsewhere(void) {
  unsigned char here = 0, *back = FAULT_TEST_RETURN(asked->info, asked->ucontext);
  checkParts(asked);
  CHECK(hits(asked, back - 4, 8), "into the return address, from below");
  CHECK(!hits(asked, back - 8, 8), "below the frame, which is not where we run");
  CHECK(hits(asked, &here, 1) && hits(asked, beside(&here, -1024), 8), "where the handler runs");
  CHECK(!hits(asked, beside(&here, -16384), 8), "below the handler");
  CHECK(!hits(asked, beside(&here, 16384), 8), "above the handler");
}

static void runElsewhere(const MutatorNativeStruct *native) {
  asked = (MutatorNativeStruct *)(uintptr_t)native;
  CHECK(getcontext(&coroutine) == 0, "getcontext");
  coroutine.uc_stack.ss_sp = stacks;
  coroutine.uc_stack.ss_size = CoroutineSize;
  coroutine.uc_link = &main_;
  makecontext(&coroutine, elsewhere, 0);
  CHECK(swapcontext(&main_, &coroutine) == 0, "swapcontext");
}

static void checkHere(const MutatorNativeStruct *n) {
  unsigned char local[8], *sp = (unsigned char *)nativeUcontextGet(n->ucontext, MutatorRegisterSP);
  checkParts(n);
  CHECK(hits(n, local, 8), "a local variable");
  CHECK(hits(n, beside(local, -1024), 8), "what is about to be pushed");
  CHECK(hits(n, (unsigned char *)n->ucontext - 64, 8), "the handler's first frame");
  CHECK(!hits(n, sp, 8) && !hits(n, sp - MUTATOR_RED_ZONE, 8), "the interrupted stack");
}

static void store(void) { *(volatile unsigned char *)page = 1; }

static void handler(int signal, siginfo_t *info, void *ucontext) {
  const MutatorNativeStruct native = {.info = info, .ucontext = ucontext};
  (void)signal;
  if (depth == 0) {
    depth = 1;
    outer = native;
    checkHere(&native);
    runElsewhere(&native);
    store();
    depth = 0;
  } else {
    checkHere(&native);
    CHECK(!hits(&native, outer.ucontext, 8) && !hits(&native, outer.info, 8), "the outer frame is the mutator's");
    CHECK(!hits(&native, stateEnd(&outer) - 8, 8), "the outer frame is the mutator's");
  }
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
}

/* A copy of the record leaves the frame where it was; what was made by hand has none. */
static void copied(int signal, siginfo_t *info, void *ucontext) {
  static ucontext_t copy;
  static siginfo_t copyInfo;
  const MutatorNativeStruct native = {.info = &copyInfo, .ucontext = &copy};
  const MutatorNativeStruct real = {.info = info, .ucontext = ucontext};
  unsigned char local[8];
  (void)signal;
  copy = *(ucontext_t *)ucontext;
  copyInfo = *info;
  CHECK(hits(&native, &copy, 8) && hits(&native, &copyInfo, 8), "the copies");
  CHECK(hits(&native, stateEnd(&real) - 8, 8), "the state, which was not copied");
  CHECK(hits(&native, local, 8) && hits(&native, ucontext, 8), "the handler's stack");
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
}

static void byHand(void) {
  struct {
    unsigned char local[8], apart[32];
    siginfo_t info;
    ucontext_t record;
  } hand;
  const MutatorNativeStruct native = {.info = &hand.info, .ucontext = &hand.record};
  memset(&hand, 0, sizeof hand);
  CHECK(hits(&native, &hand.record, 8) && hits(&native, &hand.info, 8), "the record");
  CHECK(!hits(&native, hand.local, 8), "a variable beside it");
  CHECK(getcontext(&hand.record) == 0, "getcontext");
  CHECK(hits(&native, &hand.record, 8) && !hits(&native, hand.local, 8), "a variable beside it");
}

static void install(void (*action)(int, siginfo_t *, void *), int flags) {
  struct sigaction old;
  memset(&old, 0, sizeof old);
  old.sa_sigaction = action;
  old.sa_flags = SA_SIGINFO | SA_NODEFER | flags;
  CHECK(sigaction(SIGSEGV, &old, NULL) == 0, "sigaction");
}

static void fault(void) {
  nativeProtect(page, nativePageSize(), NativeNONE);
  store();
}

int main(void) {
  const stack_t alternate = {.ss_sp = stacks + CoroutineSize, .ss_size = AlternateSize};
  page = mmap(NULL, nativePageSize(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED, "mmap");
  byHand();
  CHECK(sigaltstack(&alternate, NULL) == 0, "sigaltstack");
  install(handler, SA_ONSTACK);
  fault();
  install(handler, 0);
  fault();
  install(copied, SA_ONSTACK);
  fault();
  install(copied, 0);
  fault();
  return 0;
}
