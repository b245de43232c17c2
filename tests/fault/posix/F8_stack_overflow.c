/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F8_stack_overflow.c -- a stack overflow is told from a wild access, on the main thread and on others
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/fault_test.h"

static sigjmp_buf target;
static volatile int overflow; /* what was said of the latest fault; -1: none came */
static MutatorFaultHandlerStruct handler;

static MutatorFaultResult judge(MutatorFaultHandler of, MutatorContext context, void *closure) {
  MutatorContextStruct stranger;
  (void)of;
  (void)closure;
  memset(&stranger, 0, sizeof stranger);
  CHECK(!MutatorThreadStackOverflow(NULL) && !MutatorThreadStackOverflow(&stranger), "not a context");
  overflow = MutatorThreadStackOverflow(context);
  CHECK(MutatorFaultLeave(context) == MutatorResOK, "leave");
  siglongjmp(target, 1);
}

__attribute__((noinline)) static unsigned char recurse(volatile unsigned char *up, unsigned depth) {
  volatile unsigned char frame[1000];
  frame[depth % sizeof frame] = (unsigned char)(up[0] + 1);
  if (depth == 0)
    return frame[0];
  return (unsigned char)(recurse(frame, depth - 1) + frame[depth % sizeof frame]);
}

/* A frame so large that it begins far below the stack. */
__attribute__((noinline)) static unsigned char large(size_t size) {
  volatile unsigned char *frame = __builtin_alloca(size);
  frame[4096] = 1; /* the lower end */
  return frame[4096];
}

static void expect(const char *what, int expected) {
  CHECK(overflow == expected, "%s: %d, not %d", what, overflow, expected);
}

#define TRY(what, expected, access)  \
  do {                               \
    overflow = -1;                   \
    if (sigsetjmp(target, 1) == 0) { \
      access;                        \
      overflow = -2;                 \
    }                                \
    expect(what, expected);          \
  } while (0)

static volatile unsigned char zero;
static volatile MutatorWord eight = 8;

/* Wild accesses, one of them just below the stack while the stack pointer is far from there. */
static void wild(volatile unsigned char *closed, MutatorBool registered) {
  MutatorThread self = MutatorThreadSelf();
  TRY("a null pointer", 0, *(volatile unsigned char *)eight = 1);
  TRY("a closed page", 0, *closed = 1);
  if (registered) {
    volatile unsigned char *below = (volatile unsigned char *)MutatorThreadStackBase(self) - 64;
    TRY("below the stack, from afar", 0, *below = 1);
  }
}

static void *run(void *closure) {
  MutatorThreadStruct thread;
  volatile unsigned char *closed = closure;
  CHECK(MutatorFaultStackInstall() == MutatorResOK, "stack");
  TRY("not registered", 0, recurse(&zero, 10000000));
  wild(closed, 0);
  CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  TRY("recursion", 1, recurse(&zero, 10000000));
  TRY("recursion again", 1, recurse(&zero, 10000000));
  wild(closed, 1);
  CHECK(MutatorThreadDeregister(&thread) == MutatorResOK, "deregister");
  return NULL;
}

int main(void) {
  static MutatorThreadStruct self;
  struct rlimit limit = {1 << 20, RLIM_INFINITY};
  pthread_attr_t attributes;
  unsigned char *closed;
  pthread_t other;
  size_t guard;
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0, "getrlimit");
  limit.rlim_cur = 1 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &limit) == 0, "setrlimit"); /* or the main stack would take gigabytes to fill */
  closed = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorFaultHandlerAdd(&handler, 1, judge, NULL) == MutatorResOK, "add");
  for (guard = 4096; guard <= 16 << 20; guard <<= 6) {
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setguardsize(&attributes, guard) == 0 &&
              pthread_attr_setstacksize(&attributes, 1 << 20) == 0,
          "attributes");
    CHECK(pthread_create(&other, &attributes, run, closed) == 0 && pthread_join(other, NULL) == 0, "thread");
  }
  CHECK(MutatorThreadRegister(&self) == MutatorResOK, "register");
  TRY("the main thread", 1, recurse(&zero, 10000000));
  TRY("a large frame", 1, large((size_t)(1 << 20) + 200 * 1024));
  wild(closed, 1);
  return 0;
}
