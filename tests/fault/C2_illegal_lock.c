/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_illegal_lock.c -- LOCK where there is none: the CPU's own illegal instruction, even on a protected page
 *
 * C5: nothing is stepped, nothing changes.
 */

#include "support/fault_test.h"

SNIPPET(codeLoad, ".byte 0xf0; mov (" rDI "), %eax");
SNIPPET(codeStore, ".byte 0xf0; mov %eax, (" rDI ")");
SNIPPET(codeCompare, ".byte 0xf0; cmp %eax, (" rDI ")");
SNIPPET(codeTest, ".byte 0xf0; testl $1, (" rDI ")");
SNIPPET(codeCombine, ".byte 0xf0; add (" rDI "), %eax");
SNIPPET(codeRegister, ".byte 0xf0; add %eax, %ecx");
SNIPPET(codeBitTest, ".byte 0xf0; btl $3, (" rDI ")");
SNIPPET(codeShift, ".byte 0xf0; shll $3, (" rDI ")");
SNIPPET(codeSet, ".byte 0xf0; setz (" rDI ")");
SNIPPET(codePush, ".byte 0xf0; push" WORD " (" rDI ")");
SNIPPET(codeString, ".byte 0xf0; stosb");
SNIPPET(codeMultiply, ".byte 0xf0; mull (" rDI ")");
SNIPPET(codeVector, ".byte 0xf0; movups (" rDI "), %xmm0");
SNIPPET(codeNothing, ".byte 0xf0; nop");

typedef struct Case {
  const char *name;
  const unsigned char *code, *end;
} Case;

#define CASE(code) \
  { #code, code, code##_end }
static const Case cases[] = {
    CASE(codeLoad),   CASE(codeStore),    CASE(codeCompare), CASE(codeTest),     CASE(codeCombine),
    CASE(codeShift),  CASE(codeSet),      CASE(codeBitTest), CASE(codeRegister), CASE(codePush),
    CASE(codeString), CASE(codeMultiply), CASE(codeVector),  CASE(codeNothing),
};

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  NativePictureStruct picture;
  nativePictureTake(&picture, &stop->native);
  CHECK(nativeStopNumber(&stop->native) == NATIVE_ILLEGAL, "%s: %#x", c->name,
        (unsigned)nativeStopNumber(&stop->native));
  CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindILLEGAL, "%s", c->name);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", c->name);
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%s", c->name);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", c->name);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[MutatorRegisterFLAGS] = 0x202;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const Case *c = &cases[i];
    (void)faultTestRun(&registers, faultTestCode(c->code, (size_t)(c->end - c->code)), probe, (void *)(uintptr_t)c);
    CHECK(faultTestStops() == 1, "%s: %u stops", c->name, faultTestStops());
  }
  return 0;
}
