/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C8_scan_initial.c -- a scan never passes bytes that the system did not write
 *
 * A component of the extended state that is in its initial state is marked so,
 * and its bytes are whatever was there before.  Here they are poison: in frames
 * as the kernel makes them, and in frames whose marks the test clears one by one.
 */

#include "support/fault_test.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

/* RSI 64 words, none of them poison. */
#define LOAD_SSE ".irp n," FAULT_TEST_XMM "\nmovups 16*\\n(" rSI "), %xmm\\n\n.endr\n"
SNIPPET(faultSSE, "fninit\n" LOAD_SSE "mov (" rDI "), " rAX);
SNIPPET(faultUpperZero, "fninit\n" LOAD_SSE "vzeroupper; mov (" rDI "), " rAX);
SNIPPET(faultAllZero, "fninit; vzeroall; mov (" rDI "), " rAX);
SNIPPET(faultAVX, ".irp n," FAULT_TEST_XMM "\nvmovups (" rSI "), %ymm\\n\n.endr\n"
                  "movq (" rSI "), %mm0; mov (" rDI "), " rAX);
SNIPPET(fault512, ".irp n," FAULT_TEST_ZMM "\nvmovups (" rSI "), %zmm\\n\n.endr\n"
                  "kmovq (" rSI "), %k1; movq (" rSI "), %mm0; mov (" rDI "), " rAX);

static const MutatorWord poison = (MutatorWord)UINT64_C(0xdeadbeefdeadbeef);
enum { StackSize = 1 << 20, HeaderOffset = 512 };
static unsigned char *stack;

/* components -------------------------------------------------------------------- */

typedef struct Component {
  const char *name;
  unsigned bit;
  size_t offset, size;
} Component;

static Component components[] = {{"x87", 0, 32, 128}, {"SSE", 1, 160, 16 * FAULT_TEST_XMMS}, {"AVX", 2, 0, 0},
                                 {"masks", 5, 0, 0},  {"ZMM upper halves", 6, 0, 0},         {"ZMM16 to 31", 7, 0, 0}};
enum { Components = sizeof components / sizeof components[0] };

/* CPUID leaf 0xD: EAX the size, EBX the offset. */
static void findComponents(void) {
  unsigned i;
  for (i = 2; i < Components; i++) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(0xd, components[i].bit, &a, &b, &c, &d) != 0) {
      components[i].size = a;
      components[i].offset = b;
    }
  }
}

static unsigned char *stateOf(FaultTestStop stop) { return nativeFxsave(stop->native.ucontext); }

static uint64_t present(FaultTestStop stop) {
  uint64_t bits;
  memcpy(&bits, stateOf(stop) + HeaderOffset, sizeof bits);
  return bits;
}

/* scans --------------------------------------------------------------------------- */

typedef struct Watch {
  const unsigned char *base, *limit;
  unsigned poisoned, inside;
} Watch;

static MutatorRes watch(void *base, void *limit, void *closure) {
  Watch *w = closure;
  MutatorWord *word;
  for (word = base; word < (MutatorWord *)limit; word++) {
    if (*word == poison)
      w->poisoned++;
    if ((unsigned char *)word >= w->base && (unsigned char *)word < w->limit)
      w->inside++;
  }
  return MutatorResOK;
}

static Watch scan(FaultTestStop stop, const Component *component) {
  unsigned char *base = stateOf(stop) + component->offset;
  Watch w = {base, base + component->size, 0, 0};
  CHECK(MutatorContextScan(&stop->context, watch, &w) == MutatorResOK, "Scan");
  return w;
}

/* As the kernel made it. */
static void checkFrame(FaultTestStop stop) {
  unsigned i;
  for (i = 0; i < Components; i++) {
    Watch w;
    if (components[i].size == 0)
      continue;
    w = scan(stop, &components[i]);
    CHECK(w.poisoned == 0, "%s: poison", components[i].name);
    if ((present(stop) >> components[i].bit & 1) == 0)
      CHECK(w.inside == 0, "%s is in its initial state: %u words passed", components[i].name, w.inside);
    else
      CHECK(w.inside > 0, "%s is there: nothing passed", components[i].name);
  }
}

/* One component made initial, and full of poison. */
static void checkWithout(FaultTestStop stop, const Component *component) {
  unsigned char saved[4096];
  unsigned char *base = stateOf(stop) + component->offset;
  uint64_t bits = present(stop), without = bits & ~((uint64_t)1 << component->bit);
  size_t i;
  Watch w;
  memcpy(saved, base, component->size);
  for (i = 0; i < component->size; i += sizeof poison)
    memcpy(base + i, &poison, sizeof poison);
  memcpy(stateOf(stop) + HeaderOffset, &without, sizeof without);
  w = scan(stop, component);
  CHECK(w.poisoned == 0 && w.inside == 0, "%s made initial: %u words passed", component->name, w.inside);
  memcpy(stateOf(stop) + HeaderOffset, &bits, sizeof bits);
  memcpy(base, saved, component->size);
}

/* A record whose state is not the kernel's: only what is certain is passed. */
static void checkForeign(FaultTestStop stop) {
  unsigned char *state = stateOf(stop);
  const Component all = {"extended state", 0, HeaderOffset, 2048};
  const fpregset_t fpregs = stop->native.ucontext->uc_mcontext.fpregs;
  uint32_t magic;
  memcpy(&magic, state + 464, sizeof magic);
  memset(state + 464, 0, sizeof magic);
  CHECK(scan(stop, &all).inside == 0, "no magic number, so no extended state");
  memcpy(state + 464, &magic, sizeof magic);
  stop->native.ucontext->uc_mcontext.fpregs = NULL;
  CHECK(MutatorContextScan(&stop->context, watch, &(Watch){0}) == MutatorResOK, "no state at all");
  stop->native.ucontext->uc_mcontext.fpregs = fpregs;
}

static MutatorBool probe(FaultTestStop stop) {
  unsigned i;
  (void)printf("%s: components %#llx\n", (const char *)stop->closure, (unsigned long long)present(stop));
  checkFrame(stop);
  for (i = 0; i < Components; i++)
    if (components[i].size > 0 && (present(stop) >> components[i].bit & 1) != 0)
      checkWithout(stop, &components[i]);
  checkForeign(stop);
  return 0;
}

static void run(const char *name, const unsigned char *code, const unsigned char *end) {
  static MutatorWord words[64];
  FaultTestRegisters registers = {{0}};
  char closure[32];
  size_t i;
  (void)snprintf(closure, sizeof closure, "%s", name);
  for (i = 0; i < 64; i++)
    words[i] = (MutatorWord)UINT64_C(0x1111111111111111) + i;
  for (i = 0; i < StackSize; i += sizeof poison)
    memcpy(stack + i, &poison, sizeof poison);
  registers.word[FaultTestDI] = (MutatorWord)faultTestPageNew(FaultTestPageNOACCESS);
  registers.word[FaultTestSI] = (MutatorWord)words;
  (void)faultTestRun(&registers, faultTestCode(code, (size_t)(end - code)), probe, closure);
  CHECK(faultTestStops() == 1, "%s: %u faults", name, faultTestStops());
}

#define RUN(name) run(#name, name, name##_end)

/* What a signal frame may have left in memory: the marks of AVX state, and poison for its bytes. */
static void leaveMarks(unsigned char *state) {
  const uint32_t first = 0x46505853, second = 0x46505845, size = 576 + 256, extended = size + sizeof second;
  const uint64_t bits = 7;
  memcpy(state + 464, &first, sizeof first);
  memcpy(state + 468, &extended, sizeof extended);
  memcpy(state + 472, &bits, sizeof bits);
  memcpy(state + 480, &size, sizeof size);
  memcpy(state + HeaderOffset, &bits, sizeof bits);
  memcpy(state + size, &second, sizeof second);
}

/* getcontext(3) leaves no vector registers. */
static void captured(MutatorBool marks) {
  static union {
    ucontext_t ucontext;
    MutatorWord word[1024];
  } record;
  ucontext_t *ucontext = &record.ucontext;
  MutatorContextStruct context;
  Watch w = {0};
  size_t i;
  for (i = 0; i < sizeof record / sizeof poison; i++)
    record.word[i] = poison;
  if (marks)
    leaveMarks((unsigned char *)&ucontext->__fpregs_mem);
  CHECK(getcontext(ucontext) == 0, "getcontext");
  for (i = 0; i < NGREG; i++) /* the registers that it does not save are not our business */
    if ((MutatorWord)ucontext->uc_mcontext.gregs[i] == poison)
      ucontext->uc_mcontext.gregs[i] = 0;
  CHECK(MutatorContextInitThread(&context, ucontext) == MutatorResOK, "InitThread");
  CHECK(MutatorContextScan(&context, watch, &w) == MutatorResOK, "Scan");
  CHECK(w.poisoned == 0, "%u words that getcontext did not write", w.poisoned);
}

int main(void) {
  faultTestSetup();
  stack = nativeHandlerStack(StackSize);
  findComponents();
  captured(0);
  captured(1);
  RUN(faultSSE);
  if (faultTestFeature(FaultTestFeatureAVX)) {
    RUN(faultUpperZero);
    RUN(faultAllZero);
    RUN(faultAVX);
  }
  if (faultTestFeature(FaultTestFeatureAVX512))
    RUN(fault512);
  return 0;
}
