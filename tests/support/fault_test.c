/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/fault_test.c -- tiny support for programs that take real faults
 */

#include "support/fault_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cc/cpuid.h"

/* May be called in a handler: nothing of stdio's is locked or allocated. */
void faultTestFail(const char *file, int line, const char *condition, const char *format, ...) {
  char text[1024];
  va_list arguments;
  int size = snprintf(text, sizeof text / 2, "%s:%d: not true: %s: ", file, line, condition);
  if (size < 0 || size >= (int)sizeof text / 2)
    size = 0;
  va_start(arguments, format);
  (void)vsnprintf(text + size, sizeof text / 2 - 1, format, arguments);
  va_end(arguments);
  strcat(text, "\n");
  (void)!write(STDERR_FILENO, text, strlen(text));
  _exit(1);
}

void faultTestSkip(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)printf("skipped: ");
  (void)vprintf(format, arguments);
  (void)printf("\n");
  va_end(arguments);
  exit(77);
}

/* pages --------------------------------------------------------------------- */

const char *faultTestPageName(FaultTestPage page) {
  static const char *const names[] = {"open", "no access", "read-only", "no-execute", "unmapped", "file hole"};
  return page < FaultTestPageLIMIT ? names[page] : "?";
}

static void fill(unsigned char *base, size_t size) {
  size_t i;
  for (i = 0; i < size; i++)
    base[i] = (unsigned char)(i % 251);
}

/* What is not mapped stays so. */
void *faultTestPlace(size_t size) {
  const uintptr_t unit = (uintptr_t)1 << 20;
  static uintptr_t next = FAULT_TEST_PLACE;
  uintptr_t place = next;
  next += (size + 2 * unit - 1) & ~(unit - 1);
  return (void *)place;
}

static unsigned char *newHole(void) {
  const size_t page = nativePageSize();
  unsigned char *base = faultTestPlace(3 * page);
  if (nativeMapHole(base) == NULL)
    return NULL;
  (void)nativeMap(base + 2 * page, page, NativeALL);
  fill(base, page);
  fill(base + 2 * page, page);
  return base + page;
}

unsigned char *faultTestPageNew(FaultTestPage kind) {
  static const NativeProtection protections[] = {NativeALL, NativeNONE, NativeREAD, NativeREADWRITE};
  const size_t page = nativePageSize(), room = nativeFrameSize();
  unsigned char *base;
  if (kind == FaultTestPageHOLE)
    return newHole();
  base = nativeMap(faultTestPlace(room + 3 * page), room + 3 * page, NativeALL);
  base += room;
  fill(base, 3 * page);
  if (kind == FaultTestPageUNMAPPED)
    nativeUnmap(base + page, page);
  else
    nativeProtect(base + page, page, protections[kind]);
  return base + page;
}

/* code ------------------------------------------------------------------------ */

enum { CodeSize = 4096, JumpSize = 16 };

unsigned char *faultTestCode(const unsigned char *bytes, size_t size) {
  static unsigned char *place;
  CHECK(size + JumpSize <= CodeSize, "%u bytes of code", (unsigned)size);
  if (place == NULL)
    place = nativeMap(NULL, CodeSize, NativeALL);
  memcpy(place, bytes, size);
  (void)faultTestJump(place + size, (uintptr_t)faultTestExit);
  return place;
}

unsigned char *faultTestCodeEdge(const unsigned char *bytes, size_t size) {
  static unsigned char *edge;
  CHECK(size <= nativePageSize(), "%u bytes of code", (unsigned)size);
  if (edge == NULL)
    edge = faultTestPageNew(FaultTestPageUNMAPPED);
  return memcpy(edge - size, bytes, size);
}

/* runs ------------------------------------------------------------------------ */

enum { StopsMost = 10 };

static struct {
  volatile MutatorBool running;
  FaultTestProbe probe;
  void *closure;
  unsigned stops;
  MutatorBool left; /* by a probe, with this stack pointer */
  MutatorWord leftStack;
} run;

unsigned faultTestStops(void) { return run.stops; }

/* No thread returns to a stack pointer that is not canonical. */
static void leave(NativeStop stop) {
  faultTestOut[MutatorRegisterPC] = nativeGet(stop, MutatorRegisterPC);
  run.left = 1;
  run.leftStack = nativeGet(stop, MutatorRegisterSP);
  nativeSet(stop, MutatorRegisterSP, faultTestSavedStack);
  nativeSet(stop, MutatorRegisterPC, (MutatorWord)(uintptr_t)faultTestExit);
}

MutatorBool faultTestHandler(NativeStop native) {
  FaultTestStopStruct stop;
  if (nativeRecover(native))
    return 1;
  CHECK(run.running, "stop %#x at address %p, PC %p: nobody expects it", (unsigned)nativeStopNumber(native),
        (void *)nativeStopAddress(native), (void *)nativeGet(native, MutatorRegisterPC));
  CHECK(run.stops < StopsMost, "an endless loop at PC %p", (void *)nativeGet(native, MutatorRegisterPC));
  memset(&stop, 0, sizeof stop);
  stop.native = *native;
  stop.number = run.stops++;
  stop.closure = run.closure;
  CHECK(nativeInit(&stop.context, native) == MutatorResOK, "InitFault");
  if (!run.probe(&stop))
    leave(native);
  return 1;
}

FaultTestRegisters faultTestRun(const FaultTestRegisters *registers, const unsigned char *code, FaultTestProbe probe,
                                void *closure) {
  FaultTestRegisters result;
  memcpy(faultTestIn, registers->word, sizeof registers->word);
  faultTestIn[MutatorRegisterPC] = (MutatorWord)code;
  memset(faultTestOut, 0, sizeof faultTestOut);
  run.probe = probe;
  run.closure = closure;
  run.stops = 0;
  run.left = 0;
  run.running = 1;
  faultTestEnter();
  run.running = 0;
  memcpy(result.word, faultTestOut, sizeof result.word);
  if (run.left)
    result.word[MutatorRegisterSP] = run.leftStack;
  return result;
}

void faultTestHandlers(void) { nativeHandle(faultTestHandler); }

void faultTestSetup(void) {
  CHECK(MutatorSetup(NULL) == MutatorResOK, "MutatorSetup");
  faultTestHandlers();
}

void faultTestThreadStack(MutatorRes (*installOrRemove)(void)) {
  const MutatorRes res = installOrRemove();
  const MutatorRes none = installOrRemove == MutatorFaultStackRemove ? MutatorResSTATE : MutatorResUNIMPL;
  CHECK(res == (nativeFrameSize() == 0 ? MutatorResOK : none), "a handler's stack: %s", MutatorResName(res));
}

/* suspension ------------------------------------------------------------------ */

void faultTestResume(NativeThread thread, MutatorContext context) {
  CHECK(MutatorContextCommit(context) == MutatorResOK, "Commit");
  nativeResume(thread);
}

void faultTestSuspend(NativeThread thread, const unsigned char *base, const unsigned char *limit,
                      MutatorContext context) {
  for (;;) {
    MutatorWord pc = 0;
    nativeSuspend(thread);
    CHECK(nativeInitThread(context, thread) == MutatorResOK, "InitThread");
    CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "the PC");
    if (pc >= (MutatorWord)base && pc < (MutatorWord)limit)
      return;
    nativeResume(thread);
    nativeSleep(1);
  }
}

/* comparisons ----------------------------------------------------------------- */

enum { WindowMost = 4 * 4096 };

typedef struct Comparison {
  const char *name;
  MutatorWindow window;
} Comparison;

static MutatorBool probeStep(FaultTestStop stop) {
  const Comparison *comparison = stop->closure;
  MutatorRes res = MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(comparison->window));
  CHECK(res == MutatorResOK, "%s: %s, %s at %p", comparison->name, MutatorResName(res),
        MutatorDeclineName(MutatorContextDecline(&stop->context)), (void *)nativeStopAddress(&stop->native));
  return 1;
}

static unsigned char *aliasOf(MutatorWindow window) {
  void *alias = NULL;
  CHECK(MutatorWindowAlias(window, MutatorWindowBase(window), MutatorWindowSize(window), &alias) == MutatorResOK,
        "alias");
  return alias;
}

static void checkRegisters(const char *name, const FaultTestRegisters *one, const FaultTestRegisters *other) {
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; i++)
    CHECK(i == MutatorRegisterPC || one->word[i] == other->word[i], "%s: register %u is %p, natively %p", name, i,
          (void *)other->word[i], (void *)one->word[i]);
}

void faultTestCompare(const char *name, const unsigned char *code, size_t size, const FaultTestRegisters *registers,
                      MutatorWindow window, unsigned steps) {
  static unsigned char memory[WindowMost];
  Comparison comparison = {name, window};
  FaultTestRegisters native, stepped;
  size_t windowSize = MutatorWindowSize(window);
  CHECK(windowSize <= WindowMost, "a window of %u bytes", (unsigned)windowSize);
  nativeProtect(MutatorWindowBase(window), windowSize, NativeREADWRITE);
  fill(aliasOf(window), windowSize);
  native = faultTestRun(registers, faultTestCode(code, size), probeStep, &comparison);
  CHECK(run.stops == 0, "%s: %u faults natively", name, run.stops);
  memcpy(memory, aliasOf(window), windowSize);
  fill(aliasOf(window), windowSize);
  nativeProtect(MutatorWindowBase(window), windowSize, NativeNONE);
  stepped = faultTestRun(registers, faultTestCode(code, size), probeStep, &comparison);
  CHECK(run.stops == steps, "%s: %u faults, not %u", name, run.stops, steps);
  checkRegisters(name, &native, &stepped);
  CHECK(memcmp(memory, aliasOf(window), windowSize) == 0, "%s: memory is not as natively", name);
}

/* others ---------------------------------------------------------------------- */

/* Bits of CPUID, and the components that the registers are in (Intel SDM volume 2, CPUID; volume 1, section 13.1). */
enum { CpuOSXSAVE = 1 << 27, CpuAVX = 1 << 28, CpuAVX2 = 1 << 5, CpuAVX512 = 1 << 16 | 1 << 17 | 1 << 30 };
enum { SavedAVX = 0x06, SavedAVX512 = 0xe6 };

static MutatorBool has(uint32_t answer, uint32_t bits, uint64_t components) {
  const uint32_t basic = cpuidRead(1, 0).ecx;
  return (answer & bits) == bits && (basic & CpuOSXSAVE) != 0 && (nativeComponents() & components) == components;
}

MutatorBool faultTestFeature(FaultTestFeature feature) {
  switch (feature) {
  case FaultTestFeatureAVX: return has(cpuidRead(1, 0).ecx, CpuAVX, SavedAVX);
  case FaultTestFeatureAVX2: return has(cpuidRead(7, 0).ebx, CpuAVX2, SavedAVX);
  case FaultTestFeatureAVX512: return has(cpuidRead(7, 0).ebx, CpuAVX512, SavedAVX512);
  default: return 0;
  }
}

uint64_t faultTestRandom(uint64_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed;
}
