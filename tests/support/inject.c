/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject.c -- a client's own handler that injects a call at every trap
 */

#include "support/inject.h"

#include <string.h>

#include "cc/cpuid.h"
#include "support/fault_test.h"

InjectHandlerStruct injectHandler;

static void count(volatile unsigned long *counter) { (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

static void inject(MutatorContext context) {
  MutatorInjectRefusal refusal = MutatorInjectRefusalNONE;
  const MutatorRes res = MutatorInject(context, injectHandler.callback, injectHandler.closure, &refusal);
  CHECK(res == MutatorResOK || injectHandler.refused != NULL, "refused: %d, kind %d, PC %p", (int)refusal,
        (int)MutatorContextKind(context), MutatorContextPC(context));
  if (res != MutatorResOK) {
    injectHandler.refused(context, res, refusal);
    return;
  }
  count(&injectHandler.calls);
  if (injectHandler.injected != NULL)
    injectHandler.injected(context);
}

/* The kernel leaves AC to the handler, and C code may make misaligned accesses. */
static MutatorBool handler(NativeStop stop) {
  MutatorContextStruct context;
  injectClearAC();
  if (nativeRecover(stop))
    return 1;
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  if (MutatorInjectReturn(&context))
    count(&injectHandler.returned);
  else
    inject(&context);
  return 1;
}

void injectHandlerInstall(MutatorInjectCallback callback, void *closure) {
  injectHandler.callback = callback;
  injectHandler.closure = closure;
  injectHandler.calls = injectHandler.returned = 0;
  nativeHandle(handler);
}

static size_t pagesOf(size_t size) {
  const size_t page = nativePageSize();
  return (size + page - 1) / page * page;
}

void *injectAttach(unsigned depth, const MutatorInjectOptionsStruct *options) {
  const size_t size = MutatorInjectAreaSize(depth);
  void *area = nativeMap(NULL, pagesOf(size), NativeREADWRITE);
  const MutatorRes res = MutatorInjectAttach(area, size, options);
  CHECK(size != 0 && res == MutatorResOK, "attach: %d", res);
  return area;
}

void injectDetach(void *area, unsigned depth) {
  const MutatorRes res = MutatorInjectDetach();
  CHECK(res == MutatorResOK, "detach: %d", res);
  nativeUnmap(area, pagesOf(MutatorInjectAreaSize(depth)));
}

void injectSkip(MutatorContext context, size_t length) {
  MutatorWord pc;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "PC");
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc + length) == MutatorResOK, "PC");
}

uint64_t injectNext(uint64_t *seed) {
  uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint64_t injectComponents(void) { return nativeComponents() & ~(UINT64_C(1) << 9 | UINT64_C(3) << 17); }

/* In 32-bit mode the upper eight of sixteen registers, and the sixteen beyond, do not exist. */
static size_t sizeInMode(unsigned n, size_t size) {
  enum { SSE = 1, AVX = 2, ZMM = 6, HIGH = 7 };
  if (sizeof(void *) == 8)
    return size;
  return n == HIGH ? 0 : n == SSE || n == AVX || n == ZMM ? size / 2 : size;
}

/* The standard format (Intel SDM volume 1, section 13.4); the instruction takes long under a hypervisor. */
size_t injectComponentAt(unsigned n, size_t *sizeReturn) {
  static CpuidStruct places[InjectComponents];
  if (n < 2) {
    *sizeReturn = n == 0 ? 128 : sizeInMode(n, 256);
    return n == 0 ? 32 : 160;
  }
  if (places[n].eax == 0)
    places[n] = cpuidRead(0xd, n);
  *sizeReturn = sizeInMode(n, places[n].eax);
  return places[n].ebx;
}

/* Of x87's slots the CPU keeps ten bytes. */
static void fillComponent(unsigned char *state, uint64_t *seed, unsigned n) {
  size_t size, at, base = injectComponentAt(n, &size);
  CHECK(base + size <= InjectStateSIZE, "component %u ends at %u", n, (unsigned)(base + size));
  for (at = 0; at < size; at++)
    if (n != 0 || at % 16 < 10)
      state[base + at] = (unsigned char)injectNext(seed);
}

/* Exceptions masked, none pending. */
static void fillControls(unsigned char *state, uint64_t *seed) {
  const uint16_t control = (uint16_t)(0x007f | (injectNext(seed) & 0x0f00)); /* precision, rounding */
  const uint16_t status = (uint16_t)(injectNext(seed) & 0x7800);
  const uint32_t mxcsr = 0x1f80 | (uint32_t)(injectNext(seed) & 0xe03f);
  memcpy(state + InjectControlAT, &control, sizeof control);
  memcpy(state + InjectStatusAT, &status, sizeof status);
  state[InjectTagsAT] = (unsigned char)injectNext(seed);
  memcpy(state + InjectMxcsrAT, &mxcsr, sizeof mxcsr);
}

void injectFillState(unsigned char state[InjectStateSIZE], uint64_t *seed, uint64_t initial) {
  const uint64_t present = injectComponents() & ~initial;
  unsigned n;
  memset(state, 0, InjectStateSIZE);
  for (n = 0; n < InjectComponents - 1; n++)
    if ((present >> n & 1) != 0)
      fillComponent(state, seed, n);
  fillControls(state, seed);
  memcpy(state + InjectPresentAT, &present, sizeof present);
}

static void dirty(uint64_t *seed, uint64_t mask) {
  _Alignas(64) unsigned char state[InjectStateSIZE];
  static const uint16_t control = 0x037f;
  static const uint32_t mxcsr = 0x1f80;
  injectFillState(state, seed, 0);
  memcpy(state + InjectControlAT, &control, sizeof control);
  memcpy(state + InjectMxcsrAT, &mxcsr, sizeof mxcsr);
  injectLoadState(state, mask);
}

__attribute__((noinline)) void injectDirty(uint64_t *seed) { dirty(seed, injectComponents()); }

__attribute__((noinline)) void injectDirtyLegacy(uint64_t *seed) { dirty(seed, injectComponents() & 3); }
