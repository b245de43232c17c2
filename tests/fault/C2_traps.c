/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_traps.c -- illegal instructions, breakpoints, traces and arithmetic: their kinds, and that they are not stepped
 */

#include "support/fault_test.h"

#include <string.h>

#define SET_TF "pushf; orl $0x100, (" rSP "); popf; "

SNIPPET(codeIllegal, "ud2");
SNIPPET(codeInvalid, ".byte 0x0f, 0x04");
SNIPPET(codeBreakpoint, "int3");
SNIPPET(codeInterrupt3, ".byte 0xcd, 0x03");
SNIPPET(codeTrace, SET_TF "nop; nop");
SNIPPET(codeDebug, ".byte 0xf1");
SNIPPET(codeDivide, "xor %edx, %edx; xor %ecx, %ecx; div %ecx");
SNIPPET(codeQuotient, "mov $0x7fffffff, %edx; mov $1, %ecx; idiv %ecx");
SNIPPET(codeDivideMemory, "mov" WORD " $0, (" rDI "); xor %edx, %edx; div" WORD " (" rDI ")");
SNIPPET(codeFloat, "movl $0x1d80, (" rDI "); ldmxcsr (" rDI "); xorps %xmm0, %xmm0; movl $0x3f800000, (" rDI ");"
                   "movss (" rDI "), %xmm1; divss %xmm0, %xmm1");

typedef struct Case {
  const char *name;
  const unsigned char *code, *end;
  int number; /* of the signal or exception */
  MutatorFaultKind kind;
} Case;

#define CASE(code, number, kind) \
  { #code, code, code##_end, NATIVE_##number, MutatorFaultKind##kind }
static const Case cases[] = {
    CASE(codeIllegal, ILLEGAL, ILLEGAL),
    CASE(codeInvalid, ILLEGAL, ILLEGAL),
    CASE(codeBreakpoint, BREAKPOINT, BREAKPOINT),
    CASE(codeInterrupt3, BREAKPOINT, BREAKPOINT),
    CASE(codeTrace, TRACE, TRACE),
    CASE(codeDebug, TRACE, TRACE),
    CASE(codeDivide, DIVIDE, DIVIDE),
    CASE(codeQuotient, DIVIDE, DIVIDE),
    CASE(codeDivideMemory, DIVIDE, DIVIDE),
    CASE(codeFloat, FLOAT, FLOAT),
};

enum { TF = 0x100, MXCSR = 0x1f80 };

/* Leave the snippet with traps off. */
static void calm(NativeStop stop) {
  const uint32_t mxcsr = MXCSR;
  size_t size;
  nativeSet(stop, MutatorRegisterFLAGS, nativeGet(stop, MutatorRegisterFLAGS) & ~(MutatorWord)TF);
  memcpy(nativePart(stop, NativePartMXCSR, &size), &mxcsr, sizeof mxcsr);
  nativePresentSet(stop, nativePresent(stop));
}

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  MutatorContext context = &stop->context;
  NativePictureStruct picture;
  void *address = &address;
  MutatorWord code = 77;
  nativePictureTake(&picture, &stop->native);
  CHECK(nativeStopNumber(&stop->native) == c->number, "%s: %#x", c->name, (unsigned)nativeStopNumber(&stop->native));
  CHECK(MutatorContextKind(context) == c->kind, "%s: kind %d", c->name, (int)MutatorContextKind(context));
  CHECK(MutatorContextAddress(context, &address) == MutatorResFAIL && address == &address, "%s", c->name);
  CHECK(MutatorContextErrorCode(context, &code) == MutatorResFAIL && code == 77, "%s", c->name);
  CHECK(MutatorContextAccess(context) == MutatorAccessNONE, "%s", c->name);
  CHECK(MutatorContextAccessSource(context) == MutatorSourceNONE, "%s", c->name);
  CHECK(!MutatorContextCanStepInstruction(context), "%s", c->name);
  CHECK(MutatorContextDecline(context) == MutatorDeclineKIND, "%s", c->name);
  CHECK(MutatorContextStepInstruction(context) == MutatorResUNIMPL, "%s", c->name);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", c->name);
  calm(&stop->native);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageOPEN);
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const Case *c = &cases[i];
    (void)faultTestRun(&registers, faultTestCode(c->code, (size_t)(c->end - c->code)), probe, (void *)(uintptr_t)c);
    CHECK(faultTestStops() == 1, "%s: %u stops", c->name, faultTestStops());
  }
  return 0;
}
