/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C5_declined_step.c -- a declined step changes nothing, byte for byte, and says why
 *
 * Real faults at the end of a page, some with a record changed afterwards.
 */

#include "support/fault_test.h"

#include <string.h>

#include "arch/x86/decoder.h"
#include "core/plan_cache.h"

SNIPPET(codeStore, "mov " rAX ", (" rDI ")");
SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeUnlisted, "sgdt (" rDI ")");
SNIPPET(codeTwoSegments, ".byte 0x3e, 0x3e, 0x89, 0x07");
SNIPPET(codeRepeated, ".byte 0xf3, 0x89, 0x07");
SNIPPET(codeElided, ".byte 0xf2, 0xf0, 0x01, 0x07"); /* XACQUIRE LOCK ADD */
SNIPPET(codeSplitLock, "lock addl $1, 1(" rDI ")");
SNIPPET(codeSegmentRegister, "mov %ds, (" rDI ")");
SNIPPET(codeFar, "lcall *(" rDI ")");
SNIPPET(codeTraced, "pushf; orl $0x100, (" rSP "); popf; mov " rAX ", (" rDI ")");

enum { TF = 0x100 };

/* What is done to the record, the library or the memory before the step. */
typedef void (*Spoil)(FaultTestStop stop);
typedef void (*Restore)(void);

static MutatorWindowStruct window;
static MutatorMemoryStruct useless;

static MutatorWord operand(FaultTestStop stop) { return nativeGet(&stop->native, FaultTestDI); }

static void nothing(FaultTestStop stop) { (void)stop; }
static void restoreNothing(void) {}
static void addressBelow(FaultTestStop stop) { (void)nativeForgeAddress(&stop->native, operand(stop) - 1); }
static void addressAbove(FaultTestStop stop) {
  (void)nativeForgeAddress(&stop->native, operand(stop) + sizeof(MutatorWord));
}
static void direction(FaultTestStop stop) { (void)nativeForgeDirection(&stop->native); }
static void sent(FaultTestStop stop) { (void)nativeForgeSent(&stop->native); }
static void general(FaultTestStop stop) { (void)nativeForgeGeneral(&stop->native); }
static void unknownTrap(FaultTestStop stop) { (void)nativeForgeUnknown(&stop->native); }
static void execute(FaultTestStop stop) { (void)nativeForgeFetch(&stop->native); }
static void otherRegister(FaultTestStop stop) { nativeSet(&stop->native, FaultTestDI, 0x1000); }
static void noCode(FaultTestStop stop) {
  nativeSet(&stop->native, MutatorRegisterPC, (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS));
}

/* The decoders are all in use, and the cache remembers nothing. */
static void busy(FaultTestStop stop) {
  size_t i;
  (void)stop;
  memset(mutatorPlanCacheSlots, 0, (mutatorPlanCacheMask + 1) * sizeof *mutatorPlanCacheSlots);
  for (i = 0; i < mutatorDecoderCount; i++)
    mutatorDecoders[i].busy = 1;
}
static void restoreBusy(void) {
  size_t i;
  for (i = 0; i < mutatorDecoderCount; i++)
    mutatorDecoders[i].busy = 0;
}

typedef struct Case {
  const char *name;
  const unsigned char *code, *end;
  Spoil spoil;
  Restore restore;
  MutatorDecline decline;
} Case;

#define CASE(code, spoil, restore, decline) \
  { #code ", " #spoil, code, code##_end, spoil, restore, MutatorDecline##decline }
static const Case cases[] = {
    CASE(codeUnlisted, nothing, restoreNothing, OPCODE),
    CASE(codeTwoSegments, nothing, restoreNothing, PREFIX),
    CASE(codeRepeated, nothing, restoreNothing, PREFIX),
    CASE(codeElided, nothing, restoreNothing, PREFIX),
    CASE(codeSegmentRegister, nothing, restoreNothing, OPCODE),
    CASE(codeFar, nothing, restoreNothing, OPCODE),
    CASE(codeSplitLock, nothing, restoreNothing, SPLIT),
    CASE(codeTraced, nothing, restoreNothing, TRACE),
    CASE(codeStore, addressBelow, restoreNothing, ADDRESS),
    CASE(codeStore, addressAbove, restoreNothing, ADDRESS),
    CASE(codeLoad, addressAbove, restoreNothing, ADDRESS),
    CASE(codeStore, otherRegister, restoreNothing, ADDRESS),
    CASE(codeStore, direction, restoreNothing, DIRECTION),
    CASE(codeLoad, direction, restoreNothing, DIRECTION),
    CASE(codeStore, sent, restoreNothing, ASYNC),
    CASE(codeStore, general, restoreNothing, KIND),
    CASE(codeStore, unknownTrap, restoreNothing, KIND),
    CASE(codeStore, execute, restoreNothing, EXECUTE),
    CASE(codeStore, noCode, restoreNothing, FETCH),
    CASE(codeStore, busy, restoreBusy, BUSY),
    CASE(codeLoad, busy, restoreBusy, BUSY),
};

/* Both pages, as the alias shows them. */
static unsigned char before[2 * 4096];

static void *alias(void) {
  void *pointer = NULL;
  CHECK(MutatorWindowAlias(&window, MutatorWindowBase(&window), sizeof before, &pointer) == MutatorResOK, "alias");
  return pointer;
}

static uint64_t declines(MutatorDecline reason) {
  MutatorCountersStruct counters;
  CHECK(MutatorCountersGet(&counters) == MutatorResOK, "counters");
  return counters.declines[reason];
}

static void stepEveryWay(FaultTestStop stop, const Case *c) {
  const MutatorMemory memories[] = {MutatorMemoryDirect(), MutatorWindowMemory(&window), MutatorMemoryProcess()};
  size_t i;
  for (i = 0; i < sizeof memories / sizeof memories[0] && memories[i] != NULL; i++) {
    uint64_t count = declines(c->decline);
    CHECK(MutatorContextStepInstructionWith(&stop->context, memories[i]) == MutatorResUNIMPL, "%s", c->name);
    CHECK(MutatorContextDecline(&stop->context) == c->decline, "%s: %s", c->name,
          MutatorDeclineName(MutatorContextDecline(&stop->context)));
    CHECK(declines(c->decline) == count + 1, "%s: counted", c->name);
  }
}

static MutatorBool probe(FaultTestStop stop) {
  const Case *c = stop->closure;
  NativePictureStruct picture;
  c->spoil(stop);
  nativePictureTake(&picture, &stop->native);
  nativeErrorSet();
  CHECK(!MutatorContextCanStepInstruction(&stop->context), "%s", c->name);
  CHECK(MutatorContextDecline(&stop->context) == c->decline, "%s: %s", c->name,
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  stepEveryWay(stop, c);
  CHECK(nativeErrorKept(), "%s: errno", c->name);
  c->restore();
  CHECK(nativePictureSame(&picture, &stop->native), "%s: the record has changed", c->name);
  CHECK(memcmp(before, alias(), sizeof before) == 0, "%s: memory has changed", c->name);
  nativeSet(&stop->native, MutatorRegisterFLAGS, 0x202); /* no trace on the way out */
  return 0;
}

/* MEMORY: the plan is good, the memory cannot do it. */
static MutatorBool probeMemory(FaultTestStop stop) {
  NativePictureStruct picture;
  uint64_t count = declines(MutatorDeclineMEMORY);
  nativePictureTake(&picture, &stop->native);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  CHECK(MutatorContextStepInstructionWith(&stop->context, stop->closure) == MutatorResUNIMPL, "Step");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineMEMORY, "Step");
  CHECK(declines(MutatorDeclineMEMORY) == count + 1, "counted");
  CHECK(nativePictureSame(&picture, &stop->native), "the record has changed");
  CHECK(memcmp(before, alias(), sizeof before) == 0, "memory has changed");
  return 0;
}

static MutatorRes loadNothing(MutatorMemory memory, void *buffer, void *address, size_t size) {
  (void)memory;
  (void)buffer;
  (void)address;
  (void)size;
  return MutatorResUNIMPL;
}

int main(void) {
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, sizeof before, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  CHECK(MutatorMemoryInit(&useless, NULL, loadNothing, NULL, NULL, NULL) == MutatorResOK, "memory");
  for (i = 0; i < sizeof before; i++)
    before[i] = (unsigned char)(i % 253);
  memcpy(alias(), before, sizeof before);
  nativeProtect(MutatorWindowBase(&window), sizeof before, NativeNONE);
  registers.word[FaultTestAX] = (MutatorWord)UINT64_C(0x1122334455667788);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window) + 4096 - sizeof(MutatorWord) / 2;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const Case *c = &cases[i];
    (void)faultTestRun(&registers, faultTestCode(c->code, (size_t)(c->end - c->code)), probe, (void *)(uintptr_t)c);
    CHECK(faultTestStops() == 1, "%s: %u faults", c->name, faultTestStops());
  }
  (void)FAULT_TEST_RUN(codeStore, &registers, probeMemory, &useless);
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeMemory, &useless);
  if (MutatorMemoryProcess() != NULL) /* the operand crosses a page */
    (void)FAULT_TEST_RUN(codeStore, &registers, probeMemory, MutatorMemoryProcess());
  return 0;
}
