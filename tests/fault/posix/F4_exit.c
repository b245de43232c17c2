/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F4_exit.c -- a thread that exits without a word gives its alternate stack back, and is deregistered
 *
 * Also in threads that the library has never heard of before, and while a
 * destructor of somebody else's still faults.
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fault_test.h"

enum { Threads = 300 };

static unsigned char *page;
static MutatorFaultRangeStruct range;
static volatile unsigned handled;
static pthread_key_t key;
static void *stackOf;

static MutatorFaultResult open_(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  int here;
  stack_t stack;
  (void)of;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  CHECK(sigaltstack(NULL, &stack) == 0 && (char *)&here > (char *)stack.ss_sp &&
            (char *)&here < (char *)stack.ss_sp + stack.ss_size,
        "on the alternate stack");
  faultTestProtect(page, faultTestPageSize(), PROT_READ | PROT_WRITE);
  handled++;
  return MutatorFaultHANDLED;
}

static void fault(void) {
  const unsigned before = handled;
  faultTestProtect(page, faultTestPageSize(), PROT_NONE);
  *(volatile unsigned char *)page = 1;
  CHECK(handled == before + 1, "handled");
}

/* Three rounds of destructors, each with a fault. */
static void destroy(void *value) {
  const size_t round = (size_t)value;
  fault();
  if (round < 3)
    CHECK(pthread_setspecific(key, (void *)(round + 1)) == 0, "key");
}

static void *run(void *closure) {
  static MutatorThreadStruct thread;
  stack_t stack;
  if (closure != NULL)
    CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  else
    CHECK(MutatorFaultStackInstall() == MutatorResOK, "stack");
  CHECK(sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0, "has one");
  stackOf = stack.ss_sp;
  CHECK(pthread_setspecific(key, (void *)1) == 0, "key");
  fault();
  return NULL;
}

/* Pages of the process's address space. */
static unsigned long mapped(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%lu", &pages) == 1, "statm");
  (void)fclose(file);
  return pages;
}

static void once(void *registers) {
  pthread_t other;
  CHECK(pthread_create(&other, NULL, run, registers) == 0 && pthread_join(other, NULL) == 0, "thread");
}

int main(void) {
  unsigned long before, after;
  unsigned i;
  CHECK(pthread_key_create(&key, destroy) == 0, "key"); /* older than the library's */
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorFaultRangeAdd(&range, page, page + faultTestPageSize(), open_, NULL, NULL) == MutatorResOK, "add");
  for (i = 0; i < 10; i++)
    once(i % 2 ? &i : NULL); /* what the C library keeps of threads */
  before = mapped();
  for (i = 0; i < Threads; i++)
    once(i % 2 ? &i : NULL);
  after = mapped();
  (void)printf("%lu pages, then %lu\n", before, after);
  CHECK(after < before + Threads, "%lu pages more after %d threads", after - before, (int)Threads);
  CHECK(handled == 4 * (Threads + 10), "%u faults", handled);
  CHECK(MutatorThreadFinish() == MutatorResOK, "nobody is registered");
  return 0;
}
