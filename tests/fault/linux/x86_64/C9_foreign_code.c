/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_foreign_code.c -- a 64-bit program that has gone to a 32-bit code segment is not stepped
 *
 * The same bytes mean something else there.
 */

#include "support/fault_test.h"

#include <string.h>

enum { CodeAT = 0x10000000, DataAT = 0x10010000, Foreign = 0x23 };

/* The far return leads 64 bytes behind the beginning, the far jump 128; 32-bit code needs a data segment. */
SNIPPET(codeRound, "mov %rsp, 0x10000800\n"
                   "mov $0x2b, %eax\n"
                   "mov %eax, %ds\n"
                   "mov $0x10010000, %edi\n"
                   "pushq $0x23\n"
                   "pushq $0x10000040\n"
                   ".byte 0x48, 0xcb\n"
                   ".skip 64 - (. - codeRound)\n"
                   ".code32\n"
                   "mov (%edi), %eax\n"
                   "ljmp $0x33, $0x10000080\n"
                   ".code64\n"
                   ".skip 128 - (. - codeRound)\n"
                   "mov 0x10000800, %rsp\n"
                   "xor %eax, %eax\n"
                   "mov %eax, %ds\n"
                   "ret");

static unsigned stops;

static MutatorBool onStop(NativeStop stop) {
  MutatorContextStruct context;
  NativePictureStruct picture;
  const unsigned selector = (unsigned)stop->ucontext->uc_mcontext.gregs[REG_CSGSFS] & 0xffff;
  stops++;
  CHECK(selector == Foreign && stops == 1, "stop %u, signal %d, CS %#x, PC %#llx, address %#llx", stops, stop->signal,
        selector, (unsigned long long)nativeGet(stop, MutatorRegisterPC), (unsigned long long)nativeStopAddress(stop));
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  nativePictureTake(&picture, stop);
  CHECK(!MutatorContextCanStepInstruction(&context), "CanStep");
  CHECK(MutatorContextDecline(&context) == MutatorDeclineSEGMENT, "%s",
        MutatorDeclineName(MutatorContextDecline(&context)));
  CHECK(MutatorContextStepInstruction(&context) == MutatorResUNIMPL, "Step");
  CHECK(nativePictureSame(&picture, stop), "something has changed");
  nativeProtect((void *)(uintptr_t)DataAT, nativePageSize(), NativeREADWRITE);
  return 1;
}

int main(void) {
  unsigned char *code = nativeMap((void *)(uintptr_t)CodeAT, nativePageSize(), NativeALL);
  void (*round)(void);
  CHECK(MutatorSetup(NULL) == MutatorResOK, "set-up");
  (void)nativeMap((void *)(uintptr_t)DataAT, nativePageSize(), NativeNONE);
  memcpy(code, codeRound, SNIPPET_SIZE(codeRound));
  memcpy(&round, &code, sizeof round);
  nativeHandle(onStop);
  round();
  CHECK(stops == 1, "%u stops", stops);
  return 0;
}
