/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/freebsd/native.c -- what FreeBSD keeps where in a record
 */

#include <fcntl.h>
#include <string.h>
#include <sys/thr.h>

#include "native_signal.h"

int nativeMemoryObject(void) {
  const int object = shm_open(SHM_ANON, O_RDWR, 0);
  if (object < 0)
    nativeStopProgram("shm_open");
  return object;
}

/* Where a stack pointer is in the alternate stack, a handler goes on below it: nothing changes that. */
void nativeHandlerStackWhole(void) {}

void *nativeSlot(const ucontext_t *ucontext, unsigned reg) { return (char *)(uintptr_t)ucontext + nativeOffsets[reg]; }

void nativeThreadVanish(void) { thr_exit(NULL); }

/* forgeries -------------------------------------------------------------------- */

enum { WriteBit = 2, FetchBit = 16 };

/* FreeBSD's own numbers (sys/x86/include/trap.h). */
enum { BreakpointTRAP = 3, GeneralTRAP = 9, PageFaultTRAP = 12, UnknownTRAP = 99 };

/* The record says it twice. */
static void setTrap(NativeStop stop, int trap) {
  stop->info->si_trapno = trap;
  stop->ucontext->uc_mcontext.mc_trapno = (__typeof__(stop->ucontext->uc_mcontext.mc_trapno))trap;
}

MutatorBool nativeForgeDirection(NativeStop stop) {
  stop->ucontext->uc_mcontext.mc_err ^= WriteBit;
  return 1;
}

MutatorBool nativeForgeFetch(NativeStop stop) {
  stop->ucontext->uc_mcontext.mc_err |= FetchBit;
  return 1;
}

MutatorBool nativeForgeGeneral(NativeStop stop) {
  stop->info->si_signo = SIGBUS;
  stop->info->si_code = BUS_OBJERR;
  setTrap(stop, GeneralTRAP);
  return 1;
}

MutatorBool nativeForgeUnknown(NativeStop stop) {
  setTrap(stop, UnknownTRAP);
  return 1;
}

MutatorBool nativeForgeBreakpoint(NativeStop stop) {
  stop->info->si_signo = SIGTRAP;
  stop->info->si_code = TRAP_BRKPT;
  setTrap(stop, BreakpointTRAP);
  return 1;
}

void nativeFakeFault(NativeStop stop, MutatorWord address, unsigned code) {
  nativeFake(stop);
  stop->info->si_signo = SIGSEGV;
  stop->info->si_code = SEGV_ACCERR;
  stop->info->si_addr = (void *)(uintptr_t)address;
  setTrap(stop, PageFaultTRAP);
  stop->ucontext->uc_mcontext.mc_err = (__register_t)code;
}

MutatorWord nativeErrorCode(const NativeStopStruct *stop) { return (MutatorWord)stop->ucontext->uc_mcontext.mc_err; }

MutatorBool nativeIsGeneral(MutatorContext context, const MutatorWord *word) {
  const mcontext_t *registers = &context->native.ucontext->uc_mcontext;
  return (const void *)word >= (const void *)registers && (const void *)word < (const void *)&registers->mc_len;
}

/* the state ---------------------------------------------------------------------- */

/* What XSAVE adds to FXSAVE's 512 bytes lies apart. */
enum { LegacySIZE = 512 };

unsigned char *nativeBehind(const ucontext_t *ucontext, size_t *sizeReturn) {
  *sizeReturn = (size_t)ucontext->uc_mcontext.mc_xfpustate_len;
  return (unsigned char *)(uintptr_t)ucontext->uc_mcontext.mc_xfpustate;
}

unsigned char *nativeStateAt(const ucontext_t *ucontext, size_t at, size_t size) {
  size_t apartSize;
  unsigned char *apart = nativeBehind(ucontext, &apartSize);
  if (at < LegacySIZE)
    return (unsigned char *)(uintptr_t)ucontext->uc_mcontext.mc_fpstate + at;
  return at + size <= LegacySIZE + apartSize ? apart + (at - LegacySIZE) : NULL;
}

uint64_t nativeStateComponents(const ucontext_t *ucontext) {
  size_t apartSize;
  (void)nativeBehind(ucontext, &apartSize);
  return apartSize != 0 ? nativeComponents() : 3;
}

/* There is one copy of everything. */
void nativeSettle(ucontext_t *ucontext) { (void)ucontext; }

size_t nativeUcontextSize(void) { return sizeof(ucontext_t); }

void nativeRestore(ucontext_t *to, const ucontext_t *from) { to->uc_mcontext = from->uc_mcontext; }

void nativeWithoutVector(ucontext_t *ucontext) { ucontext->uc_mcontext.mc_fpformat = _MC_FPFMT_NODEV; }
