/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_non_canonical.c -- addresses that are not canonical, and alignment faults of 64-bit code
 */

#include "fault/general.h"

#define NON 0x8000000000000000

/* The operand is at RDI, RBP or RSP, which is where the case wants it. */
SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeStore, "movb $1, 64(" rDI ")");
SNIPPET(codeLoadFrame, "mov " rDI ", " rBP "; mov (" rBP "), " rAX);
SNIPPET(codeLoadStack, "mov " rDI ", " rSP "; mov (" rSP "), " rAX);
SNIPPET(codeLoadIndexed, "xor %ecx, %ecx; mov (" rCX "," rDI ",1), %eax");
SNIPPET(codeAdd, "lock addl $1, (" rDI ")");
SNIPPET(codeIndirect, "jmp *(" rDI ")");
SNIPPET(codeFloat, "fldl (" rDI ")");
SNIPPET(codeBits, "bt %eax, (" rDI ")");
SNIPPET(codeMovaps, "movaps (" rDI "), %xmm0");
SNIPPET(codeMovapsStore, "movaps %xmm9, 32(" rDI ")");
SNIPPET(codeSwap16, "cmpxchg16b (" rDI ")");
SNIPPET(codeVmovapsStore, "vmovaps %ymm8, (" rDI ")");
SNIPPET(codeVmovdqa64Short, "vmovdqa32 64(" rDI "), %zmm17");
SNIPPET(codeJump, "jmp *" rDI);

static const GeneralCase cases[] = {
    GENERAL_CASE(codeLoad, NON, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeLoad, 0x0000800000000000, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeLoad, 0xffff7fffffffff00, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeStore, 0x00007fffffffffd0, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeLoadFrame, NON, NONCANONICAL, STACK_SEGMENT, GeneralAlways),
    GENERAL_CASE(codeLoadStack, NON, NONCANONICAL, STACK_SEGMENT, GeneralAlways),
    GENERAL_CASE(codeLoadIndexed, NON, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeAdd, NON, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeIndirect, NON, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeFloat, NON, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeBits, NON, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovaps, NON + 1, NONCANONICAL, MEMORY, GeneralAlways),
    GENERAL_CASE(codeMovapsStore, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeSwap16, 8, MISALIGNED, MEMORY, GeneralAlways),
    GENERAL_CASE(codeVmovapsStore, 16, MISALIGNED, MEMORY, FaultTestFeatureAVX),
    GENERAL_CASE(codeVmovdqa64Short, 32, MISALIGNED, MEMORY, FaultTestFeatureAVX512),
    GENERAL_CASE(codeVmovdqa64Short, NON, NONCANONICAL, MEMORY, FaultTestFeatureAVX512),
    GENERAL_CASE(codeJump, NON, GENERAL, MEMORY, GeneralAlways),
};

/* The kernel's half has addresses that are canonical: an ordinary page fault. */
static MutatorBool probeKernel(FaultTestStop stop) {
  void *address = NULL;
  CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindUNMAPPED, "a kernel address");
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK && address == (void *)0xffff800000001000,
        "a kernel address: %p", address);
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  faultTestSetup();
  generalRun(cases, sizeof cases / sizeof cases[0]);
  registers.word[FaultTestDI] = 0xffff800000001000;
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeKernel, NULL);
  return 0;
}
