/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C6_fetch_edge.c -- reading the instruction never faults the handler
 *
 * Instructions that end where the next page is not mapped are stepped;
 * truncated ones, strings of prefixes and random bytes there are declined.
 */

#include "support/fault_test.h"

#include <stdio.h>
#include <string.h>

/* RDI is the operand's address, less what the instruction adds. */
SNIPPET(codeA, "mov (" rDI "), %eax");
SNIPPET(codeB, "movzbl (" rDI "), %eax");
SNIPPET(codeC, "movzwl (" rDI "," rCX "), %eax");
SNIPPET(codeD, "cmpw $7, (" rDI "," rCX ")");
SNIPPET(codeE, "cmpl $0x1234567, (" rDI ")");
SNIPPET(codeF, "mov" WORD " $1, (" rDI ")");
SNIPPET(codeG, "mov" WORD " $1, (" rDI "," rCX ",8)");
SNIPPET(codeH, "mov" WORD " $1, 1(" rDI "," rCX ",8)");
SNIPPET(codeI, "movw $0x1234, 0x100(" rDI ")");
SNIPPET(codeJ, "movl $0x12345678, 0x100(" rDI ")");
SNIPPET(codeK, "mov" WORD " $0x12345678, 0x100(" rDI "," rCX ",8)");
SNIPPET(codeL, "mov" WORD " $0x12345678, %ds:0x100(" rDI "," rCX ",8)");
SNIPPET(codeM, "mov" WORD " $0x12345678, 0x100(" rDI ")");
SNIPPET(codeN, "mov " rAX ", (" rDI ")");
SNIPPET(codeAbsolute, ".byte 0xa1; " WORD_DATA "0");
SNIPPET(codeFault, "mov (" rDI "), %eax");

enum { Page = 4096 };

static MutatorWindowStruct window;
static unsigned char *base;

static MutatorBool probeStepped(FaultTestStop stop) {
  const size_t *size = stop->closure;
  MutatorWord pc = nativeGet(&stop->native, MutatorRegisterPC);
  if (stop->number == 1) { /* past the end */
    CHECK(MutatorContextKind(&stop->context) == MutatorFaultKindUNMAPPED, "%zu bytes: the page behind", *size);
    CHECK(MutatorContextAccess(&stop->context) == MutatorAccessEXECUTE, "%zu bytes: the page behind", *size);
    CHECK(pc % Page == 0, "%zu bytes: the page behind", *size);
    return 0;
  }
  CHECK(stop->number == 0, "%zu bytes: fault %u", *size, stop->number);
  CHECK((pc + *size) % Page == 0, "%zu bytes: it ends at the edge", *size);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "%zu bytes: %s", *size,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "%zu bytes",
        *size);
  CHECK(nativeGet(&stop->native, MutatorRegisterPC) == pc + *size, "%zu bytes: the PC", *size);
  return 1;
}

static MutatorBool seen[16]; /* a length */

static void stepped(const unsigned char *code, const unsigned char *end) {
  size_t size = (size_t)(end - code);
  unsigned char copy[16];
  FaultTestRegisters registers = {{0}};
  seen[size] = 1;
  memcpy(copy, code, size);
  if (code == codeAbsolute)
    memcpy(copy + 1, &base, sizeof base);
  registers.word[FaultTestDI] = (MutatorWord)base;
  (void)faultTestRun(&registers, faultTestCodeEdge(copy, size), probeStepped, &size);
  CHECK(faultTestStops() == 2, "%zu bytes: %u faults", size, faultTestStops());
}

/* synthetic: a real fault, with the PC moved to where the bytes are ------------------ */

typedef struct Bytes {
  const unsigned char *pc;
  size_t readable;
} Bytes;

static MutatorBool probeDeclined(FaultTestStop stop) {
  const Bytes *bytes = stop->closure;
  MutatorInstructionStruct instruction;
  NativePictureStruct picture;
  MutatorDecline decline;
  CHECK(stop->number == 0, "%zu bytes: the fetch has faulted", bytes->readable);
  nativeSet(&stop->native, MutatorRegisterPC, (MutatorWord)bytes->pc);
  nativePictureTake(&picture, &stop->native);
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%zu bytes", bytes->readable);
  decline = MutatorContextDecline(&stop->context);
  CHECK((decline == MutatorDeclineFETCH) == (bytes->readable == 0), "%zu bytes: %s", bytes->readable,
        MutatorDeclineName(decline));
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResUNIMPL, "%zu bytes", bytes->readable);
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResUNIMPL, "%zu bytes", bytes->readable);
  CHECK(nativePictureSame(&picture, &stop->native), "%zu bytes", bytes->readable);
  /* And when telling general protection faults apart. */
  (void)nativeForgeGeneral(&stop->native);
  (void)MutatorContextKind(&stop->context);
  /* And breakpoints. */
  (void)nativeForgeBreakpoint(&stop->native);
  (void)MutatorContextPC(&stop->context);
  return 0;
}

static void declined(const unsigned char *pc, size_t readable) {
  Bytes bytes = {pc, readable};
  FaultTestRegisters registers = {{0}};
  registers.word[FaultTestDI] = (MutatorWord)base;
  (void)FAULT_TEST_RUN(codeFault, &registers, probeDeclined, &bytes);
  CHECK(faultTestStops() == 1, "%zu bytes: %u faults", readable, faultTestStops());
}

static void truncated(void) {
  size_t size, cut;
  const struct {
    const unsigned char *code, *end;
  } whole[] = {{codeB, codeB_end}, {codeG, codeG_end}, {codeK, codeK_end}, {codeL, codeL_end}};
  size_t i;
  for (i = 0; i < sizeof whole / sizeof whole[0]; i++) {
    size = (size_t)(whole[i].end - whole[i].code);
    for (cut = 1; cut < size; cut++)
      declined(faultTestCodeEdge(whole[i].code, size - cut), size - cut);
  }
}

static void prefixes(void) {
  static const unsigned char all[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x48, 0x0f};
  unsigned char bytes[16];
  size_t i, count;
  for (i = 0; i < sizeof all; i++)
    for (count = 1; count <= 15; count++) {
      memset(bytes, all[i], sizeof bytes);
      declined(faultTestCodeEdge(bytes, count), count);
    }
  for (count = 0; count < 16; count++)
    bytes[count] = all[count % 5];
  declined(faultTestCodeEdge(bytes, 15), 15);
}

/* The operand of what random bytes name seldom explains the fault; whatever is
 * decided, nothing may fault and nothing changes without an OK. */
static MutatorBool probeRandom(FaultTestStop stop) {
  const Bytes *bytes = stop->closure;
  NativePictureStruct picture;
  CHECK(stop->number == 0, "the fetch has faulted");
  nativeSet(&stop->native, MutatorRegisterPC, (MutatorWord)bytes->pc);
  nativePictureTake(&picture, &stop->native);
  if (!MutatorContextCanStepInstruction(&stop->context)) {
    CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResUNIMPL, "Step");
    CHECK(nativePictureSame(&picture, &stop->native), "the record");
  }
  return 0;
}

static void random15(unsigned rounds) {
  uint64_t seed = 0x9e3779b97f4a7c15;
  FaultTestRegisters registers = {{0}};
  registers.word[FaultTestDI] = (MutatorWord)base;
  (void)printf("seed %#llx, %u rounds\n", (unsigned long long)seed, rounds);
  while (rounds-- > 0) {
    uint64_t bytes[2] = {faultTestRandom(&seed), faultTestRandom(&seed)};
    size_t count = 1 + faultTestRandom(&seed) % 15;
    Bytes where = {faultTestCodeEdge((unsigned char *)bytes, count), count};
    (void)FAULT_TEST_RUN(codeFault, &registers, probeRandom, &where);
  }
}

int main(void) {
  static const MutatorWord impossible[] = {FAULT_TEST_IMPOSSIBLE, ~(MutatorWord)0, 0};
  unsigned char *none;
  size_t size;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, Page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  nativeProtect(base, Page, NativeNONE);
#define STEPPED(name) stepped(name, name##_end)
  STEPPED(codeA), STEPPED(codeB), STEPPED(codeC), STEPPED(codeD), STEPPED(codeE), STEPPED(codeF), STEPPED(codeG);
  STEPPED(codeH), STEPPED(codeI), STEPPED(codeJ), STEPPED(codeK), STEPPED(codeL), STEPPED(codeM), STEPPED(codeN);
  STEPPED(codeAbsolute);
  for (size = 2; size <= (size_t)(codeL_end - codeL); size++)
    CHECK(seen[size], "no instruction of %zu bytes", size);
  truncated();
  prefixes();
  /* No byte at all can be read; or none before the PC. */
  none = faultTestPageNew(FaultTestPageNOACCESS);
  declined(none, 0);
  declined(none + 100, 0);
  none = faultTestPageNew(FaultTestPageUNMAPPED);
  declined(none, 0);
  memset(none + Page, 0x90, 16); /* what precedes the PC cannot be read */
  declined(none + Page, 16);
  none = faultTestPageNew(FaultTestPageHOLE);
  if (none != NULL)
    declined(none, 0);
  for (size = 0; size < sizeof impossible / sizeof impossible[0]; size++)
    declined((const unsigned char *)impossible[size], 0);
  random15(3000);
  return 0;
}
