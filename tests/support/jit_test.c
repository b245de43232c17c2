/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/jit_test.c -- a JIT with three ways to write its code
 */

#include "support/jit_test.h"

#include <stdio.h>
#include <string.h>

#include "arch/arch.h"

const char *jitRouteName(JitRoute route) {
  static const char *const names[] = {"one open mapping", "two mappings", "calls that write"};
  return names[route];
}

void jitSetup(void) {
  MutatorFaultOptionsStruct options;
  CHECK(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  options.hook = MutatorFaultHookTRAP;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResOK, "setup");
}

static void map(Jit jit) {
  void *alias = NULL;
  switch (jit->route) {
  case JitDUAL:
    jit->code = nativeMapTwice(NULL, jit->size, NativeREADEXECUTE, &alias);
    jit->write = alias;
    break;
  case JitOPEN: jit->code = jit->write = nativeMap(NULL, jit->size, NativeALL); break;
  default:
    jit->code = nativeMap(NULL, jit->size, NativeALL);
    jit->write = NULL;
    break;
  }
  memset(jit->route == JitDUAL ? jit->write : jit->code, 0xc3, jit->size);
  if (jit->route == JitCALLS)
    nativeProtect(jit->code, jit->size, NativeREADEXECUTE);
}

void jitInit(Jit jit, JitRoute route, size_t pages, MutatorCodeCallback written, void *closure) {
  MutatorCodeOptionsStruct options = {.size = sizeof options, .written = written, .closure = closure};
  MutatorRes res;
  memset(jit, 0, sizeof *jit);
  jit->route = route;
  jit->size = pages * nativePageSize();
  map(jit);
  if (route == JitDUAL)
    options.window = nativeMapAgain(jit->size);
  res = MutatorCodeAdd(&jit->region, jit->code, jit->code + jit->size, &options);
  CHECK(res == MutatorResOK, "%s: add %s", jitRouteName(route), MutatorResName(res));
  if (route != JitDUAL)
    return;
  res = MutatorCodeAliasAdd(&jit->alias, &jit->region, jit->write, jit->code, jit->size);
  CHECK(res == MutatorResOK, "%s: alias %s", jitRouteName(route), MutatorResName(res));
}

void jitFinish(Jit jit) {
  MutatorRes res = MutatorCodeRemove(&jit->region);
  CHECK(res == MutatorResOK, "%s: remove %s", jitRouteName(jit->route), MutatorResName(res));
  nativeUnmap(jit->code, jit->size);
  if (jit->route == JitDUAL)
    nativeUnmap(jit->write, jit->size);
}

void jitWrite(Jit jit, size_t offset, const void *bytes, size_t size) {
  MutatorRes res;
  if (jit->write != NULL) {
    memcpy(jit->write + offset, bytes, size);
    return;
  }
  res = MutatorCodeWrite(jit->code + offset, bytes, size);
  CHECK(res == MutatorResOK, "write %s", MutatorResName(res));
}

unsigned jitCall(const JitStruct *jit, size_t offset) {
  unsigned (*function)(void);
  const unsigned char *code = jit->code + offset;
  memcpy(&function, &code, sizeof function);
  return function();
}

void jitReturn(unsigned char *bytes, unsigned value) {
  const uint32_t word = value;
  bytes[0] = 0xb8;
  memcpy(bytes + 1, &word, sizeof word);
  bytes[5] = 0xc3;
}

void jitCheck(const JitStruct *jit, size_t offset, const void *bytes, size_t size, const char *when) {
  static unsigned char read[1 << 16];
  MutatorRes res;
  size_t i;
  CHECK(size <= sizeof read, "too much");
  res = MutatorCodeRead(jit->code + offset, read, size);
  CHECK(res == MutatorResOK, "%s: read %s", when, MutatorResName(res));
  for (i = 0; i < size; i++)
    CHECK(read[i] == ((const unsigned char *)bytes)[i], "%s, %s: byte %u is %02x, the JIT wrote %02x",
          jitRouteName(jit->route), when, (unsigned)(offset + i), read[i], ((const unsigned char *)bytes)[i]);
}

MutatorBool jitMerges(const JitStruct *jit) { return jit->route == JitDUAL || MutatorMemoryProcess() != NULL; }

MutatorCodeReportStruct jitReport(Jit jit) {
  MutatorCodeReportStruct report;
  CHECK(MutatorCodeQuery(&jit->region, &report) == MutatorResOK, "query");
  return report;
}

/* code with breakpoints against code without -------------------------------------- */

enum {
  Breaks = 64,
  StackSIZE = 1 << 16,
  StackUSED = 4096,
  StatusFLAGS = 0xcc5
}; /* AF aside, which some leave undefined */

typedef struct CompareStruct {
  JitStruct jit;
  MutatorBreakStruct breaks[Breaks];
  unsigned count;
  unsigned char stack[StackSIZE], native[StackSIZE];
} CompareStruct;

static CompareStruct compare;

static MutatorBool unexpected(FaultTestStop stop) {
  CHECK(0, "a stop at %p", MutatorContextPC(&stop->context));
  return 0;
}

static FaultTestRegisters runCode(void) {
  FaultTestRegisters registers;
  memset(&registers, 0, sizeof registers);
  memset(compare.stack, 0, sizeof compare.stack);
  registers.word[MutatorRegisterSP] = ((MutatorWord)compare.stack + StackSIZE - StackUSED) & ~(MutatorWord)63;
  registers.word[MutatorRegisterFLAGS] = 0x202;
  return faultTestRun(&registers, compare.jit.code, unexpected, NULL);
}

static void setAll(const unsigned char *bytes, size_t size, MutatorBreakKind kind) {
  const MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = kind, .from = compare.jit.code};
  size_t at;
  compare.count = 0;
  for (at = 0; at < size;
       at += mutatorArchLength(bytes + at, size - at < ARCH_FETCH_MAX ? size - at : ARCH_FETCH_MAX)) {
    CHECK(compare.count < Breaks, "too many instructions");
    CHECK(MutatorBreakSet(&compare.breaks[compare.count++], compare.jit.code + at, &options) == MutatorResOK,
          "set at %u", (unsigned)at);
  }
}

static uint64_t hitsOf(unsigned which) {
  MutatorBreakReportStruct report;
  CHECK(MutatorBreakQuery(&compare.breaks[which], &report) == MutatorResOK, "query");
  CHECK(report.mode == MutatorBreakModePLANTED, "breakpoint %u is in mode %d", which, report.mode);
  return report.hits;
}

static void sameAsNative(const char *name, const FaultTestRegisters *native) {
  FaultTestRegisters registers = runCode();
  unsigned reg;
  size_t at;
  for (reg = 0; reg < MutatorRegisterFLAGS; reg++)
    if (reg != MutatorRegisterPC)
      CHECK(registers.word[reg] == native->word[reg], "%s: register %u is %p, natively %p", name, reg,
            (void *)registers.word[reg], (void *)native->word[reg]);
  CHECK(((registers.word[MutatorRegisterFLAGS] ^ native->word[MutatorRegisterFLAGS]) & StatusFLAGS) == 0,
        "%s: flags %x, natively %x", name, (unsigned)registers.word[MutatorRegisterFLAGS],
        (unsigned)native->word[MutatorRegisterFLAGS]);
  /* Below the stack pointer some systems write by themselves. */
  at = nativeFrameSize() > 0 ? StackSIZE - StackUSED : 0;
  CHECK(memcmp(compare.stack + at, compare.native + at, sizeof compare.stack - at) == 0, "%s: another stack", name);
}

static void withBreakpoints(const char *name, const unsigned char *bytes, size_t size, MutatorBreakKind kind,
                            const FaultTestRegisters *native) {
  uint64_t hits[Breaks];
  unsigned i;
  setAll(bytes, size, kind);
  sameAsNative(name, native);
  for (i = 0; i < compare.count; i++)
    hits[i] = hitsOf(i);
  sameAsNative(name, native);
  for (i = 0; i < compare.count; i++) {
    CHECK(hitsOf(i) == 2 * hits[i], "%s: instruction %u was hit %u times, then %u", name, i, (unsigned)hits[i],
          (unsigned)(hitsOf(i) - hits[i]));
    CHECK(MutatorBreakClear(&compare.breaks[i]) == MutatorResOK, "clear");
  }
}

unsigned jitCompare(const char *name, const unsigned char *bytes, size_t size) {
  MutatorCodeReportStruct report;
  FaultTestRegisters native;
  jitInit(&compare.jit, JitOPEN, 1, NULL, NULL);
  memcpy(compare.jit.code, bytes, size);
  (void)faultTestJump(compare.jit.code + size, (uintptr_t)faultTestExit);
  native = runCode();
  memcpy(compare.native, compare.stack, sizeof compare.stack);
  withBreakpoints(name, bytes, size, MutatorBreakSOFTWARE, &native);
  withBreakpoints(name, bytes, size, MutatorBreakHALT, &native);
  report = jitReport(&compare.jit);
  printf("%s: %u breakpoints; %u instructions done in place, %u in slots\n", name, compare.count,
         (unsigned)report.emulated, (unsigned)report.displaced);
  jitFinish(&compare.jit);
  return (unsigned)report.displaced;
}
