/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/linux/native.c -- what Linux keeps where in a record
 */

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "native_linux.h"

int nativeMemoryObject(void) {
  const int file = memfd_create("test", MFD_CLOEXEC);
  if (file < 0)
    nativeStopProgram("memfd_create");
  return file;
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

void *nativeSlot(const ucontext_t *ucontext, unsigned reg) {
  return (void *)(uintptr_t)&ucontext->uc_mcontext.gregs[nativeSlots[reg]];
}

void nativeThreadVanish(void) { (void)syscall(SYS_exit, 0); }

/* forgeries -------------------------------------------------------------------- */

enum { WriteBit = 2, FetchBit = 16, BreakpointTRAP = 3, GeneralTRAP = 13, UnknownTRAP = 99 };

MutatorBool nativeForgeDirection(NativeStop stop) {
  stop->ucontext->uc_mcontext.gregs[REG_ERR] ^= WriteBit;
  return 1;
}

MutatorBool nativeForgeFetch(NativeStop stop) {
  stop->ucontext->uc_mcontext.gregs[REG_ERR] |= FetchBit;
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

/* the state --------------------------------------------------------------------- */

/* The software-reserved bytes of the FXSAVE area say how long it is, and what it has (asm/sigcontext.h). */
enum { SoftwareAT = 464, SoftwareFEATURES = SoftwareAT + 8, SoftwareSIZE = SoftwareAT + 16, LegacySIZE = 512 };

static size_t stateSize(const unsigned char *state) {
  uint32_t magic, size;
  if (state == NULL)
    return 0;
  memcpy(&magic, state + SoftwareAT, sizeof magic);
  memcpy(&size, state + SoftwareSIZE, sizeof size);
  return magic == 0x46505853 ? size : LegacySIZE;
}

unsigned char *nativeBehind(const ucontext_t *ucontext, size_t *sizeReturn) {
  unsigned char *state = nativeFxsave(ucontext);
  *sizeReturn = stateSize(state);
  return state;
}

unsigned char *nativeStateAt(const ucontext_t *ucontext, size_t at, size_t size) {
  unsigned char *state = nativeFxsave(ucontext);
  return at + size <= stateSize(state) ? state + at : NULL;
}

uint64_t nativeStateComponents(const ucontext_t *ucontext) {
  const unsigned char *state = nativeFxsave(ucontext);
  uint64_t features = 3;
  if (stateSize(state) > LegacySIZE)
    memcpy(&features, state + SoftwareFEATURES, sizeof features);
  return features;
}

/* The kernel's frame ends before the C library's structure does. */
size_t nativeUcontextSize(void) { return offsetof(ucontext_t, __fpregs_mem); }

void nativeRestore(ucontext_t *to, const ucontext_t *from) {
  memcpy(to->uc_mcontext.gregs, from->uc_mcontext.gregs, sizeof to->uc_mcontext.gregs);
  nativeSettle(to);
}

void nativeWithoutVector(ucontext_t *ucontext) { ucontext->uc_mcontext.fpregs = NULL; }
