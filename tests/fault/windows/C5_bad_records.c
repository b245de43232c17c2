/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_bad_records.c -- records and handles that are none get a result code, and nothing changes
 *
 * Also of a thread that we have no right to read, and of one that has ended.
 */

#include "support/fault_test.h"

#include <string.h>

static MutatorContextStruct context, before;

static void records(void) {
  static EXCEPTION_RECORD record;
  static CONTEXT registers;
  EXCEPTION_POINTERS pointers = {&record, &registers}, bad;
  EXCEPTION_POINTERS *const misaligned = (EXCEPTION_POINTERS *)((uintptr_t)&pointers + 1);
  CHECK(MutatorContextInitFault(NULL, &pointers) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitFault(&context, NULL) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitFault(&context, misaligned) == MutatorResPARAM, "InitFault");
  bad = pointers;
  bad.ExceptionRecord = NULL;
  CHECK(MutatorContextInitFault(&context, &bad) == MutatorResPARAM, "no record");
  CHECK(!MutatorFaultRecover(&bad) && !MutatorFaultDispatch(&bad), "no record");
  bad.ExceptionRecord = (EXCEPTION_RECORD *)((uintptr_t)&record + 1);
  CHECK(MutatorContextInitFault(&context, &bad) == MutatorResPARAM, "a misaligned record");
  bad = pointers;
  bad.ContextRecord = NULL;
  CHECK(MutatorContextInitFault(&context, &bad) == MutatorResPARAM, "no CONTEXT");
  CHECK(!MutatorFaultRecover(&bad) && !MutatorFaultDispatch(&bad), "no CONTEXT");
  bad.ContextRecord = (CONTEXT *)((uintptr_t)&registers + 1);
  CHECK(MutatorContextInitFault(&context, &bad) == MutatorResPARAM, "a misaligned CONTEXT");
  CHECK(!MutatorFaultRecover(NULL) && !MutatorFaultDispatch(NULL), "NULL");
  CHECK(!MutatorFaultRecover(misaligned) && !MutatorFaultDispatch(misaligned), "misaligned");
}

static DWORD CALLBACK sleepForEver(void *closure) {
  (void)closure;
  Sleep(INFINITE);
  return 0;
}

static DWORD CALLBACK endAtOnce(void *closure) {
  (void)closure;
  return 0;
}

static void handles(void) {
  HANDLE thread = CreateThread(NULL, 0, sleepForEver, NULL, 0, NULL), poor = NULL;
  CHECK(thread != NULL && SuspendThread(thread) == 0, "a suspended thread");
  CHECK(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &poor, THREAD_SUSPEND_RESUME, FALSE, 0),
        "a handle without the right");
  CHECK(MutatorContextInitThread(NULL, thread) == MutatorResPARAM, "InitThread");
  CHECK(MutatorContextInitThread((MutatorContext)((uintptr_t)&context + 1), thread) == MutatorResPARAM, "InitThread");
  CHECK(MutatorContextInitThread(&context, NULL) == MutatorResPARAM, "InitThread");
  CHECK(MutatorContextInitThread(&context, poor) == MutatorResACCESS, "no right to read it");
  CHECK(MutatorContextInitThread(&context, (HANDLE)(uintptr_t)0x7654) == MutatorResACCESS, "no handle at all");
  CHECK(MutatorContextInitThread(&context, GetCurrentProcess()) == MutatorResACCESS, "a process");
  (void)CloseHandle(poor);
  (void)TerminateThread(thread, 1);
  (void)ResumeThread(thread);
  (void)WaitForSingleObject(thread, INFINITE);
  (void)CloseHandle(thread);
}

static void ended(void) {
  HANDLE thread = CreateThread(NULL, 0, endAtOnce, NULL, 0, NULL);
  CHECK(thread != NULL && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0, "a thread that has ended");
  CHECK(MutatorContextInitThread(&context, thread) == MutatorResACCESS, "a thread that has ended");
  (void)CloseHandle(thread);
}

int main(void) {
  faultTestSetup();
  memset(&context, 0xee, sizeof context);
  before = context;
  records();
  CHECK(memcmp(&context, &before, sizeof context) == 0, "nothing changed");
  handles();
  CHECK(!MutatorContextCheck(&context), "not a context");
  ended();
  CHECK(!MutatorContextCheck(&context), "not a context");
  return 0;
}
