/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_few_parameters.c -- a record without the data's address reaches no range, whatever its unused fields say
 *
 * A range's address is in ExceptionInformation; NumberParameters says that it is not.
 */

#include <string.h>

#include "os/windows/windows.h"
#include "support/fault_test.h"

static MutatorFaultRangeStruct range;
static unsigned called;
static unsigned char *page;
static const unsigned char load[16] = {0x8b, 0x00}; /* mov (%eax), %eax */

static MutatorFaultResult callback(MutatorFaultRange faulted, MutatorContext context, void *address,
                                   MutatorAccess access, void *closure) {
  (void)faulted, (void)context, (void)access, (void)closure;
  CHECK(address == page + 8, "not the data's address");
  ++called;
  return MutatorFaultHANDLED;
}

static void offer(DWORD code, DWORD parameters, MutatorBool expected) {
  EXCEPTION_RECORD record = {.ExceptionCode = code, .NumberParameters = parameters}, recordBefore;
  static CONTEXT registers, before;
  EXCEPTION_POINTERS pointers = {&record, &registers};
  MutatorContextStruct context;
  LONG answer;
  record.ExceptionInformation[1] = (ULONG_PTR)page + 8;
  CHECK(MutatorContextInitFault(&context, &pointers) == MutatorResOK, "InitFault");
  CHECK(MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)load) == MutatorResOK, "the PC");
  recordBefore = record;
  before = registers;
  called = 0;
  CHECK(MutatorFaultDispatch(&pointers) == expected, "%08lx/%lu: dispatch", (unsigned long)code,
        (unsigned long)parameters);
  answer = mutatorWindowsHandler(&pointers);
  CHECK(answer == (expected ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH), "%08lx/%lu: answered %ld",
        (unsigned long)code, (unsigned long)parameters, (long)answer);
  CHECK(called == (expected ? 2 : 0), "%08lx/%lu: %u calls", (unsigned long)code, (unsigned long)parameters, called);
  CHECK(!MutatorFaultRecover(&pointers), "no fault of the library's");
  CHECK(expected || MutatorContextStepInstruction(&context) == MutatorResUNIMPL, "stepped");
  CHECK(memcmp(&registers, &before, sizeof before) == 0 && memcmp(&record, &recordBefore, sizeof record) == 0,
        "something changed");
}

int main(void) {
  static const DWORD codes[] = {EXCEPTION_ACCESS_VIOLATION, EXCEPTION_GUARD_PAGE, EXCEPTION_IN_PAGE_ERROR};
  size_t i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(page != NULL, "a page");
  CHECK(MutatorFaultRangeAdd(&range, page, page + 4096, callback, NULL, NULL) == MutatorResOK, "a range");
  for (i = 0; i < sizeof codes / sizeof codes[0]; ++i) {
    offer(codes[i], 0, 0);
    offer(codes[i], 1, 0);
    offer(codes[i], 2, 1);
  }
  return 0;
}
