/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/macos/native.c -- what macOS keeps where in a record, and how it suspends
 */

#include "support/native.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arch/registers.h"
#include "os/os.h"

int nativeMemoryObject(void) {
  char name[32];
  int object;
  (void)snprintf(name, sizeof name, "/mutator-test-%ld", (long)getpid());
  object = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (object < 0 || shm_unlink(name) != 0)
    nativeStopProgram("shm_open");
  return object;
}

/* Where a stack pointer is in the alternate stack, a handler goes on below it: nothing changes that. */
void nativeHandlerStackWhole(void) {}

MutatorRes nativeInit(MutatorContext context, NativeStop stop) {
  return MutatorContextInitSignal(context, stop->info, stop->ucontext);
}

static x86_thread_state64_t *general(const ucontext_t *ucontext) { return &ucontext->uc_mcontext->__ss; }

#define AT(field) offsetof(x86_thread_state64_t, __##field)
static const unsigned short offsets[MutatorRegisterLIMIT] = {AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
                                                             AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
                                                             AT(r12), AT(r13), AT(r14), AT(r15), AT(rip), AT(rflags)};

void *nativeSlot(const ucontext_t *ucontext, unsigned reg) { return (char *)general(ucontext) + offsets[reg]; }

/* forgeries -------------------------------------------------------------------- */

/* The CPU's traps, which are the kernel's numbers. */
enum { WriteBit = 2, FetchBit = 16, BreakpointTRAP = 3, GeneralTRAP = 13, PageFaultTRAP = 14, UnknownTRAP = 20 };

static x86_exception_state64_t *trap(const NativeStopStruct *stop) { return &stop->ucontext->uc_mcontext->__es; }

/* A signal that is sent has the same siginfo_t: the port goes by the machine context. */
MutatorBool nativeForgeAddress(NativeStop stop, MutatorWord address) {
  stop->info->si_addr = (void *)address;
  trap(stop)->__faultvaddr = address;
  return 1;
}

MutatorBool nativeForgeSent(NativeStop stop) {
  enum { InterruptTRAP = 0x46 };
  trap(stop)->__trapno = InterruptTRAP;
  return 1;
}

MutatorBool nativeForgeDirection(NativeStop stop) {
  trap(stop)->__err ^= WriteBit;
  return 1;
}

MutatorBool nativeForgeFetch(NativeStop stop) {
  trap(stop)->__err |= FetchBit;
  return 1;
}

MutatorBool nativeForgeGeneral(NativeStop stop) {
  stop->info->si_signo = SIGSEGV;
  trap(stop)->__trapno = GeneralTRAP;
  return 1;
}

MutatorBool nativeForgeUnknown(NativeStop stop) {
  trap(stop)->__trapno = UnknownTRAP;
  return 1;
}

MutatorBool nativeForgeBreakpoint(NativeStop stop) {
  stop->info->si_signo = SIGTRAP;
  trap(stop)->__trapno = BreakpointTRAP;
  return 1;
}

void nativeFake(NativeStop stop) {
  static siginfo_t info;
  static ucontext_t ucontext;
  static _STRUCT_MCONTEXT64 context;
  memset(&info, 0, sizeof info);
  memset(&ucontext, 0, sizeof ucontext);
  memset(&context, 0, sizeof context);
  ucontext.uc_mcontext = &context;
  ucontext.uc_mcsize = sizeof context;
  stop->signal = SIGSEGV;
  stop->info = &info;
  stop->ucontext = &ucontext;
}

void nativeFakeFault(NativeStop stop, MutatorWord address, unsigned code) {
  nativeFake(stop);
  stop->info->si_signo = SIGBUS;
  trap(stop)->__trapno = PageFaultTRAP;
  trap(stop)->__err = code;
  trap(stop)->__faultvaddr = address;
}

MutatorWord nativeErrorCode(const NativeStopStruct *stop) { return trap(stop)->__err; }

MutatorBool nativeIsGeneral(MutatorContext context, const MutatorWord *word) {
  const MutatorNativeStruct *native = &context->native;
  const x86_thread_state64_t *registers = native->ucontext != NULL ? general(native->ucontext) : &native->mach->general;
  return (const void *)word >= (const void *)registers && (const void *)word < (const void *)(registers + 1);
}

/* the state ---------------------------------------------------------------------- */

size_t nativeUcontextSize(void) { return sizeof(ucontext_t); }

unsigned char *nativeBehind(const ucontext_t *ucontext, size_t *sizeReturn) {
  *sizeReturn = (size_t)ucontext->uc_mcsize;
  return (unsigned char *)ucontext->uc_mcontext;
}

/* All that is gone on with lies apart. */
void nativeRestore(ucontext_t *to, const ucontext_t *from) {
  (void)to;
  (void)from;
}

static unsigned componentOf(NativePart part) {
  static const unsigned char components[NativePartLIMIT] = {0, 1, 2, 5, 6, 7, 1, 0, 0, 0};
  return components[part];
}

uint64_t nativePartBit(NativePart part) { return (uint64_t)1 << componentOf(part); }

/* By the port's own word, but for what begins the FXSAVE area. */
unsigned char *nativePart(const NativeStopStruct *stop, NativePart part, size_t *sizeReturn) {
  static const VectorPart parts[NativePartMXCSR] = {VectorPartX87,  VectorPartXMM,      VectorPartYMMUpper,
                                                    VectorPartMask, VectorPartZMMUpper, VectorPartHigh16};
  unsigned char *fxsave = (unsigned char *)&stop->ucontext->uc_mcontext->__fs.__fpu_fcw;
  const MutatorNativeStruct native = {.info = stop->info, .ucontext = stop->ucontext};
  VectorStruct vector;
  switch (part) {
  case NativePartMXCSR: *sizeReturn = 4; return fxsave + 24;
  case NativePartTAGS: *sizeReturn = 1; return fxsave + 4;
  case NativePartCONTROL: *sizeReturn = 4; return fxsave;
  case NativePartPOINTERS: *sizeReturn = 18; return fxsave + 6;
  default: break;
  }
  mutatorOSVector(&native, &vector);
  *sizeReturn = vector.size[parts[part]];
  return vector.part[parts[part]];
}

/* Nothing says which are in their initial state: none is. */
uint64_t nativePresent(const NativeStopStruct *stop) {
  (void)stop;
  return nativeComponents();
}

void nativePresentSet(NativeStop stop, uint64_t present) {
  (void)stop;
  (void)present;
}

/* The code segment of 32-bit programs (XNU osfmk/i386/seg.h, USER_CS); a machine context of a size that nobody knows. */
void nativeForeignCode(ucontext_t *ucontext) { general(ucontext)->__cs = 0x1b; }

void nativeWithoutVector(ucontext_t *ucontext) { ucontext->uc_mcsize = 0; }

/* threads ---------------------------------------------------------------------- */

NativeThread nativeThreadSelf(void) { return pthread_mach_thread_np(pthread_self()); }

void nativeSuspend(NativeThread thread) {
  if (thread_suspend(thread) != KERN_SUCCESS)
    nativeStopProgram("thread_suspend");
}

void nativeResume(NativeThread thread) {
  if (thread_resume(thread) != KERN_SUCCESS)
    nativeStopProgram("thread_resume");
}

MutatorRes nativeInitThread(MutatorContext context, NativeThread thread) {
  return MutatorContextInitThread(context, thread);
}

/* A signal's record is no thread. */
MutatorRes nativeInitThreadOf(MutatorContext context, NativeStop stop) {
  (void)context;
  (void)stop;
  return MutatorResFAIL;
}

/* segments ----------------------------------------------------------------------- */

/* No record has their bases, and a program may not set them. */
MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  (void)baseReturn;
  return 0;
}

MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  (void)baseReturn;
  return 0;
}

void nativeRunLow(void (*function)(void *closure), void *closure) { function(closure); }
