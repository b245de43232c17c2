/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I9: a signal that somebody sent, and records that lack what is needed to go
 * back, are refused with a reason, and nothing changes
 */

#include <pthread.h>
#include <signal.h>

#include "support/fault_test.h"
#include "support/inject.h"

static unsigned long stops;

static void callback(MutatorContext context, void *closure) {
  (void)context, (void)closure;
  CHECK(0, "called");
}

static void expect(NativeStop stop, MutatorInjectRefusal reason) {
  static NativePictureStruct before;
  MutatorInjectRefusal refusal = MutatorInjectRefusalLIMIT;
  MutatorContextStruct context;
  MutatorRes got;
  nativePictureTake(&before, stop);
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  got = MutatorInject(&context, callback, NULL, &refusal);
  CHECK(got == MutatorResUNIMPL && refusal == reason, "result %d, refusal %d, not %d", got, (int)refusal, (int)reason);
  CHECK(nativePictureSame(&before, stop), "the record has changed");
  CHECK(!MutatorInjectReturn(&context), "taken for a second trap");
}

static MutatorBool sent(NativeStop stop) {
  stops++;
  expect(stop, MutatorInjectRefusalASYNC);
  return 1;
}

/* The other mode's code segment, then no vector registers. */
static MutatorBool lacking(NativeStop stop) {
  ucontext_t copy = *stop->ucontext;
  NativeStopStruct forged = {stop->signal, stop->info, &copy};
  if (nativeRecover(stop))
    return 1;
  stops++;
  nativeForeignCode(&copy);
  expect(&forged, MutatorInjectRefusalSTATE);
  copy = *stop->ucontext;
  nativeWithoutVector(&copy);
  expect(&forged, MutatorInjectRefusalSTATE);
  nativeSet(stop, MutatorRegisterPC, nativeGet(stop, MutatorRegisterPC) + 2);
  return 1;
}

int main(void) {
  static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP};
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  (void)injectAttach(1, NULL);
  nativeHandle(lacking);
  __asm__ volatile("ud2");
  nativeHandle(sent);
  for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
    CHECK(raise(signals[i]) == 0, "raise");
  CHECK(stops == 1 + sizeof signals / sizeof signals[0], "%lu stops", stops);
  return 0;
}
