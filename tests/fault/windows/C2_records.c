/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_records.c -- what an EXCEPTION_RECORD says, whoever made it
 *
 * The data's address is in ExceptionInformation, and only there; records with
 * too few parameters, or that only RaiseException makes, are no faults.
 */

#include "support/fault_test.h"

#include <string.h>

#define NO_ADDRESS ((ULONG_PTR)0x1234)
#define FLAG_SOFTWARE 0x80

typedef struct CaseStruct {
  DWORD code;
  DWORD flags;
  DWORD parameters;
  ULONG_PTR information[2];
  MutatorFaultKind kind;
  MutatorAccess access;
  MutatorBool addressKnown;
} CaseStruct;

#define AV EXCEPTION_ACCESS_VIOLATION
#define NONE MutatorAccessNONE
static const CaseStruct cases[] = {
    /* the address is unmapped: the lowest 64 KiB always are */
    {AV, 0, 2, {0, NO_ADDRESS}, MutatorFaultKindUNMAPPED, MutatorAccessREAD, 1},
    {AV, 0, 2, {1, NO_ADDRESS}, MutatorFaultKindUNMAPPED, MutatorAccessWRITE, 1},
    {AV, 0, 2, {8, NO_ADDRESS}, MutatorFaultKindUNMAPPED, MutatorAccessEXECUTE, 1},
    {AV, 0, 2, {1, ~(ULONG_PTR)0}, MutatorFaultKindUNMAPPED, MutatorAccessWRITE, 1},
    {AV, 0, 2, {0, ~(ULONG_PTR)0}, MutatorFaultKindGENERAL, NONE, 0},
    {AV, 0, 2, {2, NO_ADDRESS}, MutatorFaultKindOTHER, NONE, 0},
    {AV, 0, 0, {0, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {AV, 0, 1, {0, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {AV, EXCEPTION_NONCONTINUABLE, 2, {0, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {AV, FLAG_SOFTWARE, 2, {0, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {EXCEPTION_IN_PAGE_ERROR, 0, 3, {0, NO_ADDRESS}, MutatorFaultKindBUS, MutatorAccessREAD, 1},
    {EXCEPTION_IN_PAGE_ERROR, 0, 1, {0, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {EXCEPTION_GUARD_PAGE, 0, 2, {1, NO_ADDRESS}, MutatorFaultKindGUARD, MutatorAccessWRITE, 1},
    {EXCEPTION_GUARD_PAGE, 0, 0, {1, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {EXCEPTION_DATATYPE_MISALIGNMENT, 0, 0, {0, 0}, MutatorFaultKindMISALIGNED, NONE, 0},
    {EXCEPTION_ILLEGAL_INSTRUCTION, 0, 0, {0, 0}, MutatorFaultKindILLEGAL, NONE, 0},
    {EXCEPTION_PRIV_INSTRUCTION, 0, 0, {0, 0}, MutatorFaultKindGENERAL, NONE, 0},
    {EXCEPTION_BREAKPOINT, 0, 1, {0, 0}, MutatorFaultKindBREAKPOINT, NONE, 0},
    {EXCEPTION_SINGLE_STEP, 0, 0, {0, 0}, MutatorFaultKindTRACE, NONE, 0},
    {EXCEPTION_INT_DIVIDE_BY_ZERO, 0, 0, {0, 0}, MutatorFaultKindDIVIDE, NONE, 0},
    {EXCEPTION_INT_OVERFLOW, 0, 0, {0, 0}, MutatorFaultKindDIVIDE, NONE, 0},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, 0, 0, {0, 0}, MutatorFaultKindFLOAT, NONE, 0},
    {EXCEPTION_STACK_OVERFLOW, 0, 2, {1, NO_ADDRESS}, MutatorFaultKindOTHER, NONE, 0},
    {0xe06d7363 /* thrown in C++ */, 0, 2, {0, NO_ADDRESS}, MutatorFaultKindASYNC, NONE, 0},
    {0xc0000008 /* an invalid handle */, 0, 0, {0, 0}, MutatorFaultKindOTHER, NONE, 0},
};

static const unsigned char nop[16] = {0x90, 0x90};

static void check(const CaseStruct *expected) {
  static CONTEXT registers;
  EXCEPTION_RECORD record = {.ExceptionCode = expected->code,
                             .ExceptionFlags = expected->flags,
                             .ExceptionAddress = (PVOID)(uintptr_t)0x9999,
                             .NumberParameters = expected->parameters};
  EXCEPTION_POINTERS pointers = {&record, &registers};
  MutatorContextStruct context;
  MutatorWord code = 99;
  void *address = NULL;
  MutatorRes res;
  memcpy(record.ExceptionInformation, expected->information, sizeof expected->information);
  CHECK(MutatorContextInitFault(&context, &pointers) == MutatorResOK, "InitFault");
  CHECK(MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)nop) == MutatorResOK, "the PC");
  CHECK(MutatorContextKind(&context) == expected->kind, "%08lx/%lu: kind %d", (unsigned long)expected->code,
        (unsigned long)expected->parameters, (int)MutatorContextKind(&context));
  CHECK(MutatorContextAccess(&context) == expected->access, "%08lx: access", (unsigned long)expected->code);
  res = MutatorContextAddress(&context, &address);
  CHECK(res == (expected->addressKnown ? MutatorResOK : MutatorResFAIL), "%08lx: address",
        (unsigned long)expected->code);
  CHECK(!expected->addressKnown || (ULONG_PTR)address == expected->information[1], "not the data's address");
  if (expected->addressKnown)
    CHECK(MutatorContextErrorCode(&context, &code) == MutatorResOK && code == expected->information[0], "the raw code");
  CHECK(expected->addressKnown || !MutatorContextCanStepInstruction(&context), "can step nothing");
}

static void protection(void) {
  static CONTEXT registers;
  EXCEPTION_RECORD record = {.ExceptionCode = AV, .NumberParameters = 2};
  EXCEPTION_POINTERS pointers = {&record, &registers};
  MutatorContextStruct context;
  void *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(page != NULL, "a page");
  record.ExceptionInformation[1] = (ULONG_PTR)page + 5;
  CHECK(MutatorContextInitFault(&context, &pointers) == MutatorResOK, "InitFault");
  SetLastError(4711);
  CHECK(MutatorContextKind(&context) == MutatorFaultKindPROTECTION, "a closed page");
  (void)VirtualFree(page, 4096, MEM_DECOMMIT);
  SetLastError(4711);
  CHECK(MutatorContextKind(&context) == MutatorFaultKindUNMAPPED, "a page that is only reserved");
  CHECK(GetLastError() == 4711, "the last error");
}

int main(void) {
  size_t i;
  CHECK(MutatorSetup(NULL) == MutatorResOK, "set-up");
  for (i = 0; i < sizeof cases / sizeof cases[0]; ++i)
    check(&cases[i]);
  protection();
  return 0;
}
