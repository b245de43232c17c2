/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_other_handlers.c -- on the lists of vectored handlers: what is ours ends there, what is not goes on
 *
 * Also: MutatorFaultFinish takes the handlers away wherever others are, and
 * continue handlers see no fault that has been handled.
 */

#include "support/fault_test.h"

#include "os/windows/windows.h"

static MutatorWindowStruct window;
static MutatorFaultRangeStruct range;
static char *closed;                                        /* a page of nobody's */
static volatile unsigned before, after, continued, handled; /* changed by faults */
static EXCEPTION_POINTERS *seen;

static MutatorFaultResult step(MutatorFaultRange faulted, MutatorContext context, void *address, MutatorAccess access,
                               void *closure) {
  (void)faulted, (void)address, (void)access, (void)closure;
  CHECK(MutatorFaultStep(context) == MutatorResOK, "the step");
  ++handled;
  return MutatorFaultHANDLED;
}

static void open(void) {
  DWORD was;
  (void)VirtualProtect(closed, 4096, PAGE_READWRITE, &was);
}

static void closeAgain(void) {
  DWORD was;
  (void)VirtualProtect(closed, 4096, PAGE_NOACCESS, &was);
}

/* First on the list: another library that came after ours. */
static LONG WINAPI later(EXCEPTION_POINTERS *pointers) {
  seen = pointers;
  ++before;
  return EXCEPTION_CONTINUE_SEARCH;
}

/* Behind ours: whoever was there before. */
static LONG WINAPI earlier(EXCEPTION_POINTERS *pointers) {
  CHECK(pointers == seen, "the same arguments");
  ++after;
  if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION)
    open();
  return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI another(EXCEPTION_POINTERS *pointers) {
  (void)pointers;
  ++continued;
  return EXCEPTION_CONTINUE_SEARCH;
}

static void fault(char *where) {
  before = after = handled = 0;
  *(volatile char *)where = 1;
}

/* The continue handler by itself: it knows what ours has handled, once. */
static void continueHandler(void) {
  static EXCEPTION_RECORD record = {.ExceptionCode = EXCEPTION_ACCESS_VIOLATION, .NumberParameters = 2};
  static CONTEXT registers;
  EXCEPTION_POINTERS pointers = {&record, &registers};
  unsigned char byte;
  CHECK(mutatorWindowsContinue(&pointers) == EXCEPTION_CONTINUE_SEARCH, "never seen");
  CHECK(mutatorWindowsHandler(&pointers) == EXCEPTION_CONTINUE_SEARCH, "nobody's");
  CHECK(mutatorWindowsContinue(&pointers) == EXCEPTION_CONTINUE_SEARCH, "not handled by us");
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), &byte, closed, 1) == MutatorResACCESS, "the library's own fault");
  (void)mutatorWindowsRecover(&pointers);
  CHECK(mutatorWindowsContinue(&pointers) == EXCEPTION_CONTINUE_SEARCH, "not the library's own");
}

int main(void) {
  PVOID handlers[2];
  DWORD was;
  CHECK(MutatorFaultFinish() == MutatorResSTATE, "not installed");
  handlers[0] = AddVectoredExceptionHandler(1, earlier);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorFaultSetup(NULL) == MutatorResOK, "idempotent");
  handlers[1] = AddVectoredExceptionHandler(1, later);
  CHECK(AddVectoredContinueHandler(0, another) != NULL, "a continue handler");
  CHECK(MutatorWindowCreate(&window, 4096, MutatorWindowForkREFUSE) == MutatorResOK, "a window");
  closed = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(closed != NULL, "a page");
  CHECK(MutatorFaultRangeAdd(&range, MutatorWindowBase(&window), (char *)MutatorWindowBase(&window) + 4096, step, NULL,
                             &window) == MutatorResOK,
        "a range");
  CHECK(VirtualProtect(MutatorWindowBase(&window), 4096, PAGE_NOACCESS, &was), "protection");

  fault(MutatorWindowBase(&window));
  CHECK(handled == 1 && before == 1 && after == 0, "ours: %u handled, %u before, %u after", handled, before, after);
  CHECK(continued == 0, "a continue handler has seen what we handled");
  fault(closed);
  CHECK(handled == 0 && before == 1 && after == 1, "not ours: %u handled, %u before, %u after", handled, before, after);
  closeAgain();
  continueHandler();

  /* What nobody has asked us to catch is not even counted as a fault. */
  {
    MutatorCountersStruct one, other;
    CHECK(MutatorCountersGet(&one) == MutatorResOK, "counters");
    before = after = 0;
    RaiseException(0xe06d7363, 0, 0, NULL);
    RaiseException(EXCEPTION_ILLEGAL_INSTRUCTION, 0, 0, NULL);
    CHECK(MutatorCountersGet(&other) == MutatorResOK && other.faults == one.faults, "counted");
    CHECK(before == 2 && after == 2, "%u before, %u after", before, after);
  }

  CHECK(MutatorFaultFinish() == MutatorResOK, "between two others");
  CHECK(MutatorFaultFinish() == MutatorResSTATE, "gone");
  fault(closed);
  CHECK(before == 1 && after == 1, "others stay");
  (void)RemoveVectoredExceptionHandler(handlers[0]);
  (void)RemoveVectoredExceptionHandler(handlers[1]);
  return 0;
}
