/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_frame.c -- memory that is the handler's: no store is stepped into it
 *
 * Handlers run on the stack of the thread that faulted.  What lies between the
 * two stack pointers is theirs, and so are the records, wherever they are.
 */

#include "support/fault_test.h"

#include "os/windows/windows.h"

static char *page;
static volatile unsigned checked;

static void checkFrame(EXCEPTION_POINTERS *pointers) {
  MutatorNativeStruct native = {.record = pointers->ExceptionRecord, .native = pointers->ContextRecord};
  MutatorContextStruct context;
  MutatorWord base, limit, sp, here = (MutatorWord)&context;
  CHECK(MutatorContextInitFault(&context, pointers) == MutatorResOK, "InitFault");
  sp = (MutatorWord)MutatorContextSP(&context);
  CHECK(sp > here, "the handler runs below what it interrupted");
  mutatorWindowsRecord(pointers->ContextRecord, &base, &limit);
  CHECK(limit - base >= sizeof(CONTEXT), "the record's extent");
  CHECK(mutatorOSFrameOverlaps(&native, base, 1) && mutatorOSFrameOverlaps(&native, limit - 1, 1), "the context");
  CHECK(mutatorOSFrameOverlaps(&native, (MutatorWord)pointers->ExceptionRecord, 4), "the record");
  CHECK(mutatorOSFrameOverlaps(&native, here, 8), "the handler's own frame");
  CHECK(mutatorOSFrameOverlaps(&native, here - 1000, 8), "what the handler is about to call");
  CHECK(mutatorOSFrameOverlaps(&native, sp - 1, 1), "a push of the interrupted thread");
  CHECK(mutatorOSFrameOverlaps(&native, sp - 1, 8), "a store across the interrupted stack pointer");
  CHECK(!mutatorOSFrameOverlaps(&native, sp, 8), "the interrupted thread's frame is its own");
  CHECK(!mutatorOSFrameOverlaps(&native, (MutatorWord)page, 8), "other memory");
  CHECK(!mutatorOSFrameOverlaps(&native, ~(MutatorWord)0, 1), "the top of the address space");
  ++checked;
}

/* Records in memory of their own, as a client that has copied them has. */
static void checkCopies(EXCEPTION_POINTERS *pointers) {
  static EXCEPTION_RECORD record;
  static CONTEXT registers;
  MutatorNativeStruct native = {.record = &record, .native = &registers};
  record = *pointers->ExceptionRecord;
  registers = *pointers->ContextRecord;
  registers.ContextFlags &= ~(mutatorWindowsContextXstate & 0x40);
  CHECK(mutatorOSFrameOverlaps(&native, (MutatorWord)&registers, 1), "the copied context");
  CHECK(mutatorOSFrameOverlaps(&native, (MutatorWord)&record, 1), "the copied record");
  CHECK(!mutatorOSFrameOverlaps(&native, (MutatorWord)page, 8), "other memory");
}

static LONG WINAPI handler(EXCEPTION_POINTERS *pointers) {
  DWORD before;
  checkFrame(pointers);
  checkCopies(pointers);
  (void)VirtualProtect(page, 4096, PAGE_READWRITE, &before);
  return EXCEPTION_CONTINUE_EXECUTION;
}

int main(void) {
  CHECK(MutatorSetup(NULL) == MutatorResOK, "set-up");
  page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  CHECK(page != NULL && AddVectoredExceptionHandler(1, handler) != NULL, "a page and a handler");
  *(volatile char *)page = 1;
  CHECK(checked == 1, "%u faults", checked);
  return 0;
}
