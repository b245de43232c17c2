/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_failed_step.c -- a step whose memory is not accessible gives ACCESS and changes nothing
 *
 * Also of an operand of which a part is accessible, and of a window whose alias
 * was unmapped behind its back (bad input).
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeStore2, "mov %ax, (" rDI ")");
SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeCompare, "cmp " rAX ", (" rDI ")");

enum { Page = 4096 };

static MutatorCountersStruct counted(void) {
  MutatorCountersStruct counters;
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters;
}

/* The closure is the memory that the step goes through. */
static MutatorBool probe(FaultTestStop stop) {
  NativePictureStruct picture;
  MutatorCountersStruct before = counted(), after;
  CHECK(stop->number == 0, "one fault");
  nativePictureTake(&picture, &stop->native);
  nativeErrorSet();
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextStepInstructionWith(&stop->context, stop->closure) == MutatorResACCESS, "Step");
  CHECK(MutatorContextStepInstructionWith(&stop->context, stop->closure) == MutatorResACCESS, "and again");
  CHECK(nativeErrorKept(), "errno");
  CHECK(nativePictureSame(&picture, &stop->native), "the record has changed");
  after = counted();
  CHECK(after.inaccessible == before.inaccessible + 2 && after.steps == before.steps, "counters");
  return 0;
}

static void steps(const unsigned char *address, MutatorMemory memory) {
  FaultTestRegisters registers = {{0}};
  registers.word[FaultTestAX] = (MutatorWord)UINT64_C(0xa1a2a3a4a5a6a7a8);
  registers.word[FaultTestDI] = (MutatorWord)address;
  (void)FAULT_TEST_RUN(codeStore, &registers, probe, memory);
  (void)FAULT_TEST_RUN(codeStore2, &registers, probe, memory);
  (void)FAULT_TEST_RUN(codeLoad, &registers, probe, memory);
  (void)FAULT_TEST_RUN(codeCompare, &registers, probe, memory);
}

/* Two pages, each open or not; operands that lie on either or on both. */
static void direct(void) {
  static unsigned char before[2 * Page];
  unsigned char *base = faultTestPageNew(FaultTestPageOPEN) - Page; /* three open pages: use the first two */
  unsigned n;
  memcpy(before, base, sizeof before);
  nativeProtect(base + Page, Page, NativeNONE);
  for (n = 0; n < 2; n++)
    steps(base + Page - n, MutatorMemoryDirect());
  nativeProtect(base, 2 * Page, NativeREAD);
  CHECK(memcmp(before, base, sizeof before) == 0, "bytes before the protected page have changed");
  nativeProtect(base, Page, NativeNONE);
  nativeProtect(base + Page, Page, NativeREADWRITE);
  for (n = 1; n < 2; n++)
    steps(base + Page - n, MutatorMemoryDirect());
  nativeProtect(base, 2 * Page, NativeREAD);
  CHECK(memcmp(before, base, sizeof before) == 0, "bytes behind the protected page have changed");
}

/* A store of eight bytes of which seven can be written, at every offset. */
static void crossing(void) {
  unsigned char *page = faultTestPageNew(FaultTestPageREADONLY);
  static unsigned char before[3 * Page];
  FaultTestRegisters registers = {{0}};
  unsigned n;
  memcpy(before, page - Page, sizeof before);
  registers.word[FaultTestAX] = (MutatorWord)UINT64_C(0xa1a2a3a4a5a6a7a8);
  for (n = 1; n < sizeof(MutatorWord); n++) {
    registers.word[FaultTestDI] = (MutatorWord)page - n;
    (void)FAULT_TEST_RUN(codeStore, &registers, probe, MutatorMemoryDirect());
    registers.word[FaultTestDI] = (MutatorWord)page + Page - n;
    (void)FAULT_TEST_RUN(codeStore, &registers, probe, MutatorMemoryDirect());
    CHECK(memcmp(before, page - Page, sizeof before) == 0, "memory has changed at %u", n);
  }
}

static unsigned char *aliasOf(MutatorWindow window) {
  void *pointer = NULL;
  CHECK(MutatorWindowAlias(window, MutatorWindowBase(window), 1, &pointer) == MutatorResOK, "alias");
  return pointer;
}

/* The second page of the alias goes away, then all of it. */
static void aliasGone(void) {
  static MutatorWindowStruct window;
  static unsigned char before[Page];
  unsigned char *base, *alias;
  unsigned n;
  CHECK(MutatorWindowCreate(&window, 2 * Page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  alias = aliasOf(&window);
  memset(alias, 0x5a, Page);
  memcpy(before, alias, sizeof before);
  nativeProtect(base, 2 * Page, NativeNONE);
  nativeUnmap(alias + Page, Page);
  for (n = 0; n < 2; n++)
    steps(base + Page - n, MutatorWindowMemory(&window));
  CHECK(memcmp(before, alias, sizeof before) == 0, "bytes on the first page have changed");
  nativeUnmap(alias, Page);
  steps(base, MutatorWindowMemory(&window));
  steps(base + Page, MutatorWindowMemory(&window));
  nativeProtect(base, 2 * Page, NativeREAD);
  CHECK(memcmp(before, base, sizeof before) == 0, "bytes on the first page have changed");
}

/* One that is outside a window, in part. */
static void edgeOfWindow(void) {
  static MutatorWindowStruct window;
  unsigned char *base;
  CHECK(MutatorWindowCreate(&window, Page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  nativeProtect(base, Page, NativeNONE);
  steps(base + Page - 1, MutatorWindowMemory(&window));
  CHECK(aliasOf(&window)[Page - 1] == 0, "the window's last byte has changed");
}

/* A client's memory that says no, in every way. */
static MutatorRes answer;
static MutatorRes translate(MutatorMemory memory, void *address, size_t size, MutatorAccess access,
                            void **pointerReturn) {
  static unsigned char elsewhere[16];
  (void)memory;
  (void)address;
  (void)size;
  (void)access;
  *pointerReturn = elsewhere;
  return answer;
}

static void clientRefuses(void) {
  static const MutatorRes answers[] = {MutatorResACCESS, MutatorResFAIL,  MutatorResPARAM, MutatorResSTATE,
                                       MutatorResBUSY,   MutatorResLIMIT, MutatorResLAST,  -1};
  MutatorMemoryStruct memory;
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  size_t i;
  CHECK(MutatorMemoryInit(&memory, translate, NULL, NULL, NULL, NULL) == MutatorResOK, "memory");
  for (i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    answer = answers[i];
    steps(page, &memory);
  }
}

int main(void) {
  faultTestSetup();
  direct();
  crossing();
  aliasGone();
  edgeOfWindow();
  clientRefuses();
  return 0;
}
