/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9: bad arguments, areas and contexts are refused with a reason, and nothing changes
 */

#include <pthread.h>
#include <string.h>

#include "arch/x86/native.h"
#include "support/fault_test.h"
#include "support/inject.h"

static unsigned long called, stops;

static void callback(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  injectSkip(context, 2);
}

static void trap(void) { __asm__ volatile("ud2" ::: "memory"); }

/* what a handler is refused -------------------------------------------------- */

/* Refused with that, and the record is the same to the byte. */
static void expect(NativeStop stop, MutatorRes res, MutatorInjectRefusal reason) {
  static NativePictureStruct before;
  MutatorInjectRefusal refusal = MutatorInjectRefusalLIMIT;
  MutatorContextStruct context;
  MutatorRes got;
  nativePictureTake(&before, stop);
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  got = MutatorInject(&context, callback, NULL, &refusal);
  CHECK(got == res && refusal == reason, "result %d, refusal %d; not %d, %d", got, (int)refusal, res, (int)reason);
  CHECK(!MutatorInjectReturn(&context), "taken for a second trap");
  CHECK(nativePictureSame(&before, stop), "the record has changed");
  CHECK(MutatorInjectDepth() == 0, "depth");
}

/* The same with another register; it gets its value back. */
static void expectWith(NativeStop stop, unsigned reg, MutatorWord value, MutatorRes res, MutatorInjectRefusal reason) {
  const MutatorWord before = nativeGet(stop, reg);
  nativeSet(stop, reg, value);
  expect(stop, res, reason);
  nativeSet(stop, reg, before);
}

static void advance(NativeStop stop) { nativeSet(stop, MutatorRegisterPC, nativeGet(stop, MutatorRegisterPC) + 2); }

static MutatorBool sent(NativeStop stop) {
  if (nativeRecover(stop))
    return 1;
  stops++;
  expect(stop, MutatorResUNIMPL, MutatorInjectRefusalASYNC);
  return 1;
}

static MutatorBool unattached(NativeStop stop) {
  if (nativeRecover(stop))
    return 1;
  stops++;
  expect(stop, MutatorResSTATE, MutatorInjectRefusalSETUP);
  advance(stop);
  return 1;
}

static void badArguments(NativeStop stop) {
  MutatorContextStruct context;
  MutatorInjectRefusal refusal;
  if (nativeInitThreadOf(&context, stop) == MutatorResOK)
    CHECK(MutatorInject(&context, callback, NULL, &refusal) == MutatorResPARAM, "a THREAD context");
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  CHECK(MutatorInject(&context, NULL, NULL, &refusal) == MutatorResPARAM, "no callback");
  CHECK(MutatorInject(NULL, callback, NULL, &refusal) == MutatorResPARAM, "no context");
  CHECK(!MutatorInjectReturn(NULL), "no context is a second trap");
  memset(&context, 0, sizeof context);
  CHECK(MutatorInject(&context, callback, NULL, &refusal) == MutatorResPARAM, "no context");
  CHECK(!MutatorInjectReturn(&context), "no context is a second trap");
}

/* A context of one thread, on another, which has an area too. */
static void *elsewhere(void *context) {
  void *area = injectAttach(1, NULL);
  MutatorInjectRefusal refusal;
  CHECK(MutatorInject(context, callback, NULL, &refusal) == MutatorResPARAM, "another thread's context");
  CHECK(MutatorInjectDepth() == 0, "depth");
  injectDetach(area, 1);
  return NULL;
}

static void wrongThread(NativeStop stop) {
  static NativePictureStruct before;
  MutatorContextStruct context;
  pthread_t thread;
  nativePictureTake(&before, stop);
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  CHECK(pthread_create(&thread, NULL, elsewhere, &context) == 0 && pthread_join(thread, NULL) == 0, "thread");
  CHECK(nativePictureSame(&before, stop), "the record has changed");
}

static MutatorBool manyThings(NativeStop stop) {
  if (nativeRecover(stop))
    return 1;
  stops++;
  badArguments(stop);
  wrongThread(stop);
  expectWith(stop, MutatorRegisterPC, (MutatorWord)mutatorNativeInjectEntry, MutatorResUNIMPL,
             MutatorInjectRefusalOWNCODE);
  expectWith(stop, MutatorRegisterPC, (MutatorWord)mutatorNativeInjectTrap, MutatorResUNIMPL,
             MutatorInjectRefusalOWNCODE);
  expectWith(stop, MutatorRegisterPC, (MutatorWord)mutatorNativeInjectEnd - 1, MutatorResUNIMPL,
             MutatorInjectRefusalOWNCODE);
  expectWith(stop, MutatorRegisterSP, 4096, MutatorResLIMIT, MutatorInjectRefusalROOM);
  expectWith(stop, MutatorRegisterSP, 0, MutatorResLIMIT, MutatorInjectRefusalROOM);
  expectWith(stop, MutatorRegisterSP, ~(MutatorWord)4095, MutatorResLIMIT, MutatorInjectRefusalROOM);
  advance(stop);
  return 1;
}

static void handlers(void) {
  void *area;
  nativeHandle(unattached);
  trap();
  area = injectAttach(1, NULL);
  nativeHandle(manyThings);
  trap();
  nativeHandle(sent);
  nativeRaise();
  CHECK(stops == 3 && called == 0, "%lu stops, %lu calls", stops, called);
  injectDetach(area, 1);
}

/* areas ---------------------------------------------------------------------- */

static void *other(void *area) {
  CHECK(MutatorInjectAttach(area, MutatorInjectAreaSize(1), NULL) == MutatorResBUSY, "another thread's area");
  CHECK(MutatorInjectDetach() == MutatorResSTATE, "detached without an area");
  CHECK(MutatorInjectDepth() == 0, "depth");
  CHECK(MutatorInjectAbandon() == MutatorResSTATE, "abandoned without an area");
  return NULL;
}

static void options(unsigned char *area, size_t size) {
  static unsigned char stack[32768];
  const MutatorInjectOptionsStruct bad[] = {
      {.size = 8},
      {.size = sizeof bad[0], .back = (MutatorInjectBack)9},
      {.size = sizeof bad[0], .stack = stack, .stackSize = 100},
      {.size = sizeof bad[0], .stack = NULL, .stackSize = 32768},
      {.size = sizeof bad[0], .stack = (void *)~(uintptr_t)4095, .stackSize = 32768},
  };
  size_t i;
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
    CHECK(MutatorInjectAttach(area, size, &bad[i]) == MutatorResPARAM, "options %u", (unsigned)i);
  CHECK(MutatorInjectAttach(area, size, (const void *)(stack + 1)) == MutatorResPARAM, "misaligned options");
}

static void areas(void) {
  const size_t size = MutatorInjectAreaSize(1);
  unsigned char *area = nativeMap(NULL, (2 * size + 4095) / 4096 * 4096, NativeREADWRITE);
  pthread_t thread;
  CHECK(size % 64 == 0, "%u bytes", (unsigned)size);
  CHECK(MutatorInjectAreaSize(0) == 0 && MutatorInjectAreaSize(65) == 0, "sizes");
  CHECK(MutatorInjectAreaSize(64) > 63 * (size - 512), "sizes");
  CHECK(MutatorInjectAttach(NULL, size, NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorInjectAttach(area + 8, size, NULL) == MutatorResPARAM, "misaligned");
  CHECK(MutatorInjectAttach(area, size - 1, NULL) == MutatorResPARAM, "too small");
  options(area, size);
  CHECK(MutatorInjectDetach() == MutatorResSTATE, "detached what was refused");
  CHECK(MutatorInjectAttach(area, size, NULL) == MutatorResOK, "attach");
  CHECK(MutatorInjectAttach(area + size, size, NULL) == MutatorResSTATE, "twice");
  CHECK(pthread_create(&thread, NULL, other, area) == 0 && pthread_join(thread, NULL) == 0, "thread");
  CHECK(MutatorInjectDetach() == MutatorResOK, "detach");
  CHECK(MutatorInjectDetach() == MutatorResSTATE, "detach twice");
}

/* callbacks that misbehave --------------------------------------------------- */

static void detachInside(MutatorContext context, void *closure) {
  called++;
  (void)closure;
  CHECK(MutatorInjectDetach() == MutatorResBUSY, "detached under its feet");
  injectSkip(context, 2);
}

static void *outside[5]; /* as the compiler wants it */

static void escape(void) { __builtin_longjmp(outside, 1); }

/* The thread stands in the trampoline and cannot go on: to be sent out of the injection. */
static void standing(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal) {
  MutatorWord sp;
  stops++;
  CHECK(res == MutatorResUNIMPL && refusal == MutatorInjectRefusalOWNCODE, "result %d, refusal %d", res, (int)refusal);
  CHECK(*(unsigned char *)MutatorContextPC(context) == 0xf4, "not at HLT");
  CHECK(MutatorContextGetRegister(context, MutatorRegisterSP, &sp) == MutatorResOK, "SP");
  sp = (sp & ~(MutatorWord)63) - sizeof sp;
  CHECK(MutatorContextSetRegister(context, MutatorRegisterSP, sp) == MutatorResOK, "SP");
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)(uintptr_t)escape) == MutatorResOK, "PC");
}

/* Returns after it gave up its injection. */
static void returning(MutatorContext context, void *closure) {
  (void)context, (void)closure;
  called++;
  CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
}

/* And when its frame has served another since. */
static void returningLate(MutatorContext context, void *closure) {
  (void)closure;
  if (called++ != 0) {
    injectSkip(context, 2);
    return;
  }
  CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
  trap();
}

/* Jumps into the trampoline, as wild code may. */
static void jumping(MutatorContext context, void *closure) {
  const void *place = mutatorNativeInjectTrap;
  void (*function)(void);
  (void)context, (void)closure;
  called++;
  memcpy(&function, &place, sizeof function);
  function();
}

static void misbehave(MutatorInjectCallback function, MutatorInjectBack back, unsigned long calls) {
  const MutatorInjectOptionsStruct how = {.size = sizeof how, .back = back};
  void *area = injectAttach(2, &how);
  called = stops = 0;
  injectHandler.refused = standing;
  injectHandlerInstall(function, NULL);
  if (__builtin_setjmp(outside) == 0)
    trap();
  CHECK(called == calls && stops == 1, "%lu calls, %lu stops", called, stops);
  if (MutatorInjectDepth() != 0)
    CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
  injectDetach(area, 2);
}

/* Stores into the trampoline: a fault like any other, of the callback, which is injected into in its turn. */
static void scribbling(MutatorContext context, void *closure) {
  void *address;
  (void)closure;
  if (called++ == 0) {
    __asm__ volatile("movb $0x90, (%0)" ::"a"(mutatorNativeInjectEntry) : "memory");
    injectSkip(context, 2);
    return;
  }
  CHECK(MutatorContextKind(context) == MutatorFaultKindPROTECTION, "kind %d", (int)MutatorContextKind(context));
  CHECK(MutatorContextAddress(context, &address) == MutatorResOK && address == (const void *)mutatorNativeInjectEntry,
        "at %p", address);
  CHECK(MutatorInjectDepth() == 2, "depth %u", MutatorInjectDepth());
  injectSkip(context, 3);
}

static void scribble(void) {
  void *area = injectAttach(2, NULL);
  called = 0;
  injectHandler.refused = NULL;
  injectHandlerInstall(scribbling, NULL);
  trap();
  CHECK(called == 2 && MutatorInjectDepth() == 0, "%lu calls", called);
  injectDetach(area, 2);
}

static void inside(void) {
  void *area = injectAttach(1, NULL);
  called = 0;
  injectHandlerInstall(detachInside, NULL);
  trap();
  CHECK(called == 1, "not called");
  injectDetach(area, 1);
}

int main(void) {
  unsigned char memory[64 * 3];
  CHECK(MutatorInjectAttach((void *)((uintptr_t)(memory + 63) & ~(uintptr_t)63), 64, NULL) == MutatorResPARAM,
        "before set-up, too small");
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  areas();
  handlers();
  inside();
  misbehave(returning, MutatorInjectBackAUTO, 1);
  misbehave(returning, MutatorInjectBackTRAP, 1);
  misbehave(returningLate, MutatorInjectBackAUTO, 2);
  misbehave(jumping, MutatorInjectBackAUTO, 1);
  misbehave(jumping, MutatorInjectBackTRAP, 1);
  scribble();
  return 0;
}
