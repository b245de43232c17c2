/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C2_general_protection.c -- non-canonical addresses, misaligned vector operands, and neither, told apart by decoding
 */

#include "support/fault_test.h"

#define REGISTERS "mov %rdi, %rbp; "

/* The operand is at RDI, RBP or RSP, which is where the case wants it. */
SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeStore, "movb $1, 64(" rDI ")");
SNIPPET(codeLoadFrame, REGISTERS "mov (" rBP "), " rAX);
SNIPPET(codeLoadStack, "mov " rDI ", " rSP "; mov (" rSP "), " rAX);
SNIPPET(codeLoadIndexed, "xor %ecx, %ecx; mov (" rCX "," rDI ",1), %eax");
SNIPPET(codeAdd, "lock addl $1, (" rDI ")");
SNIPPET(codeIndirect, "jmp *(" rDI ")");
SNIPPET(codeFloat, "fldl (" rDI ")");
SNIPPET(codeBits, "bt %eax, (" rDI ")");
SNIPPET(codeJump, "jmp *" rDI);

SNIPPET(codeMovaps, "movaps (" rDI "), %xmm0");
SNIPPET(codeMovapsStore, "movaps %xmm9, 32(" rDI ")");
SNIPPET(codeMovdqa, "movdqa (" rDI "), %xmm1");
SNIPPET(codeMovdqaStore, "movdqa %xmm1, (" rDI ")");
SNIPPET(codeMovntps, "movntps %xmm1, (" rDI ")");
SNIPPET(codePaddd, "paddd (" rDI "), %xmm1");
SNIPPET(codePshufb, "pshufb (" rDI "), %xmm1");
SNIPPET(codePshufd, "pshufd $1, (" rDI "), %xmm1");
SNIPPET(codeShufps, "shufps $1, (" rDI "), %xmm1");
SNIPPET(codeSwap16, "cmpxchg16b (" rDI ")");
SNIPPET(codeVmovdqa, "vmovdqa (" rDI "), %xmm1");
SNIPPET(codeVmovdqa32, "vmovdqa (" rDI "), %ymm1");
SNIPPET(codeVmovapsStore, "vmovaps %ymm8, (" rDI ")");
SNIPPET(codeVmovdqa64, "vmovdqa64 (" rDI "), %zmm1");
SNIPPET(codeVmovdqa64Short, "vmovdqa32 64(" rDI "), %zmm17");

SNIPPET(codeHalt, "hlt");
SNIPPET(codeInput, "in (%dx), %al");
SNIPPET(codeInterrupts, "cli");
SNIPPET(codeControl, "mov %cr0, " rAX);

typedef struct Case {
  const char *name;
  const unsigned char *code, *end;
  uint64_t address; /* or where in an open page, for those below 4096 */
  MutatorFaultKind kind;
  int signal;
  int feature;
} Case;

enum { Always = -1 };
#define NON 0x8000000000000000
#define CASE(code, address, kind, signal, feature) \
  { #code " at " #address, code, code##_end, address, MutatorFaultKind##kind, signal, feature }

static const Case cases[] = {
    CASE(codeLoad, NON, NONCANONICAL, SIGSEGV, Always),
    CASE(codeLoad, 0x0000800000000000, NONCANONICAL, SIGSEGV, Always),
    CASE(codeLoad, 0xffff7fffffffff00, NONCANONICAL, SIGSEGV, Always),
    CASE(codeStore, 0x00007fffffffffd0, NONCANONICAL, SIGSEGV, Always),
    CASE(codeLoadFrame, NON, NONCANONICAL, SIGBUS, Always),
    CASE(codeLoadStack, NON, NONCANONICAL, SIGBUS, Always),
    CASE(codeLoadIndexed, NON, NONCANONICAL, SIGSEGV, Always),
    CASE(codeAdd, NON, NONCANONICAL, SIGSEGV, Always),
    CASE(codeIndirect, NON, NONCANONICAL, SIGSEGV, Always),
    CASE(codeFloat, NON, NONCANONICAL, SIGSEGV, Always),
    CASE(codeBits, NON, NONCANONICAL, SIGSEGV, Always),
    CASE(codeMovaps, NON + 1, NONCANONICAL, SIGSEGV, Always),
    CASE(codeMovaps, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codeMovaps, 1, MISALIGNED, SIGSEGV, Always),
    CASE(codeMovapsStore, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codeMovdqa, 4, MISALIGNED, SIGSEGV, Always),
    CASE(codeMovdqaStore, 15, MISALIGNED, SIGSEGV, Always),
    CASE(codeMovntps, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codePaddd, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codePshufb, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codePshufd, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codeShufps, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codeSwap16, 8, MISALIGNED, SIGSEGV, Always),
    CASE(codeVmovdqa, 8, MISALIGNED, SIGSEGV, FaultTestFeatureAVX),
    CASE(codeVmovdqa32, 16, MISALIGNED, SIGSEGV, FaultTestFeatureAVX),
    CASE(codeVmovapsStore, 16, MISALIGNED, SIGSEGV, FaultTestFeatureAVX),
    CASE(codeVmovdqa64, 32, MISALIGNED, SIGSEGV, FaultTestFeatureAVX512),
    CASE(codeVmovdqa64Short, 32, MISALIGNED, SIGSEGV, FaultTestFeatureAVX512),
    CASE(codeVmovdqa64Short, NON, NONCANONICAL, SIGSEGV, FaultTestFeatureAVX512),
    CASE(codeJump, NON, GENERAL, SIGSEGV, Always),
    CASE(codeHalt, 0, GENERAL, SIGSEGV, Always),
    CASE(codeInput, 0, GENERAL, SIGSEGV, Always),
    CASE(codeInterrupts, 0, GENERAL, SIGSEGV, Always),
    CASE(codeControl, 0, GENERAL, SIGSEGV, Always),
};

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  MutatorContext context = &stop->context;
  NativePictureStruct picture;
  void *address = &address;
  MutatorWord code = 77;
  CHECK(stop->native.signal == c->signal, "%s: signal %d", c->name, stop->native.signal);
  CHECK(stop->native.info->si_code == SI_KERNEL && stop->native.info->si_addr == NULL, "%s: code %d", c->name,
        stop->native.info->si_code);
  nativePictureTake(&picture, &stop->native);
  CHECK(MutatorContextKind(context) == c->kind, "%s: kind %d", c->name, (int)MutatorContextKind(context));
  CHECK(MutatorContextAddress(context, &address) == MutatorResFAIL && address == &address, "%s", c->name);
  CHECK(MutatorContextErrorCode(context, &code) == MutatorResFAIL && code == 77, "%s", c->name);
  CHECK(MutatorContextAccess(context) == MutatorAccessNONE, "%s", c->name);
  CHECK(MutatorContextAccessSource(context) == MutatorSourceNONE, "%s", c->name);
  CHECK(!MutatorContextCanStepInstruction(context), "%s", c->name);
  CHECK(MutatorContextDecline(context) == MutatorDeclineKIND, "%s", c->name);
  CHECK(MutatorContextStepInstruction(context) == MutatorResUNIMPL, "%s", c->name);
  CHECK(nativePictureSame(&picture, &stop->native), "%s", c->name);
  return 0;
}

static void run(const Case *c, const unsigned char *page) {
  FaultTestRegisters registers = {{0}};
  registers.word[FaultTestDI] = c->address < 4096 ? (MutatorWord)page + c->address : c->address;
  (void)faultTestRun(&registers, faultTestCode(c->code, (size_t)(c->end - c->code)), probe, (void *)(uintptr_t)c);
  CHECK(faultTestStops() == 1, "%s: %u faults", c->name, faultTestStops());
}

/* The kernel's half has addresses that are canonical: an ordinary page fault. */
static MutatorBool probeKernel(FaultTestStop stop) {
  void *address = NULL;
  CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindUNMAPPED, "a kernel address");
  CHECK(MutatorContextAddress(&stop->context, &address) == MutatorResOK && address == (void *)0xffff800000001000,
        "a kernel address: %p", address);
  return 0;
}

int main(void) {
  unsigned char *page = faultTestPageNew(FaultTestPageOPEN);
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (cases[i].feature == Always || faultTestFeature((FaultTestFeature)cases[i].feature))
      run(&cases[i], page);
  registers.word[FaultTestDI] = 0xffff800000001000;
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeKernel, NULL);
  return 0;
}
