/* SPDX-License-Identifier: BSD-2-Clause
 *
 * T1_handles.c -- threads that cannot be suspended, read or written, and one that ends while it is suspended
 *
 * A registered thread's handle is exchanged for one with fewer rights.  Each call
 * says so, the thread runs on as it was, and SuspendAll never says OK while one runs.
 */

#include "support/fault_test.h"

/* The thread spins with a known value in a register until that is edited. */
static const MutatorRegister RegisterBX = (MutatorRegister)3; /* as instructions encode it, RBX or EBX */
static volatile MutatorWord released;
static volatile LONG registered;
static MutatorThreadStruct thread;
static MutatorContextStruct context;

static DWORD WINAPI spin(void *closure) {
  MutatorWord value = (MutatorWord)0xfeedbead;
  CHECK(MutatorThreadRegister(closure) == MutatorResOK, "register");
  registered = 1;
  __asm__ volatile("1: cmpl $0xfeedbead, %k0\n"
                   "je 1b\n"
                   : "+b"(value)
                   :
                   : "cc", "memory");
  released = value;
  return 0;
}

static HANDLE start(void) {
  HANDLE handle;
  registered = 0;
  released = 0;
  handle = CreateThread(NULL, 0, spin, &thread, 0, NULL);
  CHECK(handle != NULL, "a thread");
  while (!registered)
    Sleep(1);
  return handle;
}

static HANDLE withRights(HANDLE handle, DWORD rights) {
  HANDLE poor = NULL;
  CHECK(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &poor, rights, FALSE, 0), "a poor handle");
  return poor;
}

/* With the full handle again: it runs, and nobody has left it suspended. */
static void runs(void *full) {
  thread.handle = full;
  CHECK(thread.state == 0, "state %u", (unsigned)thread.state);
  CHECK(SuspendThread(full) == 0 && ResumeThread(full) == 1, "it was left suspended");
}

static void unsuspendable(DWORD rights) {
  void *const full = thread.handle;
  HANDLE poor = withRights(full, rights);
  MutatorRes one, all;
  thread.handle = poor;
  one = MutatorThreadSuspend(&thread, 20);
  all = MutatorThreadSuspendAll(20);
  CHECK(one == MutatorResLIMIT, "rights %lx: %s", (unsigned long)rights, MutatorResName(one));
  CHECK(all == MutatorResLIMIT, "rights %lx, all: %s", (unsigned long)rights, MutatorResName(all));
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResSTATE, "not suspended");
  CHECK(MutatorThreadResume(&thread) == MutatorResSTATE, "not suspended");
  CHECK(MutatorThreadResumeAll() == MutatorResOK, "nobody to resume");
  runs(full);
  (void)CloseHandle(poor);
}

/* Until it is in its loop, where the value shows. */
static void suspendInLoop(void) {
  MutatorWord value = 0;
  for (;;) {
    CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
    CHECK(MutatorThreadContext(&thread, &context) == MutatorResOK, "context");
    CHECK(MutatorContextGetRegister(&context, RegisterBX, &value) == MutatorResOK, "register");
    if (value == (MutatorWord)0xfeedbead)
      return;
    CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
    Sleep(1);
  }
}

static void unreadable(void) {
  void *const full = thread.handle;
  HANDLE poor = withRights(full, THREAD_SUSPEND_RESUME | THREAD_SET_CONTEXT);
  MutatorContextStruct other = {.signature = 0};
  suspendInLoop();
  thread.handle = poor;
  CHECK(MutatorThreadContext(&thread, &other) == MutatorResACCESS, "no right to read it");
  CHECK(MutatorThreadHolds(&thread, &context), "the context that was there before");
  thread.handle = full;
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  runs(full);
  (void)CloseHandle(poor);
}

static void unwritable(void) {
  void *const full = thread.handle;
  HANDLE poor = withRights(full, THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT);
  thread.handle = poor;
  suspendInLoop();
  CHECK(MutatorContextSetRegister(&context, RegisterBX, 66) == MutatorResOK, "an edit");
  SetLastError(4711);
  CHECK(MutatorContextCommit(&context) == MutatorResACCESS, "no right to write it");
  CHECK(GetLastError() == 4711, "the last error");
  CHECK(MutatorThreadResume(&thread) == MutatorResACCESS, "its edits are refused");
  runs(full);
  Sleep(20);
  CHECK(released == 0, "the refused edit has arrived");
  (void)CloseHandle(poor);
}

static void finish(HANDLE handle) {
  suspendInLoop();
  CHECK(MutatorContextSetRegister(&context, RegisterBX, 77) == MutatorResOK, "an edit");
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  CHECK(WaitForSingleObject(handle, INFINITE) == WAIT_OBJECT_0 && released == 77, "%u", (unsigned)released);
  CHECK(MutatorThreadSuspend(&thread, 0) == MutatorResSTATE, "it has exited");
  (void)CloseHandle(handle);
}

/* Its edits have nowhere to go.  It is passed over from then on. */
static void endsWhileSuspended(void) {
  HANDLE handle = start();
  suspendInLoop();
  CHECK(TerminateThread(handle, 1) && WaitForSingleObject(handle, INFINITE) == WAIT_OBJECT_0, "its end");
  CHECK(MutatorContextSetRegister(&context, RegisterBX, 88) == MutatorResOK, "the copy is still there");
  CHECK(MutatorContextCommit(&context) == MutatorResACCESS, "written to a thread that has ended");
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResACCESS, "read from a thread that has ended");
  CHECK(MutatorThreadResume(&thread) != MutatorResOK, "its edits were not lost on the way");
  CHECK(MutatorThreadResume(&thread) == MutatorResSTATE, "not suspended");
  CHECK(MutatorThreadSuspend(&thread, 0) == MutatorResSTATE, "it has ended");
  CHECK(MutatorThreadSuspendAll(0) == MutatorResOK, "a thread that has vanished counted");
  CHECK(MutatorThreadContext(&thread, &context) == MutatorResSTATE, "suspended, and gone");
  CHECK(MutatorThreadResumeAll() == MutatorResOK, "resume");
  (void)CloseHandle(handle);
}

int main(void) {
  HANDLE handle;
  CHECK(MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  handle = start();
  unsuspendable(THREAD_GET_CONTEXT | THREAD_SET_CONTEXT | SYNCHRONIZE);
  unsuspendable(THREAD_GET_CONTEXT | THREAD_SET_CONTEXT);
  unsuspendable(THREAD_SUSPEND_RESUME | THREAD_SET_CONTEXT | SYNCHRONIZE);
  unreadable();
  unwritable();
  finish(handle);
  endsWhileSuspended();
  return 0;
}
