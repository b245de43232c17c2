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
#include <sys/syscall.h>
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
  void *base = mmap(at, size, protections[protection], flags | (at != NULL ? MAP_FIXED_NOREPLACE : 0), file, 0);
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
  unsigned char resident;
  return mincore((void *)((uintptr_t)address & ~(uintptr_t)(nativePageSize() - 1)), 1, &resident) == 0;
}

void *nativeMapHole(void *at) {
  const size_t page = nativePageSize();
  int file = memfd_create("hole", MFD_CLOEXEC);
  void *base;
  if (file < 0 || ftruncate(file, (off_t)page) != 0)
    nativeStopProgram("memfd_create");
  base = map(at, 2 * page, NativeALL, MAP_SHARED, file);
  (void)close(file);
  return base;
}

void *nativeMapTwice(void *at, size_t size, NativeProtection protection, void **aliasReturn) {
  int file = memfd_create("twice", MFD_CLOEXEC);
  void *base;
  if (file < 0 || ftruncate(file, (off_t)size) != 0)
    nativeStopProgram("memfd_create");
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
  return stop->signal == SIGTRAP ? NativeStopTRAP : stop->signal == SIGSEGV ? NativeStopMEMORY : NativeStopOTHER;
}

int nativeStopNumber(const NativeStopStruct *stop) { return stop->signal; }

MutatorWord nativeStopAddress(const NativeStopStruct *stop) { return (MutatorWord)(uintptr_t)stop->info->si_addr; }

MutatorWord nativeUcontextGet(const ucontext_t *ucontext, unsigned reg) {
  return (MutatorWord)ucontext->uc_mcontext.gregs[nativeSlots[reg]];
}

void nativeUcontextSet(ucontext_t *ucontext, unsigned reg, MutatorWord value) {
  ucontext->uc_mcontext.gregs[nativeSlots[reg]] = (greg_t)value;
}

MutatorWord nativeGet(const NativeStopStruct *stop, unsigned reg) { return nativeUcontextGet(stop->ucontext, reg); }

void nativeSet(NativeStop stop, unsigned reg, MutatorWord value) { nativeUcontextSet(stop->ucontext, reg, value); }

MutatorWord nativeBreakpoint(const NativeStopStruct *stop) { return nativeGet(stop, MutatorRegisterPC) - 1; }

MutatorRes nativeInit(MutatorContext context, NativeStop stop) {
  return MutatorContextInitFault(context, stop->info, stop->ucontext);
}

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

/* The kernel takes a stack pointer in the alternate stack for a handler's, and ends the program where
 * there is no room left below it; not with this flag, which the C library does not name (linux/signal.h). */
void nativeHandlerStackWhole(void) {
  const unsigned autodisarm = 1u << 31;
  stack_t stack;
  if (sigaltstack(NULL, &stack) != 0)
    nativeStopProgram("sigaltstack");
  stack.ss_flags = (int)autodisarm;
  if (sigaltstack(&stack, NULL) != 0)
    nativeStopProgram("sigaltstack with SS_AUTODISARM");
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

enum { WriteBit = 2, FetchBit = 16, BreakpointTRAP = 3, GeneralTRAP = 13, UnknownTRAP = 99 };

MutatorBool nativeForgeAddress(NativeStop stop, MutatorWord address) {
  stop->info->si_addr = (void *)(uintptr_t)address;
  return 1;
}

MutatorBool nativeForgeDirection(NativeStop stop) {
  stop->ucontext->uc_mcontext.gregs[REG_ERR] ^= WriteBit;
  return 1;
}

MutatorBool nativeForgeFetch(NativeStop stop) {
  stop->ucontext->uc_mcontext.gregs[REG_ERR] |= FetchBit;
  return 1;
}

MutatorBool nativeForgeSent(NativeStop stop) {
  stop->info->si_code = SI_USER;
  return 1;
}

MutatorBool nativeForgeGeneral(NativeStop stop) {
  stop->info->si_code = SI_KERNEL;
  stop->ucontext->uc_mcontext.gregs[REG_TRAPNO] = GeneralTRAP;
  return 1;
}

MutatorBool nativeForgeUnknown(NativeStop stop) {
  stop->ucontext->uc_mcontext.gregs[REG_TRAPNO] = UnknownTRAP;
  return 1;
}

MutatorBool nativeForgeBreakpoint(NativeStop stop) {
  stop->info->si_signo = SIGTRAP;
  stop->info->si_code = SI_KERNEL;
  stop->ucontext->uc_mcontext.gregs[REG_TRAPNO] = BreakpointTRAP;
  return 1;
}

void nativeRaise(void) {
  if (kill(getpid(), SIGSEGV) != 0)
    nativeStopProgram("kill");
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

void nativeFakeFault(NativeStop stop, MutatorWord address, unsigned code) {
  enum { PageFaultTRAP = 14 };
  nativeFake(stop);
  stop->info->si_signo = SIGSEGV;
  stop->info->si_code = SEGV_ACCERR;
  stop->info->si_addr = (void *)(uintptr_t)address;
  stop->ucontext->uc_mcontext.gregs[REG_TRAPNO] = PageFaultTRAP;
  stop->ucontext->uc_mcontext.gregs[REG_ERR] = (greg_t)code;
}

MutatorWord nativeErrorCode(const NativeStopStruct *stop) {
  return (MutatorWord)stop->ucontext->uc_mcontext.gregs[REG_ERR];
}

MutatorBool nativeIsGeneral(MutatorContext context, const MutatorWord *word) {
  const greg_t *gregs = context->native.ucontext->uc_mcontext.gregs;
  return (const greg_t *)(const void *)word >= gregs && (const greg_t *)(const void *)word < gregs + NGREG;
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

NativeThread nativeThreadSelf(void) { return (pid_t)syscall(SYS_gettid); }

void nativeSuspend(NativeThread thread) {
  const unsigned round = suspension.wanted + 1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = park;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  suspension.wanted = round;
  if (sigaction(SIGUSR1, &action, NULL) != 0 || syscall(SYS_tgkill, getpid(), thread, SIGUSR1) != 0)
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

void nativeSleep(unsigned milliseconds) { (void)usleep(1000 * milliseconds); }

/* vector state ----------------------------------------------------------------- */

enum {
  ControlAT = 0,
  TagsAT = 4,
  PointersAT = 6,
  MxcsrAT = 24,
  X87AT = 32,
  XmmAT = 160,
  SoftwareAT = 464,
  PresentAT = 512
};

/* The software-reserved bytes of the FXSAVE area say how long it is (asm/sigcontext.h). */
static size_t vectorSize(const unsigned char *state) {
  uint32_t magic, size;
  if (state == NULL)
    return 0;
  memcpy(&magic, state + SoftwareAT, sizeof magic);
  memcpy(&size, state + SoftwareAT + 16, sizeof size);
  return magic == 0x46505853 ? size : 512;
}

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

static unsigned char *extended(unsigned char *state, unsigned component, size_t *sizeReturn) {
  const CpuidStruct *place = placeOf(component);
  uint64_t features;
  memcpy(&features, state + SoftwareAT + 8, sizeof features);
  *sizeReturn = place->eax;
  if (vectorSize(state) <= 512 || (features >> component & 1) == 0 || place->eax == 0 ||
      place->ebx + place->eax > vectorSize(state))
    return NULL;
  return state + place->ebx;
}

unsigned char *nativePart(const NativeStopStruct *stop, NativePart part, size_t *sizeReturn) {
  unsigned char *state = nativeFxsave(stop->ucontext);
  switch (part) {
  case NativePartX87: *sizeReturn = 128; return state + X87AT;
  case NativePartXMM: *sizeReturn = 32 * sizeof(void *); return state + XmmAT; /* sixteen, or eight */
  case NativePartMXCSR: *sizeReturn = 4; return state + MxcsrAT;
  case NativePartTAGS: *sizeReturn = 1; return state + TagsAT;
  case NativePartCONTROL: *sizeReturn = 4; return state + ControlAT;
  case NativePartPOINTERS: *sizeReturn = MxcsrAT - PointersAT; return state + PointersAT;
  default: return extended(state, componentOf(part), sizeReturn);
  }
}

uint64_t nativePresent(const NativeStopStruct *stop) {
  const unsigned char *state = nativeFxsave(stop->ucontext);
  uint64_t present = 3;
  if (vectorSize(state) > 512)
    memcpy(&present, state + PresentAT, sizeof present);
  return present;
}

void nativePresentSet(NativeStop stop, uint64_t present) {
  unsigned char *state = nativeFxsave(stop->ucontext);
  if (vectorSize(state) > 512)
    memcpy(state + PresentAT, &present, sizeof present);
  nativeSettle(stop->ucontext);
}

/* pictures --------------------------------------------------------------------- */

/* The kernel's frame ends before the C library's structure does. */
static size_t ucontextSize(void) { return offsetof(ucontext_t, __fpregs_mem); }

void nativePictureTake(NativePicture picture, const NativeStopStruct *stop) {
  const unsigned char *state = nativeFxsave(stop->ucontext);
  size_t size = vectorSize(state);
  picture->info = *stop->info;
  memcpy(&picture->ucontext, stop->ucontext, ucontextSize());
  picture->vectorSize = size < sizeof picture->vector ? size : sizeof picture->vector;
  if (size > 0)
    memcpy(picture->vector, state, picture->vectorSize);
}

MutatorBool nativePictureSame(const NativePictureStruct *picture, const NativeStopStruct *stop) {
  return memcmp(&picture->info, stop->info, sizeof *stop->info) == 0 &&
         memcmp(&picture->ucontext, stop->ucontext, ucontextSize()) == 0 &&
         (picture->vectorSize == 0 || memcmp(picture->vector, nativeFxsave(stop->ucontext), picture->vectorSize) == 0);
}

void nativePictureResume(const NativePictureStruct *picture, NativeStop stop) {
  memcpy(stop->ucontext->uc_mcontext.gregs, picture->ucontext.uc_mcontext.gregs,
         sizeof stop->ucontext->uc_mcontext.gregs);
  stop->ucontext->uc_stack = picture->ucontext.uc_stack; /* a handler's own faults may find it in another state */
  memcpy(nativeFxsave(stop->ucontext), picture->vector, picture->vectorSize);
  nativeSettle(stop->ucontext);
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
