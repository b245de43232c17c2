/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_own_float.c -- a handler's own rounding, exceptions and vector registers are as before when it has stepped x87 and
 * SSE instructions, whatever the thread's are; and the thread's are its own
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeX87, "flds (" rDI "); fadds 4(" rDI "); fstps 8(" rDI ")");
SNIPPET(codeControl, "fld1; fldz; fdivrp; fstp %st(0); fldcw 16(" rDI "); fninit");
SNIPPET(codeReal, "movss (" rDI "), %xmm0; divss 4(" rDI "), %xmm0; movss %xmm0, 8(" rDI ")");

static MutatorWindowStruct window;

/* OwnStruct -- what the handler's floating point is set to */
typedef struct OwnStruct {
  uint32_t mxcsr;
  uint16_t control;
  MutatorBool exceptions; /* has the handler divided by zero? */
} OwnStruct;

enum { ExceptionZERO = 4, RoundDOWN = 0x77f, RoundDefault = 0x37f, MxcsrDOWN = 0x3f84, MxcsrDEFAULT = 0x1f80 };

static const OwnStruct owns[] = {{MxcsrDEFAULT, RoundDefault, 0},
                                 {MxcsrDOWN, RoundDOWN, 0},
                                 {MxcsrDEFAULT, RoundDefault, 1},
                                 {MxcsrDOWN, RoundDOWN, 1}};
enum { Owns = sizeof owns / sizeof owns[0] };

/* The step, with the handler's floating point as it should be before, and as it is afterwards: no function of the
 * compiler's is in between. */
static MutatorRes stepWith(MutatorContext context, const OwnStruct *own, OwnStruct *after) {
  uint16_t status = 0;
  MutatorRes res;
  __asm__ volatile("fninit; fldcw %0; ldmxcsr %1" : : "m"(own->control), "m"(own->mxcsr));
  if (own->exceptions)
    __asm__ volatile("fld1; fldz; fdivrp; fstp %%st(0)" : : : "st", "st(1)");
  res = MutatorContextStepInstructionWith(context, MutatorWindowMemory(&window));
  __asm__ volatile("fnstcw %0; fnstsw %1; stmxcsr %2; fninit; ldmxcsr %3"
                   : "=m"(after->control), "=m"(status), "=m"(after->mxcsr)
                   : "m"(owns[0].mxcsr));
  after->exceptions = (status & ExceptionZERO) != 0;
  CHECK((status & 0xff & ~ExceptionZERO) == 0, "status word %#x", status);
  return res;
}

static MutatorBool probe(FaultTestStop stop) {
  const OwnStruct *own = stop->closure;
  OwnStruct after;
  MutatorRes res = stepWith(&stop->context, own, &after);
  CHECK(res == MutatorResOK, "Step: %d", (int)res);
  CHECK(after.control == own->control, "control word %#x, was %#x", after.control, own->control);
  CHECK(after.mxcsr == own->mxcsr, "MXCSR %#x, was %#x", (unsigned)after.mxcsr, (unsigned)own->mxcsr);
  CHECK(after.exceptions == own->exceptions, "divided by zero: %d, was %d", after.exceptions, own->exceptions);
  return 1;
}

static MutatorBool declined(FaultTestStop stop) {
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "can step");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineVECTOR, "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  return 0;
}

/* Single precision; the quotient to nearest, as the thread rounds. */
enum { Four = 0x40800000, Third = 0x3eaaaaab };

static void runX87(unsigned char *alias, const FaultTestRegisters *registers, const OwnStruct *own) {
  const uint16_t unmasked = 0x37b; /* division by zero: codeControl has made one, and waits for nothing */
  uint32_t result;
  memcpy(alias + 16, &unmasked, sizeof unmasked);
  (void)FAULT_TEST_RUN(codeX87, registers, probe, (void *)own);
  memcpy(&result, alias + 8, sizeof result);
  CHECK(faultTestStops() == 3 && result == Four, "%u stops, the sum is %#x", faultTestStops(), (unsigned)result);
  (void)FAULT_TEST_RUN(codeControl, registers, probe, (void *)own);
}

static void runAll(unsigned char *alias, const FaultTestRegisters *registers, const OwnStruct *own) {
  const float words[] = {1.0F, 3.0F, 0.0F};
  uint32_t result;
  memcpy(alias, words, sizeof words);
  if (NATIVE_STEPS_X87)
    runX87(alias, registers, own);
  else
    (void)FAULT_TEST_RUN(codeX87, registers, declined, NULL);
  (void)FAULT_TEST_RUN(codeReal, registers, probe, (void *)own);
  memcpy(&result, alias + 8, sizeof result);
  CHECK(faultTestStops() == 3 && result == Third, "%u stops, the quotient is %#x", faultTestStops(), (unsigned)result);
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  void *alias = NULL;
  unsigned i;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), 8, &alias) == MutatorResOK, "alias");
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  for (i = 0; i < Owns; i++)
    runAll(alias, &registers, &owns[i]);
  return 0;
}
