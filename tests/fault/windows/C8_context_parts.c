/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_context_parts.c -- Scan shows what a context record has, and never what it has not
 *
 * Records with and without CONTEXT_XSTATE, with the AVX component in its initial
 * state, and without floating-point registers; then a suspended thread whose
 * only reference is in the upper half of a vector register.
 */

#include "support/fault_test.h"

#include <immintrin.h>
#include <string.h>

#include "os/windows/windows.h"

static const MutatorWord planted = (MutatorWord)0x5ca1ab1e;

static MutatorRes look(void *base, void *limit, void *closure) {
  const MutatorWord *word;
  for (word = base; word < (MutatorWord *)limit; ++word)
    *(MutatorBool *)closure |= *word == planted;
  return MutatorResOK;
}

static MutatorBool found(MutatorContext context) {
  MutatorBool answer = 0;
  CHECK(MutatorContextScan(context, look, &answer) == MutatorResOK, "Scan");
  return answer;
}

static MutatorBool hasAVX(void) { return (GetEnabledXStateFeatures() & XSTATE_MASK_AVX) != 0; }

static MutatorBool foundIn(CONTEXT *registers) {
  static EXCEPTION_RECORD record;
  EXCEPTION_POINTERS pointers = {&record, registers};
  MutatorContextStruct context;
  CHECK(MutatorContextInitFault(&context, &pointers) == MutatorResOK, "InitFault");
  return found(&context);
}

static void plantUpper(CONTEXT *registers) {
  DWORD length;
  unsigned char *upper = LocateXStateFeature(registers, XSTATE_AVX, &length);
  CHECK(upper != NULL && length >= 128, "the upper halves");
  memset(upper, 0, length);
  memcpy(upper + 7 * 16 + 8, &planted, sizeof planted);
}

static void records(void) {
  static unsigned char buffer[16384];
  DWORD length = sizeof buffer;
  CONTEXT *registers;
  WindowsLegacyStruct legacy = {NULL, NULL, NULL, NULL};
  CHECK(InitializeContext(buffer, mutatorWindowsContextAll | mutatorWindowsContextXstate, &registers, &length),
        "a context with extended components");
  plantUpper(registers);
  CHECK(SetXStateFeaturesMask(registers, XSTATE_MASK_AVX), "the mask");
  CHECK(foundIn(registers), "a reference in the upper half of a vector register");
  CHECK(SetXStateFeaturesMask(registers, 0), "the mask");
  CHECK(!foundIn(registers), "bytes of a component in its initial state were shown");
  CHECK(SetXStateFeaturesMask(registers, XSTATE_MASK_AVX), "the mask");
  registers->ContextFlags &= ~(mutatorWindowsContextXstate & 0xff);
  CHECK(!foundIn(registers), "a context without CONTEXT_XSTATE has no upper halves");
  mutatorWindowsLegacy(registers, &legacy);
  CHECK(legacy.xmm != NULL, "the lower halves");
  memcpy((char *)legacy.xmm + 5 * 16, &planted, sizeof planted);
  CHECK(foundIn(registers), "a reference in the lower half");
  registers->ContextFlags = (DWORD)CONTEXT_CONTROL | CONTEXT_INTEGER;
  CHECK(!foundIn(registers), "a context without floating-point registers has no lower halves");
}

/* The reference is in one register's upper half alone while the thread waits. */
static volatile LONG ready, enough;

static __attribute__((target("avx"))) void holdUpper(void) {
  __asm__ volatile(
      "vzeroall\n\tvmovd %0, %%xmm1\n\tvinsertf128 $1, %%xmm1, %%ymm0, %%ymm5\n\tvpxor %%xmm1, %%xmm1, %%xmm1\n\t"
      "mov $1, %%eax\n\txor %0, %0\n\tmovl %%eax, %1\n1:\tpause\n\tcmpl $0, %2\n\tje 1b\n\tvzeroall"
      : "+&r"(*(unsigned[]){(unsigned)planted}), "+m"(ready), "+m"(enough)
      :
      : "eax", "xmm0", "xmm1", "xmm5", "memory");
}

static DWORD WINAPI hold(void *closure) {
  (void)closure;
  holdUpper();
  return 0;
}

static void suspended(void) {
  HANDLE thread = CreateThread(NULL, 0, hold, NULL, 0, NULL);
  MutatorContextStruct context;
  VectorStruct vector;
  MutatorBool answer = 0;
  CHECK(thread != NULL, "a thread");
  while (ready == 0)
    Sleep(1);
  CHECK(SuspendThread(thread) == 0, "suspended");
  SetLastError(4711);
  CHECK(MutatorContextInitThread(&context, thread) == MutatorResOK, "InitThread");
  CHECK(GetLastError() == 4711, "the last error");
  mutatorOSVector(&context.native, &vector);
  CHECK(vector.part[VectorPartYMMUpper] != NULL, "the upper halves of a suspended thread");
  (void)look(vector.part[VectorPartYMMUpper], vector.part[VectorPartYMMUpper] + vector.size[VectorPartYMMUpper],
             &answer);
  CHECK(answer && found(&context), "a reference in the upper half of a vector register");
  enough = 1;
  (void)ResumeThread(thread);
  (void)WaitForSingleObject(thread, INFINITE);
  (void)CloseHandle(thread);
}

int main(void) {
  if (!hasAVX())
    faultTestSkip("the CPU has no AVX");
  records();
  suspended();
  return 0;
}
