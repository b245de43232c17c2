/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_stack_hot.c -- a leaf function's only reference, in the red zone, lies in [StackHot, stack base)
 */

#include "support/fault_test.h"

/* The reference goes below the stack pointer and out of the register. */
SNIPPET(codeLeaf, "mov %rax, -8(%rsp); mov %rbx, -128(%rsp); mov %rcx, (%rsp); xor %eax, %eax; xor %ebx, %ebx;"
                  "xor %ecx, %ecx; mov (%rdi), %rdx");

enum { First = 0x5ca1ab1e, Words = 1024 };
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
  CHECK((MutatorWord)hot == sp - MUTATOR_RED_ZONE && MUTATOR_RED_ZONE == 128, "StackHot");
  for (i = 0; i < 3; i++) {
    CHECK(find(hot, stack + Words, First + i) == 1, "reference %u", i);
    CHECK(find(MutatorContextSP(context), stack + Words, First + i) == (i == 2), "reference %u, without the red zone",
          i);
  }
}

static MutatorBool probe(FaultTestStop stop) {
  MutatorWord sp = faultTestGet(stop->ucontext, MutatorRegisterSP);
  MutatorContextStruct thread;
  check(&stop->context, sp);
  CHECK(MutatorContextInitThread(&thread, stop->ucontext) == MutatorResOK, "InitThread");
  check(&thread, sp);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  registers.word[MutatorRegisterRAX] = First;
  registers.word[MutatorRegisterRBX] = First + 1;
  registers.word[MutatorRegisterRCX] = First + 2;
  registers.word[MutatorRegisterRSP] = (MutatorWord)(stack + Words / 2);
  registers.word[MutatorRegisterRDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  (void)FAULT_TEST_RUN(codeLeaf, &registers, probe, NULL);
  CHECK(faultTestStops() == 1, "%u faults", faultTestStops());
  return 0;
}
