/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_segments.c -- operands in segments FS and GS, and in those whose base is zero, as the CPU has them
 *
 * C1: the address that a context tells includes the segment's base.
 */

#include "support/fault_test.h"

#include <string.h>

/* Eight bytes are written into the first of them, SI is where a base makes it the window. */
SNIPPET(codeFS, "mov %fs:(" rSI "), " rAX "; movw $7, %fs:8(" rSI "); movzbl %fs:9(" rSI "), %edx");
SNIPPET(codeGS, "mov %gs:(" rSI "), " rAX "; mov %ecx, %gs:16(" rSI "); cmpb $3, %gs:(" rSI "," rDI ")");
SNIPPET(codeFlat, "mov %ds:(" rBX "), " rAX "; mov %cs:8(" rBX "), " rCX "; mov %es:16(" rBX "), " rDX
                  "; mov %ss:24(" rBX "), " rBP);

static MutatorWindowStruct window;
static FaultTestRegisters registers;

static MutatorBool probe(FaultTestStop stop) {
  MutatorInstructionStruct instruction;
  MutatorContextStruct thread;
  void *address = NULL;
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResOK, "a FAULT context");
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK, "a FAULT context");
  CHECK(address == MutatorWindowBase(&window), "the fault is at %p", address);
  CHECK(instruction.count == 1 && instruction.access[0].address == address, "the address includes the base");
  if (nativeInitThreadOf(&thread, &stop->native) != MutatorResOK)
    return 0;
  /* The base is not in the record of a suspended thread. */
  CHECK(MutatorContextDecode(&thread, &instruction) == MutatorResUNIMPL, "a THREAD context");
  CHECK(MutatorContextDecline(&thread) == MutatorDeclineSEGMENT, "a THREAD context");
  return 0;
}

static void segment(const char *name, const unsigned char *code, size_t size, MutatorWord base) {
  void *data = MutatorWindowBase(&window);
  registers.word[FaultTestSI] = (MutatorWord)data - base; /* may wrap around */
  faultTestCompare(name, code, size, &registers, &window, 3);
  nativeProtect(data, nativePageSize(), NativeNONE);
  (void)faultTestRun(&registers, faultTestCode(code, size), probe, NULL);
  CHECK(faultTestStops() == 1, "%s: %u faults", name, faultTestStops());
}

int main(void) {
  MutatorWord fs = 0, gs = 0;
  MutatorBool hasFS, hasGS;
  faultTestSetup();
  hasFS = nativeSegmentFS(&fs);
  hasGS = nativeSegmentGS(&gs);
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  registers.word[FaultTestBX] = (MutatorWord)MutatorWindowBase(&window);
  registers.word[FaultTestCX] = (MutatorWord)UINT64_C(0x1122334455667788);
  registers.word[FaultTestDI] = 5;
  registers.word[MutatorRegisterFLAGS] = 0x202;
  if (hasFS)
    segment("FS", codeFS, SNIPPET_SIZE(codeFS), fs);
  if (hasGS)
    segment("GS", codeGS, SNIPPET_SIZE(codeGS), gs);
  FAULT_TEST_COMPARE(codeFlat, &registers, &window, 4);
  if (!hasFS && !hasGS)
    faultTestSkip("FS and GS: neither reaches a program's memory");
  return 0;
}
