/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F3_handler_order.c -- handlers are asked by descending priority, the oldest of equals first; HANDLED ends it
 *
 * The ranges stand among them, at priority 0 and oldest.  Also every wrong use.
 */

#include "support/fault_test.h"

#include <string.h>

enum { Handlers = 6, Ranges = 9, Previous = 8 };

static unsigned char *page;
static MutatorFaultHandlerStruct handlers[Handlers];
static MutatorFaultRangeStruct range;
static char asked[32];
static volatile int handledBy;

static void note(int who) {
  const size_t length = strlen(asked);
  CHECK(length < sizeof asked - 1, "endless");
  asked[length] = (char)('0' + who);
}

static MutatorFaultResult answer(int who) {
  note(who);
  if (who != handledBy)
    return MutatorFaultDECLINED;
  nativeProtect(page, nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

static MutatorFaultResult handle(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  void *address = NULL;
  CHECK(handler == &handlers[(size_t)closure], "its own closure");
  CHECK(MutatorContextAddress(context, &address) == MutatorResOK && address == page, "the context");
  return answer((int)(size_t)closure);
}

static MutatorFaultResult inRange(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                  void *closure) {
  (void)context;
  (void)access;
  (void)closure;
  CHECK(of == &range && address == page, "the range");
  return answer(Ranges);
}

static MutatorBool previous(NativeStop stop) {
  (void)stop;
  (void)answer(Previous);
  return 1;
}

static void fault(int by, const char *expected) {
  handledBy = by;
  memset(asked, 0, sizeof asked);
  nativeProtect(page, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)page = 1;
  CHECK(strcmp(asked, expected) == 0, "asked %s, not %s", asked, expected);
}

static MutatorRes add(size_t who, int priority) {
  return MutatorFaultHandlerAdd(&handlers[who], priority, handle, (void *)who);
}

static void wrongUse(void) {
  MutatorFaultHandlerStruct stranger;
  CHECK(MutatorFaultHandlerAdd(NULL, 0, handle, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorFaultHandlerAdd(&handlers[5], 0, NULL, NULL) == MutatorResPARAM, "no callback");
  CHECK(MutatorFaultHandlerAdd((MutatorFaultHandler)(void *)((char *)&stranger + 1), 0, handle, NULL) ==
            MutatorResPARAM,
        "misaligned");
  memset(&stranger, 0, sizeof stranger);
  CHECK(MutatorFaultHandlerRemove(NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorFaultHandlerRemove(&stranger) == MutatorResPARAM, "never added");
  stranger = handlers[0];
  CHECK(MutatorFaultHandlerRemove(&stranger) == MutatorResSTATE, "a copy");
  CHECK(add(0, 5) == MutatorResSTATE, "added twice");
}

int main(void) {
  nativeHandle(previous);
  CHECK(add(0, 0) == MutatorResSTATE, "before set-up");
  page = faultTestPageNew(FaultTestPageNOACCESS);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultRangeAdd(&range, page, page + nativePageSize(), inRange, NULL, NULL) == MutatorResOK, "range");
  fault(Ranges, "9");
  fault(Previous, "98");
  CHECK(add(0, 0) == MutatorResOK && add(1, -3) == MutatorResOK && add(2, 100) == MutatorResOK, "add");
  CHECK(add(3, 0) == MutatorResOK && add(4, 100) == MutatorResOK, "add");
  wrongUse();
  fault(Previous, "2490318");
  fault(1, "249031");
  fault(3, "24903");
  fault(Ranges, "249");
  fault(2, "2");
  CHECK(MutatorFaultHandlerRemove(&handlers[2]) == MutatorResOK, "remove the first");
  CHECK(MutatorFaultHandlerRemove(&handlers[2]) == MutatorResSTATE, "removed twice");
  CHECK(MutatorFaultHandlerRemove(&handlers[1]) == MutatorResOK, "remove the last");
  fault(Previous, "49038");
  CHECK(MutatorFaultQuiesce(1000) == MutatorResOK, "quiesce");
  CHECK(add(2, 0) == MutatorResOK, "add again, elsewhere");
  fault(Previous, "490328");
  CHECK(MutatorFaultRangeRemove(&range) == MutatorResOK, "remove the range");
  fault(Previous, "40328");
  return 0;
}
