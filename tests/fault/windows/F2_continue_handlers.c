/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F2_continue_handlers.c -- the system calls continue handlers, and ours ends the round for what we handled
 */

#include "support/fault_test.h"

static char *closed;
static MutatorFaultRangeStruct range;
static volatile unsigned continued; /* changed by faults */

static void open(void) {
  DWORD was;
  (void)VirtualProtect(closed, 8192, PAGE_READWRITE, &was);
}

static void closeAgain(void) {
  DWORD was;
  (void)VirtualProtect(closed, 8192, PAGE_NOACCESS, &was);
}

static MutatorFaultResult answer(MutatorFaultRange faulted, MutatorContext context, void *address, MutatorAccess access,
                                 void *closure) {
  (void)faulted, (void)context, (void)address, (void)access, (void)closure;
  open();
  return MutatorFaultHANDLED;
}

static LONG WINAPI others(EXCEPTION_POINTERS *pointers) {
  (void)pointers;
  open();
  return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI another(EXCEPTION_POINTERS *pointers) {
  (void)pointers;
  ++continued;
  return EXCEPTION_CONTINUE_SEARCH;
}

int main(void) {
  closed = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(closed != NULL, "pages");
  CHECK(AddVectoredExceptionHandler(1, others) != NULL && AddVectoredContinueHandler(0, another) != NULL, "handlers");
  *(volatile char *)closed = 1;
  if (continued == 0)
    faultTestSkip("this system calls no continue handlers (Wine)");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorFaultRangeAdd(&range, closed, closed + 4096, answer, NULL, NULL) == MutatorResOK, "a range");
  closeAgain();
  continued = 0;
  *(volatile char *)closed = 1;
  CHECK(continued == 0, "what we have handled was shown to another continue handler");
  closeAgain();
  *(volatile char *)(closed + 4096) = 1;
  CHECK(continued == 1, "what others have handled is theirs");
  return 0;
}
