/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_crossing_modify.c -- an operand that runs into a page that is not there: ACCESS, and nothing has changed
 *
 * The first page is open, so that half of the operand could have been written.
 * A lock across the two is declined.
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeAdd, "add " rAX ", -2(" rDI ")");
SNIPPET(codeIncrement, "incl -2(" rDI ")");
SNIPPET(codeExchangeAdd, "xadd " rAX ", -2(" rDI ")");
SNIPPET(codeCompareExchange, "cmpxchg " rCX ", -2(" rDI ")");
SNIPPET(codeCompareExchange8, "cmpxchg8b -2(" rDI ")");
SNIPPET(codeShift, "shll $3, -2(" rDI ")");
SNIPPET(codeBitSet, "btsl $3, -2(" rDI ")");
SNIPPET(codeMoveString, "lea -2(" rDI "), " rDI "; movsl");
SNIPPET(codePopMemory, "pop" WORD " -2(" rDI ")");
SNIPPET(codeCarry, "setc (" rDI ")");
SNIPPET(codeDivide, "div" WORD " -2(" rDI ")");
SNIPPET(codeLocked, "lock addl $1, -2(" rDI ")");
SNIPPET(codeExchange, "xchg " rAX ", -2(" rDI ")");

typedef struct Case {
  const char *name;
  const unsigned char *code, *end;
  MutatorDecline decline;
} Case;

#define CASE(code, decline) \
  { #code, code, code##_end, MutatorDecline##decline }
static const Case cases[] = {
    CASE(codeAdd, NONE),
    CASE(codeIncrement, NONE),
    CASE(codeExchangeAdd, NONE),
    CASE(codeCompareExchange, NONE),
    CASE(codeCompareExchange8, NONE),
    CASE(codeShift, NONE),
    CASE(codeBitSet, NONE),
    CASE(codeMoveString, NONE),
    CASE(codePopMemory, NONE),
    CASE(codeCarry, NONE),
    CASE(codeDivide, NONE),
    CASE(codeLocked, SPLIT),
    CASE(codeExchange, SPLIT),
};

static unsigned char *limit; /* of the open page */
static unsigned char before[64];

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  NativePictureStruct picture;
  MutatorRes expected = c->decline == MutatorDeclineNONE ? MutatorResACCESS : MutatorResUNIMPL;
  nativePictureTake(&picture, &stop->native);
  CHECK(MutatorContextCanStepInstruction(&stop->context) == (c->decline == MutatorDeclineNONE), "%s: %s", c->name,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextDecline(&stop->context) == c->decline, "%s: %s", c->name,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstruction(&stop->context) == expected, "%s", c->name);
  CHECK(nativePictureSame(&picture, &stop->native), "%s: the record has changed", c->name);
  CHECK(memcmp(limit - sizeof before, before, sizeof before) == 0, "%s: memory has changed", c->name);
  return 0;
}

int main(void) {
  static unsigned char source[16] = {1, 2, 3, 4, 5, 6, 7, 8};
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  limit = faultTestPageNew(FaultTestPageUNMAPPED);
  memcpy(before, limit - sizeof before, sizeof before);
  registers.word[FaultTestAX] = 0x1234567;
  registers.word[FaultTestCX] = 0x89abcdef;
  registers.word[FaultTestSI] = (MutatorWord)source;
  registers.word[FaultTestDI] = (MutatorWord)limit;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    (void)faultTestRun(&registers, faultTestCode(cases[i].code, (size_t)(cases[i].end - cases[i].code)), probe,
                       (void *)(uintptr_t)&cases[i]);
    CHECK(faultTestStops() == 1, "%s: %u faults", cases[i].name, faultTestStops());
  }
  return 0;
}
