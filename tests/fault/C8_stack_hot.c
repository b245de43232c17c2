/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_stack_hot.c -- a leaf function's only reference, in the red zone, lies in [StackHot, stack base)
 */

#include "support/fault_test.h"

/* The reference goes below the stack pointer and out of the register. */
SNIPPET(codeLeaf,
        "mov " rAX ", -8(" rSP "); mov " rBX ", -128(" rSP "); mov " rCX ", (" rSP "); xor %eax, %eax; xor %ebx, %ebx;"
        "xor %ecx, %ecx; mov (" rDI "), " rDX);

enum { First = 0x5ca1ab1e, Words = 1 << 17 };
static MutatorWord stack[Words];

static unsigned find(MutatorWord *base, MutatorWord *limit, MutatorWord wanted) {
  unsigned found = 0;
  for (; base < limit; base++)
    if (*base == wanted)
      found++;
  return found;
}

static void check(MutatorContext context, MutatorWord sp) {
  MutatorWord *hot = MutatorContextStackHot(context);
  unsigned i;
  CHECK(MutatorContextSP(context) == (void *)sp, "SP");
  CHECK((MutatorWord)hot == sp - MUTATOR_RED_ZONE, "StackHot");
  for (i = 0; i < 3; i++) {
    CHECK(find(hot, stack + Words, First + i) == (i == 2 || MUTATOR_RED_ZONE == 128), "reference %u", i);
    CHECK(find(MutatorContextSP(context), stack + Words, First + i) == (i == 2), "reference %u, without the red zone",
          i);
  }
}

static MutatorBool probe(FaultTestStop stop) {
  MutatorWord sp = nativeGet(&stop->native, MutatorRegisterSP);
  MutatorContextStruct thread;
  check(&stop->context, sp);
  if (nativeInitThreadOf(&thread, &stop->native) == MutatorResOK)
    check(&thread, sp);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[FaultTestAX] = First;
  registers.word[FaultTestBX] = First + 1;
  registers.word[FaultTestCX] = First + 2;
  registers.word[MutatorRegisterSP] = (MutatorWord)(stack + Words / 2);
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeLeaf, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
