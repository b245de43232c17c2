/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_decode.c -- Decode lists every access of the instruction, and has no effect
 *
 * Of a FAULT context, of a THREAD context, and of an instruction that does not
 * explain the fault.
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeLoad, "mov 8(" rDI "," rCX ",4), %eax");
SNIPPET(codeStore, "movw $0x1234, -2(" rDI ")");
SNIPPET(codeZero, "movzbl (" rDI "), %eax");
SNIPPET(codeSign, "movswl 100(" rDI "), %eax");
SNIPPET(codeCompare, "cmp " rAX ", (" rDI ")");
SNIPPET(codeTest, "testb $1, 7(" rDI ")");
SNIPPET(codeUnlisted, "sgdt (" rDI ")");
SNIPPET(codeRegisters, "mov " rAX ", " rBX "; sgdt (" rDI ")");

typedef struct Case {
  const char *name, *title;
  const unsigned char *code, *end;
  intptr_t offset; /* of the operand from RDI */
  size_t size;
  MutatorAccess access;
} Case;

#define CASE(code, title, offset, size, access) \
  { #code, title, code, code##_end, offset, size, MutatorAccess##access }
static const Case cases[] = {
    CASE(codeLoad, "MOV r, r/m", 8 + 4 * 5, 4, READ),
    CASE(codeStore, "MOV r/m, imm", -2, 2, WRITE),
    CASE(codeZero, "MOVZX r, r/m8", 0, 1, READ),
    CASE(codeSign, "MOVSX r, r/m16", 100, 2, READ),
    CASE(codeCompare, "CMP r/m, r", 0, sizeof(MutatorWord), READ),
    CASE(codeTest, "TEST r/m8, imm8", 7, 1, READ),
};

static void check(const Case *c, MutatorContext context, MutatorWord rdi, MutatorWord pc) {
  static const unsigned char zeros[16];
  MutatorInstructionStruct i;
  size_t length = (size_t)(c->end - c->code);
  memset(&i, 0xee, sizeof i);
  CHECK(MutatorContextDecode(context, &i) == MutatorResOK, "%s", c->name);
  CHECK(MutatorContextDecline(context) == MutatorDeclineNONE, "%s", c->name);
  CHECK(strcmp(i.name, c->title) == 0, "%s: %s", c->name, i.name);
  CHECK(i.length == length && memcmp(i.bytes, c->code, length) == 0, "%s: the bytes", c->name);
  CHECK(memcmp(i.bytes + length, zeros, sizeof i.bytes - length) == 0, "%s: the bytes after", c->name);
  CHECK(i.count == 1 && !i.locked && !i.backward, "%s: one access", c->name);
  CHECK(i.access[0].address == (void *)(rdi + (MutatorWord)c->offset), "%s: %p", c->name, i.access[0].address);
  CHECK(i.access[0].size == c->size && i.access[0].access == c->access, "%s: the access", c->name);
  CHECK(i.access[0].kind == MutatorInstructionAccessOPERAND, "%s: the access", c->name);
  CHECK(MutatorContextPC(context) == (void *)pc, "%s: the PC", c->name);
}

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  MutatorWord rdi = nativeGet(&stop->native, FaultTestDI);
  MutatorWord pc = nativeGet(&stop->native, MutatorRegisterPC);
  NativePictureStruct picture;
  MutatorContextStruct thread;
  nativePictureTake(&picture, &stop->native);
  check(c, &stop->context, rdi, pc);
  if (nativeInitThreadOf(&thread, &stop->native) == MutatorResOK)
    check(c, &thread, rdi, pc);
  CHECK(nativePictureSame(&picture, &stop->native), "%s: the record has changed", c->name);
  /* It does not ask what the fault says. */
  (void)nativeForgeAddress(&stop->native, 0);
  check(c, &stop->context, rdi, pc);
  nativeSet(&stop->native, MutatorRegisterFLAGS, nativeGet(&stop->native, MutatorRegisterFLAGS) | 0x400);
  return 0;
}

static MutatorBool probeDeclined(FaultTestStop stop) {
  MutatorInstructionStruct instruction, before;
  memset(&instruction, 0xee, sizeof instruction);
  before = instruction;
  CHECK(MutatorContextDecode(&stop->context, &instruction) == MutatorResUNIMPL, "Decode");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineOPCODE, "Decode");
  CHECK(memcmp(&instruction, &before, sizeof before) == 0, "the description has changed");
  CHECK(MutatorContextDecode(&stop->context, NULL) == MutatorResPARAM, "Decode");
  CHECK(MutatorContextDecode(NULL, &instruction) == MutatorResPARAM, "Decode");
  CHECK(memcmp(&instruction, &before, sizeof before) == 0, "the description has changed");
  return 0;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  unsigned char *page;
  size_t i;
  faultTestSetup();
  page = faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestCX] = 5;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    registers.word[FaultTestDI] = (MutatorWord)page + 8;
    (void)faultTestRun(&registers, faultTestCode(cases[i].code, (size_t)(cases[i].end - cases[i].code)), probe,
                       (void *)(uintptr_t)&cases[i]);
    CHECK(faultTestStops() == 1, "%s: %u faults", cases[i].name, faultTestStops());
  }
  registers.word[FaultTestDI] = (MutatorWord)page;
  (void)FAULT_TEST_RUN(codeUnlisted, &registers, probeDeclined, NULL);
  (void)FAULT_TEST_RUN(codeRegisters, &registers, probeDeclined, NULL);
  return 0;
}
