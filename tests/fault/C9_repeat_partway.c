/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C9_repeat_partway.c -- a repeated string instruction stops half-way exactly as the CPU leaves it
 *
 * The CPU runs into a page that is protected, and its registers are noted.
 * Then both pages are, and one step must leave the same registers, flags and
 * memory: every element of the first page done, none of the second, the PC at
 * the instruction.  Every count before the end of the page, both directions.
 * Some CPUs put the flags from before back (Intel SDM volume 2, REP), which is as good.
 */

#include "support/fault_test.h"

#include <string.h>

SNIPPET(codeMove1, "rep movsb");
SNIPPET(codeMove4, "rep movsl");
SNIPPET(codeStore1, "rep stosb");
SNIPPET(codeStore2, "rep stosw");
SNIPPET(codeStore4, "rep stosl");
SNIPPET(codeScan1, "repne scasb");
SNIPPET(codeScanEqual2, "repe scasw");
SNIPPET(codeCompare1, "repe cmpsb");
SNIPPET(codeCompare4, "repe cmpsl");

enum { DF = 0x400, RF = 0x10000, Most = 12, More = 3 };

typedef struct Case {
  const char *name;
  const unsigned char *code, *end;
  unsigned size;
} Case;

#define CASE(code, size) \
  { #code, code, code##_end, size }
static const Case cases[] = {
    CASE(codeMove1, 1), CASE(codeMove4, 4),      CASE(codeStore1, 1),   CASE(codeStore2, 2),   CASE(codeStore4, 4),
    CASE(codeScan1, 1), CASE(codeScanEqual2, 2), CASE(codeCompare1, 1), CASE(codeCompare4, 4),
};

static MutatorWindowStruct window;
static unsigned char *base, *alias;
static unsigned char other[256]; /* the source, not protected */
static size_t page;

typedef struct RunStruct {
  MutatorBool stepping;
  FaultTestRegisters registers; /* where it is, at the second page */
} RunStruct;

static void note(RunStruct *run, FaultTestStop stop) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    run->registers.word[reg] = nativeGet(&stop->native, reg);
  run->registers.word[MutatorRegisterFLAGS] &= ~(MutatorWord)RF;
}

static MutatorBool probe(FaultTestStop stop) {
  RunStruct *run = stop->closure;
  MutatorWord before = nativeGet(&stop->native, MutatorRegisterPC);
  if (run->stepping) {
    CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep: %s",
          MutatorDeclineName(MutatorContextDecline(&stop->context)));
    CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "Step");
    CHECK(nativeGet(&stop->native, MutatorRegisterPC) == before, "the PC has moved, and elements remain");
  }
  note(run, stop);
  return 0;
}

/* Nothing that a comparison would stop at: SCASB looks for what is not there. */
static void fill(void) {
  memset(alias, 0x77, 2 * page);
  memset(other, 0x77, sizeof other);
}

static FaultTestRegisters registersOf(const Case *c, unsigned before, MutatorBool backward) {
  FaultTestRegisters registers = {{0}};
  const size_t first = backward ? page + (before - 1) * c->size : page - before * c->size;
  registers.word[MutatorRegisterFLAGS] = 0x202 | (backward ? DF : 0) | 0x8d5;
  registers.word[FaultTestCX] = before + More;
  registers.word[FaultTestDI] = (MutatorWord)(base + first);
  registers.word[FaultTestSI] = (MutatorWord)(other + sizeof other / 2);
  registers.word[FaultTestAX] = c->code == codeScan1 ? 0x11223344 : 0x77777777;
  return registers;
}

static void check(const Case *c, unsigned before, MutatorBool backward) {
  static unsigned char native[2 * 65536];
  const FaultTestRegisters registers = registersOf(c, before, backward);
  const size_t size = (size_t)(c->end - c->code);
  RunStruct cpu = {.stepping = 0}, step = {.stepping = 1};
  fill();
  nativeProtect(base, 2 * page, NativeREADWRITE);
  nativeProtect(backward ? base : base + page, page, NativeNONE);
  (void)faultTestRun(&registers, faultTestCode(c->code, size), probe, &cpu);
  CHECK(faultTestStops() == 1, "%s: %u faults natively", c->name, faultTestStops());
  memcpy(native, alias, 2 * page);
  fill();
  nativeProtect(base, 2 * page, NativeNONE);
  (void)faultTestRun(&registers, faultTestCode(c->code, size), probe, &step);
  CHECK(faultTestStops() == 1, "%s: %u faults", c->name, faultTestStops());
  if (cpu.registers.word[MutatorRegisterFLAGS] == registers.word[MutatorRegisterFLAGS])
    step.registers.word[MutatorRegisterFLAGS] = registers.word[MutatorRegisterFLAGS];
  CHECK(memcmp(&cpu.registers, &step.registers, sizeof cpu.registers) == 0,
        "%s, %u before the end%s: RCX %llx and %llx, flags %llx and %llx", c->name, before,
        backward ? ", downwards" : "", (unsigned long long)cpu.registers.word[FaultTestCX],
        (unsigned long long)step.registers.word[FaultTestCX],
        (unsigned long long)cpu.registers.word[MutatorRegisterFLAGS],
        (unsigned long long)step.registers.word[MutatorRegisterFLAGS]);
  CHECK(step.registers.word[FaultTestCX] == More, "%s: %u remain", c->name, (unsigned)step.registers.word[FaultTestCX]);
  CHECK(memcmp(native, alias, 2 * page) == 0, "%s: memory", c->name);
}

int main(void) {
  void *pointer = NULL;
  size_t i;
  unsigned before;
  faultTestSetup();
  page = nativePageSize();
  CHECK(MutatorWindowCreate(&window, 2 * page, MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  CHECK(MutatorWindowAlias(&window, base, 2 * page, &pointer) == MutatorResOK, "alias");
  alias = pointer;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (before = 1; before <= Most; before++) {
      check(&cases[i], before, 0);
      check(&cases[i], before, 1);
    }
  return 0;
}
