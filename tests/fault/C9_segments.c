/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_segments.c -- operands relative to FS and GS, natively and stepped; other segments have no base
 */

#include "support/fault_test.h"

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

SNIPPET(codeGS, "mov %gs:(" rDI "), " rAX "; mov %ecx, %gs:16(" rDI "); cmpb $3, %gs:(" rDI "," rDX ")");
SNIPPET(codeGSAbsolute, "mov %gs:0x40, " rAX);
SNIPPET(codeFS, "mov %fs:(" rSI "), " rAX "; movw $7, %fs:8(" rSI "); movzbl %fs:9(" rSI "), %edx");
SNIPPET(codeGS32, "mov %gs:(%edi), " rAX "; mov " rAX ", %gs:24(%edi)");
SNIPPET(codeFlat, "mov %ds:(" rBX "), " rAX "; mov %cs:8(" rBX "), " rCX "; mov %es:16(" rBX "), " rDX
                  "; mov %ss:24(" rBX "), %r8");

/* The base is not in the record of a suspended thread. */
static MutatorBool probeThread(FaultTestStop stop) {
  MutatorInstructionStruct instruction;
  MutatorContextStruct thread;
  void *address = NULL;
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResOK, "a FAULT context");
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK, "a FAULT context");
  CHECK(instruction.count == 1 && instruction.access[0].address == address, "the address includes the base");
  CHECK(MutatorContextInitThread(&thread, stop->native.ucontext) == MutatorResOK, "InitThread");
  CHECK(MutatorContextDecode(&thread, &instruction) == MutatorResUNIMPL, "a THREAD context");
  CHECK(MutatorContextDecline(&thread) == MutatorDeclineSEGMENT, "a THREAD context");
  return 0;
}

int main(void) {
  static MutatorWindowStruct window;
  FaultTestRegisters registers = {{0}};
  unsigned char *base;
  unsigned long fs = 0;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  if (syscall(SYS_arch_prctl, ARCH_SET_GS, base + 64) != 0)
    faultTestSkip("the kernel does not set a GS base");
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0, "arch_prctl");
  registers.word[FaultTestDI] = 128;
  registers.word[FaultTestSI] = (MutatorWord)base - fs; /* wraps around */
  registers.word[FaultTestBX] = (MutatorWord)base;
  registers.word[FaultTestCX] = 0x1122334455667788;
  registers.word[FaultTestDX] = 5;
  registers.word[MutatorRegisterFLAGS] = 0x202;
  FAULT_TEST_COMPARE(codeGS, &registers, &window, 3);
  FAULT_TEST_COMPARE(codeGSAbsolute, &registers, &window, 1);
  FAULT_TEST_COMPARE(codeFS, &registers, &window, 3);
  FAULT_TEST_COMPARE(codeFlat, &registers, &window, 4);
  registers.word[FaultTestDI] = 0xffffffff00000080; /* the address size cuts it before the base is added */
  FAULT_TEST_COMPARE(codeGS32, &registers, &window, 2);
  nativeProtect(base, nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = 128;
  (void)FAULT_TEST_RUN(codeGS, &registers, probeThread, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
