/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/signal/native.c -- what tests need where a signal suspends threads, and XSAVE has written the frame
 */

#include <pthread.h>
#include <string.h>

#include "cc/cpuid.h"
#include "native_signal.h"

MutatorRes nativeInit(MutatorContext context, NativeStop stop) {
  return MutatorContextInitFault(context, stop->info, stop->ucontext);
}

MutatorBool nativeForgeAddress(NativeStop stop, MutatorWord address) {
  stop->info->si_addr = (void *)(uintptr_t)address;
  return 1;
}

MutatorBool nativeForgeSent(NativeStop stop) {
  stop->info->si_code = SI_USER;
  return 1;
}

void nativeFake(NativeStop stop) {
  static siginfo_t info;
  static ucontext_t ucontext;
  memset(&info, 0, sizeof info);
  memset(&ucontext, 0, sizeof ucontext);
  stop->signal = SIGSEGV;
  stop->info = &info;
  stop->ucontext = &ucontext;
}

/* threads ---------------------------------------------------------------------- */

/* A round is one suspension; the numbers only grow, so that nobody misses one. */
static struct {
  volatile unsigned wanted, parked, released;
  ucontext_t *volatile ucontext;
} suspension;

static void park(int signal, siginfo_t *info, void *ucontext) {
  const unsigned round = suspension.wanted;
  (void)signal;
  (void)info;
  suspension.ucontext = ucontext;
  suspension.parked = round;
  while (suspension.released != round)
    continue;
}

NativeThread nativeThreadSelf(void) { return pthread_self(); }

void nativeSuspend(NativeThread thread) {
  const unsigned round = suspension.wanted + 1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = park;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  suspension.wanted = round;
  if (sigaction(SIGUSR1, &action, NULL) != 0 || pthread_kill(thread, SIGUSR1) != 0)
    nativeStopProgram("a signal to suspend a thread");
  while (suspension.parked != round)
    continue;
}

void nativeResume(NativeThread thread) {
  (void)thread;
  suspension.released = suspension.wanted;
}

MutatorRes nativeInitThread(MutatorContext context, NativeThread thread) {
  (void)thread;
  return MutatorContextInitThread(context, suspension.ucontext);
}

MutatorRes nativeInitThreadOf(MutatorContext context, NativeStop stop) {
  return MutatorContextInitThread(context, stop->ucontext);
}

/* vector state ----------------------------------------------------------------- */

static unsigned componentOf(NativePart part) {
  static const unsigned char components[NativePartLIMIT] = {0, 1, 2, 5, 6, 7, 1, 0, 0, 0};
  return components[part];
}

uint64_t nativePartBit(NativePart part) { return (uint64_t)1 << componentOf(part); }

/* The instruction takes long under a hypervisor: it is asked once. */
static const CpuidStruct *placeOf(unsigned component) {
  static CpuidStruct answers[8];
  if (answers[component].eax == 0)
    answers[component] = cpuidRead(0xd, component);
  return &answers[component];
}

static unsigned char *extended(const ucontext_t *ucontext, unsigned component, size_t *sizeReturn) {
  const CpuidStruct *place = placeOf(component);
  *sizeReturn = place->eax;
  if (place->eax == 0 || (nativeStateComponents(ucontext) >> component & 1) == 0)
    return NULL;
  return nativeStateAt(ucontext, place->ebx, place->eax);
}

unsigned char *nativePart(const NativeStopStruct *stop, NativePart part, size_t *sizeReturn) {
  static const struct {
    unsigned short at, size;
  } legacy[NativePartLIMIT] = {
      [NativePartX87] = {NativeX87AT, 128},
      [NativePartXMM] = {NativeXmmAT, 32 * sizeof(void *)}, /* sixteen, or eight */
      [NativePartMXCSR] = {NativeMxcsrAT, 4},
      [NativePartTAGS] = {NativeTagsAT, 1},
      [NativePartCONTROL] = {NativeControlAT, 4},
      [NativePartPOINTERS] = {NativePointersAT, NativeMxcsrAT - NativePointersAT},
  };
  if (legacy[part].size == 0)
    return extended(stop->ucontext, componentOf(part), sizeReturn);
  *sizeReturn = legacy[part].size;
  return nativeStateAt(stop->ucontext, legacy[part].at, legacy[part].size);
}

uint64_t nativePresent(const NativeStopStruct *stop) {
  const unsigned char *at = nativeStateAt(stop->ucontext, NativePresentAT, sizeof(uint64_t));
  uint64_t present = 3;
  if (at != NULL)
    memcpy(&present, at, sizeof present);
  return present;
}

void nativePresentSet(NativeStop stop, uint64_t present) {
  unsigned char *at = nativeStateAt(stop->ucontext, NativePresentAT, sizeof present);
  if (at != NULL)
    memcpy(at, &present, sizeof present);
  nativeSettle(stop->ucontext);
}
