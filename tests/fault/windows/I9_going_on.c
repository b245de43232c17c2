/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9: a suspended thread that is where a handler has let it go on may still be
 * inside the system call that takes it there, and is refused; elsewhere it is not
 */

#include "cc/atomic.h"
#include "support/fault_test.h"
#include "support/inject.h"

/* Two places to stay at. */
static const unsigned char stay[] = {0xeb, 0xfe, /* 1: jmp 1b */
                                     0xeb, 0xfe};

static MutatorThreadStruct thread;
static unsigned char *code, *page;
static MutatorWord trappedAt;
static AtomicWord sent, called;
static void *area;

static MutatorFaultResult onFault(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  (void)handler;
  (void)closure;
  trappedAt = (MutatorWord)MutatorContextPC(context);
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)code) == MutatorResOK, "go there");
  atomicStore(&sent, 1);
  return MutatorFaultHANDLED;
}

/* It does again what it was doing, and may now. */
static void callback(MutatorContext context, void *closure) {
  (void)closure;
  CHECK(MutatorContextPC(context) == code + 2, "it was at %p", MutatorContextPC(context));
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, trappedAt) == MutatorResOK, "go back");
  atomicStore(&called, 1);
}

static DWORD WINAPI work(void *closure) {
  (void)closure;
  CHECK(MutatorThreadRegister(&thread) == MutatorResOK, "register");
  area = injectAttach(1, NULL);
  (void)*(volatile unsigned char *)page;
  injectDetach(area, 1);
  CHECK(MutatorThreadDeregister(&thread) == MutatorResOK, "deregister");
  return 0;
}

/* Suspends it until it is at code + offset. */
static void stopAt(size_t offset, MutatorContext context) {
  for (;;) {
    CHECK(MutatorThreadSuspend(&thread, 10000) == MutatorResOK, "suspend");
    CHECK(MutatorThreadContext(&thread, context) == MutatorResOK, "context");
    if (MutatorContextPC(context) == code + offset)
      return;
    CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
    Sleep(1);
  }
}

int main(void) {
  static MutatorFaultHandlerStruct handler;
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  MutatorContextStruct context;
  HANDLE worker;
  DWORD before;
  page = faultTestPageNew(FaultTestPageNOACCESS);
  code = faultTestCode(stay, sizeof stay);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && MutatorThreadSetup(NULL) == MutatorResOK, "set-up");
  CHECK(MutatorFaultHandlerAdd(&handler, 10, onFault, NULL) == MutatorResOK, "handler");
  worker = CreateThread(NULL, 0, work, NULL, 0, NULL);
  CHECK(worker != NULL, "thread");
  while (!atomicLoad(&sent))
    Sleep(1);
  stopAt(0, &context);
  CHECK(MutatorInjectThread(&thread, &context, area, callback, NULL, &refusal) == MutatorResUNIMPL &&
            refusal == MutatorInjectRefusalSYSTEMCALL,
        "where it goes on: refusal %d", (int)refusal);
  CHECK(MutatorContextPC(&context) == code, "the context has changed");
  CHECK(MutatorContextSetRegister(&context, MutatorRegisterPC, (MutatorWord)code + 2) == MutatorResOK, "edit");
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  stopAt(2, &context);
  CHECK(VirtualProtect(page, 1, PAGE_READWRITE, &before), "open");
  CHECK(MutatorInjectThread(&thread, &context, area, callback, NULL, &refusal) == MutatorResOK, "refusal %d",
        (int)refusal);
  CHECK(MutatorThreadResume(&thread) == MutatorResOK, "resume");
  CHECK(WaitForSingleObject(worker, 20000) == WAIT_OBJECT_0, "it does not come back");
  CHECK(atomicLoad(&called) == 1, "not called");
  return 0;
}
