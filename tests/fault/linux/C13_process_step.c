/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C13_process_step.c -- faults stepped through /proc/self/mem
 *
 * C13: loads and stores succeed on protected private pages, which stay
 * protected.  What crosses a page is declined, what is shared is inaccessible,
 * and then nothing has changed (C5).
 */

#include <string.h>
#include <sys/mman.h>

#include "support/fault_test.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeStoreByte, "movb $9, (" rDI ")");
SNIPPET(codeCompare, "cmp" WORD " $5, (" rDI ")");

static size_t page;

/* What a stop is expected to give. */
typedef struct Expectation {
  MutatorRes res;
  MutatorDecline decline;
} Expectation;

static MutatorBool probe(FaultTestStop stop) {
  const Expectation *expected = stop->closure;
  NativePictureStruct before;
  MutatorRes res;
  nativePictureTake(&before, &stop->native);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  res = MutatorContextStepInstructionWith(&stop->context, MutatorMemoryProcess());
  CHECK(res == expected->res, "%s", MutatorResName(res));
  CHECK(MutatorContextDecline(&stop->context) == expected->decline, "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  if (res == MutatorResOK)
    return 1;
  CHECK(nativePictureSame(&before, &stop->native), "a step that failed changed the record");
  return 0;
}

static FaultTestRegisters run(const unsigned char *code, size_t size, unsigned char *address,
                              const Expectation *expected) {
  FaultTestRegisters registers;
  memset(&registers, 0, sizeof registers);
  registers.word[FaultTestDI] = (MutatorWord)address;
  registers.word[FaultTestAX] = (MutatorWord)UINT64_C(0x1122334455667788);
  registers = faultTestRun(&registers, faultTestCode(code, size), probe, (void *)(uintptr_t)expected);
  CHECK(faultTestStops() == 1, "%u stops", faultTestStops());
  return registers;
}
#define RUN(name, address, expected) run(name, SNIPPET_SIZE(name), address, expected)

static unsigned char *twoPages(int sharing) {
  unsigned char *base = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  CHECK(base != MAP_FAILED, "mmap");
  memset(base, 'p', 2 * page);
  return base;
}

static void checkUnchanged(unsigned char *base) {
  size_t i;
  nativeProtect(base, 2 * page, NativeREAD);
  for (i = 0; i < 2 * page; ++i)
    CHECK(base[i] == 'p', "byte %zu", i);
}

static const Expectation stepped = {MutatorResOK, MutatorDeclineNONE};
static const Expectation inaccessible = {MutatorResACCESS, MutatorDeclineNONE};
static const Expectation declined = {MutatorResUNIMPL, MutatorDeclineMEMORY};

static void stepsLoad(void) {
  unsigned char *base = twoPages(MAP_PRIVATE);
  FaultTestRegisters registers;
  memset(base, 0, 8);
  base[0] = 5;
  nativeProtect(base, page, NativeNONE);
  registers = RUN(codeLoad, base, &stepped);
  CHECK(registers.word[FaultTestAX] == 5, "rax %#zx", (size_t)registers.word[FaultTestAX]);
  registers = RUN(codeCompare, base, &stepped);
  CHECK((registers.word[MutatorRegisterFLAGS] & 0x40) != 0, "ZF");
}

static void stepsStore(NativeProtection protection) {
  static const unsigned char bytes[8] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
  unsigned char *base = twoPages(MAP_PRIVATE);
  nativeProtect(base, page, protection);
  (void)RUN(codeStore, base + 64, &stepped);
  (void)RUN(codeStoreByte, base + page - 1, &stepped); /* that it faults shows that the page is still protected */
  nativeProtect(base, page, NativeREAD);
  CHECK(memcmp(base + 64, bytes, sizeof(MutatorWord)) == 0 && base[63] == 'p' && base[64 + sizeof(MutatorWord)] == 'p',
        "the store");
  CHECK(base[page - 1] == 9 && base[page] == 'p', "the byte at the end of the page");
}

static void declinesCrossing(NativeProtection first, NativeProtection second) {
  unsigned char *base = twoPages(MAP_PRIVATE);
  nativeProtect(base, page, first);
  nativeProtect(base + page, page, second);
  (void)RUN(codeStore, base + page - 3, &declined);
  checkUnchanged(base);
}

static void cannotWriteShared(void) {
  unsigned char *base = twoPages(MAP_SHARED);
  nativeProtect(base, 2 * page, NativeREAD);
  (void)RUN(codeStore, base + 64, &inaccessible);
  checkUnchanged(base);
}

static void hasNoUnmappedMemory(void) {
  unsigned char *base = twoPages(MAP_PRIVATE);
  CHECK(munmap(base + page, page) == 0, "munmap");
  (void)RUN(codeLoad, base + page, &inaccessible);
  (void)RUN(codeLoad, base + page - 3, &inaccessible);
  (void)RUN(codeStore, base + page, &inaccessible);
}

int main(void) {
  page = nativePageSize();
  faultTestSetup();
  if (MutatorMemoryProcess() == NULL)
    faultTestSkip("no /proc/self/mem here");
  stepsLoad();
  stepsStore(NativeNONE);
  stepsStore(NativeREAD);
  declinesCrossing(NativeREADWRITE, NativeNONE);
  declinesCrossing(NativeNONE, NativeREADWRITE);
  declinesCrossing(NativeREAD, NativeREAD);
  cannotWriteShared();
  hasNoUnmappedMemory();
  return 0;
}
