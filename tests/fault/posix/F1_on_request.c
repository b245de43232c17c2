/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F1_on_request.c -- illegal instructions, traps and arithmetic are caught when asked for, and only then
 *
 * Also: options that are wrong, and asking again for more.
 */

#include "support/fault_test.h"

#include <string.h>

static const int signals[] = {SIGILL, SIGTRAP, SIGFPE};
static const MutatorFaultHook hooks[] = {MutatorFaultHookILLEGAL, MutatorFaultHookTRAP, MutatorFaultHookFLOAT};
static const MutatorFaultKind kinds[] = {MutatorFaultKindILLEGAL, MutatorFaultKindBREAKPOINT, MutatorFaultKindDIVIDE};

static volatile unsigned asked, forwarded;
static MutatorFaultKind kind;
static volatile MutatorFaultResult answer;

/* Each of the instructions below is two bytes long, but for int3, after which the PC already is. */
static void skip(MutatorContext context) {
  MutatorWord pc;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "PC");
  if (kind != MutatorFaultKindBREAKPOINT)
    CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc + 2) == MutatorResOK, "PC");
}

static MutatorFaultResult handle(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  CHECK(closure == (void *)handler, "the closure");
  asked++;
  kind = MutatorContextKind(context);
  if (answer == MutatorFaultHANDLED)
    skip(context);
  return answer;
}

static void previous(int signal, siginfo_t *info, void *ucontext) {
  NativeStopStruct stop = {signal, info, ucontext};
  MutatorContextStruct context;
  CHECK(nativeInit(&context, &stop) == MutatorResOK, "InitFault");
  kind = MutatorContextKind(&context);
  forwarded++;
  skip(&context);
}

static void trap(size_t i) {
  if (i == 0)
    __asm__ volatile("ud2");
  else if (i == 1)
    __asm__ volatile("int3");
  else
    __asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" : : : "eax", "ecx", "edx", "cc");
}

/* Exactly one of the two sees it. */
static void expect(size_t i, unsigned toUs, unsigned toPrevious) {
  const unsigned before = asked, beforePrevious = forwarded;
  trap(i);
  CHECK(asked - before == toUs && forwarded - beforePrevious == toPrevious, "signal %d: %u and %u", signals[i],
        asked - before, forwarded - beforePrevious);
  CHECK(kind == kinds[i], "signal %d: kind %d", signals[i], (int)kind);
}

static void install(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = previous;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(signal, &action, NULL) == 0, "sigaction");
}

static MutatorBool isPrevious(int signal) {
  struct sigaction action;
  CHECK(sigaction(signal, NULL, &action) == 0, "sigaction");
  return action.sa_sigaction == previous;
}

static void badOptions(void) {
  MutatorFaultOptionsStruct options;
  MutatorOptionsStruct sizes;
  memset(&options, 0, sizeof options);
  CHECK(MutatorFaultOptionsInit(NULL) == MutatorResPARAM, "NULL");
  CHECK(MutatorFaultOptionsInit((MutatorFaultOptions)(void *)((char *)&options + 1)) == MutatorResPARAM, "misaligned");
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResPARAM, "not initialised");
  CHECK(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  options.hook = 8;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResPARAM, "an unknown hook");
  options.hook = 0;
  options.earlierFirst = 2;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResPARAM, "not a boolean");
  options.earlierFirst = 0;
  options.callbackStack = ((size_t)1 << 24) + 1;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResPARAM, "a huge stack");
  options.callbackStack = 0;
  memset(&sizes, 0, sizeof sizes);
  CHECK(MutatorFaultSetupWith(&sizes, &options) == MutatorResPARAM, "sizes not initialised");
  CHECK(isPrevious(SIGILL) && isPrevious(SIGTRAP) && isPrevious(SIGFPE), "nothing was installed");
  CHECK(MutatorFaultFinish() == MutatorResSTATE, "nothing was installed");
}

int main(void) {
  static MutatorFaultHandlerStruct handler;
  MutatorFaultOptionsStruct options;
  size_t i, j;
  for (i = 0; i < 3; i++)
    install(signals[i]);
  badOptions();
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "setup");
  CHECK(MutatorFaultHandlerAdd(&handler, 0, handle, &handler) == MutatorResOK, "add");
  answer = MutatorFaultHANDLED;
  for (i = 0; i < 3; i++)
    expect(i, 0, 1);
  CHECK(MutatorFaultOptionsInit(&options) == MutatorResOK, "options");
  for (i = 0; i < 3; i++) {
    options.hook = hooks[i]; /* those of before stay */
    CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResOK, "one more");
    for (j = 0; j < 3; j++)
      expect(j, j <= i, j > i);
  }
  answer = MutatorFaultDECLINED;
  for (i = 0; i < 3; i++)
    expect(i, 1, 1);
  options.earlierFirst = 1;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResSTATE, "another order");
  options.earlierFirst = 0;
  options.callbackStack = 1;
  CHECK(MutatorFaultSetupWith(NULL, &options) == MutatorResSTATE, "another size");
  CHECK(MutatorFaultSetupWith(NULL, NULL) == MutatorResOK, "as it is");
  install(SIGTRAP);
  CHECK(MutatorFaultFinish() == MutatorResBUSY, "somebody is on top");
  for (i = 0; i < 3; i++)
    expect(i, i != 1, 1);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK && isPrevious(SIGTRAP), "installed is installed");
  (void)signal(SIGTRAP, SIG_DFL);
  CHECK(MutatorFaultFinish() == MutatorResBUSY, "nor is the default ours");
  return 0;
}
