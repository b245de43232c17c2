/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/posix/native.c -- what tests need, by mmap(2) and sigaction(2)
 */

#include "support/native.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cc/cpuid.h"

void nativeStopProgram(const char *what) {
  perror(what);
  _exit(1);
}

/* memory ----------------------------------------------------------------------- */

static const int protections[NativeProtectionLIMIT] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                                       PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC};

size_t nativePageSize(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static void *map(void *at, size_t size, NativeProtection protection, int flags, int file) {
  void *base = mmap(at, size, protections[protection], flags | (at != NULL ? NATIVE_MAP_THERE : 0), file, 0);
  if (base == MAP_FAILED || (at != NULL && base != at))
    nativeStopProgram("mmap");
  return base;
}

void *nativeMap(void *at, size_t size, NativeProtection protection) {
  return map(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

void nativeUnmap(void *base, size_t size) {
  if (munmap(base, size) != 0)
    nativeStopProgram("munmap");
}

void faultTestProtect(void *base, size_t size, int protection) {
  if (mprotect(base, size, protection) != 0)
    nativeStopProgram("mprotect");
}

void nativeProtect(void *base, size_t size, NativeProtection protection) {
  if (mprotect(base, size, protections[protection]) != 0)
    nativeStopProgram("mprotect");
}

MutatorBool nativeIsMapped(const void *address) {
  unsigned char resident[1];
  return mincore((void *)((uintptr_t)address & ~(uintptr_t)(nativePageSize() - 1)), 1, (void *)resident) == 0;
}

void *nativeMapHole(void *at) {
  const size_t page = nativePageSize();
  int file = nativeMemoryObject();
  void *base;
  if (file < 0 || ftruncate(file, (off_t)page) != 0)
    nativeStopProgram("ftruncate");
  base = map(at, 2 * page, NativeALL, MAP_SHARED, file);
  (void)close(file);
  return base;
}

void *nativeMapTwice(void *at, size_t size, NativeProtection protection, void **aliasReturn) {
  int file = nativeMemoryObject();
  void *base;
  if (file < 0 || ftruncate(file, (off_t)size) != 0)
    nativeStopProgram("ftruncate");
  base = map(at, size, protection, MAP_SHARED, file);
  *aliasReturn = map(NULL, size, NativeREADWRITE, MAP_SHARED, file);
  (void)close(file);
  return base;
}

void *nativeMapAgain(size_t size) {
  (void)size;
  return NULL;
}

/* stops ------------------------------------------------------------------------ */

NativeStopKind nativeStopKind(const NativeStopStruct *stop) {
  return stop->signal == SIGTRAP ? NativeStopTRAP : stop->signal == NATIVE_MEMORY ? NativeStopMEMORY : NativeStopOTHER;
}

int nativeStopNumber(const NativeStopStruct *stop) { return stop->signal; }

MutatorWord nativeStopAddress(const NativeStopStruct *stop) { return (MutatorWord)(uintptr_t)stop->info->si_addr; }

MutatorWord nativeUcontextGet(const ucontext_t *ucontext, unsigned reg) {
  MutatorWord value;
  memcpy(&value, nativeSlot(ucontext, reg), sizeof value);
  return value;
}

void nativeUcontextSet(ucontext_t *ucontext, unsigned reg, MutatorWord value) {
  memcpy(nativeSlot(ucontext, reg), &value, sizeof value);
}

MutatorWord nativeGet(const NativeStopStruct *stop, unsigned reg) { return nativeUcontextGet(stop->ucontext, reg); }

void nativeSet(NativeStop stop, unsigned reg, MutatorWord value) { nativeUcontextSet(stop->ucontext, reg, value); }

MutatorWord nativeBreakpoint(const NativeStopStruct *stop) { return nativeGet(stop, MutatorRegisterPC) - 1; }

MutatorBool nativeRecover(NativeStop stop) { return MutatorFaultRecover(stop->info, stop->ucontext); }

static MutatorBool (*handler)(NativeStop stop);

static void onSignal(int signal, siginfo_t *info, void *ucontext) {
  NativeStopStruct stop = {signal, info, ucontext};
  if (!handler(&stop)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    (void)sigaction(signal, &action, NULL);
  }
}

void *nativeHandlerStack(size_t size) {
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = nativeMap(NULL, size, NativeREADWRITE);
  stack.ss_size = size;
  if (sigaltstack(&stack, NULL) != 0)
    nativeStopProgram("sigaltstack");
  return stack.ss_sp;
}

void nativeHandle(MutatorBool (*newHandler)(NativeStop stop)) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  struct sigaction action;
  size_t i;
  (void)nativeHandlerStack((size_t)1 << 20);
  handler = newHandler;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (i = 0; i < sizeof signals / sizeof signals[0]; ++i)
    if (sigaction(signals[i], &action, NULL) != 0)
      nativeStopProgram("sigaction");
}

size_t nativeFrameSize(void) { return 0; }

/* forgeries -------------------------------------------------------------------- */

void nativeRaise(void) {
  if (kill(getpid(), SIGSEGV) != 0)
    nativeStopProgram("kill");
}

void nativeSleep(unsigned milliseconds) { (void)usleep(1000 * milliseconds); }

/* pictures --------------------------------------------------------------------- */

void nativePictureTake(NativePicture picture, const NativeStopStruct *stop) {
  size_t size;
  const unsigned char *apart = nativeBehind(stop->ucontext, &size);
  picture->info = *stop->info;
  memcpy(&picture->ucontext, stop->ucontext, nativeUcontextSize());
  picture->apartSize = size < sizeof picture->apart ? size : sizeof picture->apart;
  if (size > 0)
    memcpy(picture->apart, apart, picture->apartSize);
}

MutatorBool nativePictureSame(const NativePictureStruct *picture, const NativeStopStruct *stop) {
  size_t size;
  const unsigned char *apart = nativeBehind(stop->ucontext, &size);
  return memcmp(&picture->info, stop->info, sizeof *stop->info) == 0 &&
         memcmp(&picture->ucontext, stop->ucontext, nativeUcontextSize()) == 0 &&
         (picture->apartSize == 0 || memcmp(picture->apart, apart, picture->apartSize) == 0);
}

void nativePictureResume(const NativePictureStruct *picture, NativeStop stop) {
  size_t size;
  unsigned char *apart = nativeBehind(stop->ucontext, &size);
  stop->ucontext->uc_stack = picture->ucontext.uc_stack; /* a handler's own faults may find it in another state */
  if (picture->apartSize > 0)
    memcpy(apart, picture->apart, picture->apartSize);
  nativeRestore(stop->ucontext, &picture->ucontext);
}

/* others ----------------------------------------------------------------------- */

enum { OddERRNO = 4711 };

void nativeErrorSet(void) { errno = OddERRNO; }

void nativeErrorSpoil(void) { errno = EPIPE; }

MutatorBool nativeErrorKept(void) { return errno == OddERRNO; }

/* What the CPU says that the kernel has turned on. */
uint64_t nativeComponents(void) {
  const CpuidStruct answer = cpuidRead(0xd, 0);
  return answer.eax | (uint64_t)answer.edx << 32;
}

double nativeSeconds(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}
