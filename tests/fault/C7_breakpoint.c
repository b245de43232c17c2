/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C7_breakpoint.c -- the PC of a breakpoint is the breakpoint's, of one byte and of two
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeOne, "nop; int3; nop");
SNIPPET(codeTwo, "nop; .byte 0xcd, 0x03; nop");
SNIPPET(codeBoth, "mov $0x03cd, %ax; int3");
SNIPPET(codeTrace, "pushf; orl $0x100, (" rSP "); popf; nop; nop");
SNIPPET(codeIllegal, "nop; ud2");

typedef struct Expectation {
  const unsigned char *pc;
  size_t recorded; /* how much further the record's PC is */
} Expectation;

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *e = stop->closure;
  MutatorContextStruct thread;
  MutatorWord recorded = 0;
  CHECK(MutatorContextPC(&stop->context) == e->pc, "PC %p, not %p", MutatorContextPC(&stop->context),
        (const void *)e->pc);
  CHECK(MutatorContextGetRegister(&stop->context, MutatorRegisterPC, &recorded) == MutatorResOK, "register");
  CHECK(recorded == (MutatorWord)e->pc + e->recorded, "the register is the record's");
  /* A suspended thread's PC is never moved. */
  if (nativeInitThreadOf(&thread, &stop->native) == MutatorResOK)
    CHECK(MutatorContextPC(&thread) == (void *)recorded, "a THREAD context");
  nativeSet(&stop->native, MutatorRegisterFLAGS, 0x202);
  return 0;
}

/* The breakpoint has been taken away since, or cannot be read: nothing better is known. */
static MutatorBool probeGone(FaultTestStop stop) {
  unsigned char *pc = (unsigned char *)nativeGet(&stop->native, MutatorRegisterPC);
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  pc[-NATIVE_AFTER_BREAKPOINT] = 0x90;
  CHECK(MutatorContextPC(&stop->context) == pc, "it is not there any more");
  nativeSet(&stop->native, MutatorRegisterPC, (MutatorWord)page + 4096);
  CHECK(MutatorContextPC(&stop->context) == page + 4096, "it cannot be read");
  return 0;
}

static void stopsAt(const unsigned char *code, const unsigned char *end, size_t offset, size_t recorded) {
  static const FaultTestRegisters registers;
  unsigned char *place = faultTestCode(code, (size_t)(end - code));
  Expectation e = {place + offset, recorded};
  (void)faultTestRun(&registers, place, probe, &e);
  CHECK(faultTestStops() == 1, "%u stops", faultTestStops());
}

int main(void) {
  static const FaultTestRegisters registers;
  faultTestSetup();
  stopsAt(codeOne, codeOne_end, 1, NATIVE_AFTER_BREAKPOINT);
  stopsAt(codeTwo, codeTwo_end, 1, 1 + NATIVE_AFTER_BREAKPOINT);
  stopsAt(codeBoth, codeBoth_end, 4, NATIVE_AFTER_BREAKPOINT);
  stopsAt(codeTrace, codeTrace_end, SNIPPET_SIZE(codeTrace) - 1, 0);
  stopsAt(codeIllegal, codeIllegal_end, 1, 0);
  (void)FAULT_TEST_RUN(codeOne, &registers, probeGone, NULL);
  return 0;
}
