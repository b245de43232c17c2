/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T1_exception_under_way.c -- a thread to which a 64-bit system is delivering an exception
 *
 * Its registers may be old ones, and the system says so when it is asked (CONTEXT_EXCEPTION_ACTIVE).
 * Here GetThreadContext is replaced by one that adds those flags.
 */

#include <string.h>

#include "support/fault_test.h"

#define ASK 0x40000000u
#define TOLD 0x80000000u
#define ACTIVE 0x08000000u

/* Where this program's calls of GetThreadContext go by. */
typedef BOOL(WINAPI *GetContext)(HANDLE thread, CONTEXT *registers);
extern GetContext import __asm__("__imp__GetThreadContext@8");

static GetContext theSystems;
static DWORD flags;      /* added while `left` is not 0 */
static unsigned left;    /* counts down */
static unsigned unasked; /* calls without the question */

static BOOL WINAPI withFlags(HANDLE thread, CONTEXT *registers) {
  const DWORD asked = registers->ContextFlags & ASK;
  const BOOL res = theSystems(thread, registers);
  if (left == 0)
    return res;
  if (asked == 0)
    ++unasked;
  else
    registers->ContextFlags |= flags;
  --left;
  return res;
}

static void replace(void) {
  DWORD was;
  theSystems = import;
  CHECK(VirtualProtect(&import, sizeof import, PAGE_READWRITE, &was), "the import");
  import = withFlags;
}

static MutatorThreadStruct thread;
static volatile LONG turns, registered;

static DWORD WINAPI turn(void *closure) {
  CHECK(MutatorThreadRegister(closure) == MutatorResOK, "register");
  registered = 1;
  for (;;)
    ++turns;
}

static void runs(void) {
  const LONG before = turns;
  unsigned tries;
  for (tries = 0; turns == before && tries < 10000; tries++)
    Sleep(1);
  CHECK(turns != before, "it does not run");
}

static void add(DWORD some, unsigned times) {
  flags = some;
  left = times;
  unasked = 0;
}

static void contexts(HANDLE handle) {
  static MutatorContextStruct context, before;
  memset(&context, 0xee, sizeof context);
  before = context;
  CHECK(SuspendThread(handle) == 0, "suspended");
  add(TOLD | ACTIVE, 1);
  SetLastError(4711);
  CHECK(MutatorContextInitThread(&context, handle) == MutatorResBUSY, "old registers were shown");
  CHECK(left == 0 && unasked == 0, "the system was not asked");
  CHECK(GetLastError() == 4711, "the last error");
  CHECK(memcmp(&context, &before, sizeof context) == 0, "something changed");
  add(TOLD, ~0u);
  CHECK(MutatorContextInitThread(&context, handle) == MutatorResOK, "no exception");
  add(ACTIVE, ~0u);
  CHECK(MutatorContextInitThread(&context, handle) == MutatorResOK, "a system that does not tell");
  add(0, 0);
  CHECK(ResumeThread(handle) == 1, "resumed");
}

/* What lasts is told from what passes. */
static void suspensions(void) {
  MutatorContextStruct context;
  add(TOLD | ACTIVE, 3);
  CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
  CHECK(left == 0 && unasked == 0, "stopped with old registers: %u left, %u unasked", left, unasked);
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  add(TOLD | ACTIVE, ~0u);
  CHECK(MutatorThreadSuspend(&thread, 20) == MutatorResLIMIT, "time has not run out");
  runs();
  CHECK(MutatorThreadSuspendAll(20) == MutatorResLIMIT, "time has not run out");
  runs();
  add(TOLD | ACTIVE, 3);
  CHECK(MutatorThreadSuspendAll(10000) == MutatorResOK && left == 0, "suspend all");
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
  CHECK(MutatorThreadResumeAll() == MutatorResOK, "resume all");
  runs();
}

int main(void) {
  HANDLE handle;
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  handle = CreateThread(NULL, 0, turn, &thread, 0, NULL);
  CHECK(handle != NULL, "a thread");
  while (!registered)
    Sleep(1);
  replace();
  contexts(handle);
  suspensions();
  return 0;
}
