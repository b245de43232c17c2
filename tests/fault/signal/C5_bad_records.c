/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_bad_records.c -- records that are NULL or misaligned get a result code, and nothing changes
 */

#include "support/fault_test.h"

#include <string.h>

int main(void) {
  static ucontext_t ucontext;
  static siginfo_t info;
  siginfo_t *const misalignedInfo = (siginfo_t *)((uintptr_t)&info + 1);
  ucontext_t *const misaligned = (ucontext_t *)((uintptr_t)&ucontext + 2);
  MutatorContextStruct context, before;
  faultTestSetup();
  memset(&context, 0xee, sizeof context);
  before = context;
  CHECK(MutatorContextInitFault(NULL, &info, &ucontext) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitFault(&context, NULL, &ucontext) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitFault(&context, &info, NULL) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitFault(&context, misalignedInfo, &ucontext) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitFault(&context, &info, misaligned) == MutatorResPARAM, "InitFault");
  CHECK(MutatorContextInitThread(NULL, &ucontext) == MutatorResPARAM, "InitThread");
  CHECK(MutatorContextInitThread((MutatorContext)((uintptr_t)&context + 1), &ucontext) == MutatorResPARAM, "Init");
  CHECK(MutatorContextInitThread(&context, NULL) == MutatorResPARAM, "InitThread");
  CHECK(MutatorContextInitThread(&context, misaligned) == MutatorResPARAM, "InitThread");
  CHECK(memcmp(&context, &before, sizeof context) == 0, "nothing changed");
  CHECK(!MutatorFaultRecover(NULL, &ucontext) && !MutatorFaultRecover(&info, NULL), "Recover");
  CHECK(!MutatorFaultDispatch(SIGSEGV, NULL, &ucontext) && !MutatorFaultDispatch(SIGSEGV, &info, NULL), "Dispatch");
  return 0;
}
