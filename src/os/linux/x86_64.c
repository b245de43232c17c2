/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/x86_64.c -- where Linux keeps the registers of an x86-64 thread
 */

#include <asm/prctl.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/x86/registers.h"
#include "os/linux/linux.h"
#include "os/posix/posix.h"

#define AT(reg) (offsetof(ucontext_t, uc_mcontext.gregs) + (reg) * sizeof(greg_t))

const uint16_t mutatorLinuxOffsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterRAX] = AT(REG_RAX), [MutatorRegisterRCX] = AT(REG_RCX), [MutatorRegisterRDX] = AT(REG_RDX),
    [MutatorRegisterRBX] = AT(REG_RBX), [MutatorRegisterRSP] = AT(REG_RSP), [MutatorRegisterRBP] = AT(REG_RBP),
    [MutatorRegisterRSI] = AT(REG_RSI), [MutatorRegisterRDI] = AT(REG_RDI), [MutatorRegisterR8] = AT(REG_R8),
    [MutatorRegisterR9] = AT(REG_R9),   [MutatorRegisterR10] = AT(REG_R10), [MutatorRegisterR11] = AT(REG_R11),
    [MutatorRegisterR12] = AT(REG_R12), [MutatorRegisterR13] = AT(REG_R13), [MutatorRegisterR14] = AT(REG_R14),
    [MutatorRegisterR15] = AT(REG_R15), [MutatorRegisterPC] = AT(REG_RIP),  [MutatorRegisterFLAGS] = AT(REG_EFL),
};

/* The record has no bases, so they are the calling thread's: it is the one that
 * faulted (arch_prctl(2)). */
MutatorBool mutatorLinuxSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  const int error = errno;
  const long question = segment == MachineSegmentFS ? ARCH_GET_FS : ARCH_GET_GS;
  long result;
  (void)machine;
  result = syscall(SYS_arch_prctl, question, baseReturn);
  errno = error;
  return result == 0;
}

/* Only of the calling thread can be asked. */
MutatorBool mutatorLinuxThreadSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  (void)machine;
  (void)segment;
  (void)baseReturn;
  return 0;
}

/* A 64-bit program may go to 32-bit code: by the kernel's segment for that, which
 * under Xen has another number, or one of its own (Linux
 * arch/x86/include/asm/segment.h, __USER32_CS; include/xen/interface/xen-x86_64.h). */
enum { SelectorLOCAL = 4, SelectorUSER32 = 0x23, SelectorXenUSER32 = 0xe023 };

MutatorBool mutatorLinuxCode(const ucontext_t *ucontext) {
  const unsigned selector = (unsigned)ucontext->uc_mcontext.gregs[REG_CSGSFS] & 0xffff;
  return (selector & SelectorLOCAL) == 0 && selector != SelectorUSER32 && selector != SelectorXenUSER32;
}

/* The handler's return address (Linux arch/x86/include/asm/sigframe.h, struct rt_sigframe). */
const LinuxFrameStruct mutatorLinuxFrame = {.beforeInfo = 0, .beforeUcontext = 8, .afterUcontext = 0};

/* REG_R8 to REG_RSP are the sixteen general-purpose registers, in an order of Linux's own. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  greg_t *registers = native->ucontext->uc_mcontext.gregs;
  *baseReturn = (MutatorWord *)(void *)&registers[REG_R8];
  *limitReturn = (MutatorWord *)(void *)&registers[REG_RSP + 1];
}

unsigned char *mutatorLinuxStateBase(const ucontext_t *ucontext, unsigned char **baseReturn) {
  *baseReturn = (unsigned char *)ucontext->uc_mcontext.fpregs;
  return *baseReturn;
}

const size_t mutatorLinuxStatePrefix = 0;

void mutatorLinuxStateSet(ucontext_t *ucontext, unsigned char *fxsave) {
  ucontext->uc_mcontext.fpregs = (fpregset_t)(void *)fxsave;
}

/* __USER_CS (Linux arch/x86/include/asm/segment.h); 0x23 is a 32-bit thread's. */
MutatorBool mutatorLinuxNativeCode(const ucontext_t *ucontext) {
  return (ucontext->uc_mcontext.gregs[REG_CSGSFS] & 0xffff) == 0x33;
}

/* The hook's first instructions look for AC there. */
const MutatorWord mutatorSignalFlags = AT(REG_EFL);

/* x86_64.S says what lies between these. */
extern const char mutatorPosixHandlerLeft[], mutatorPosixHandlerEmpty[], mutatorPosixHandlerEnd[];

/* The C library's way back: mov $15, %rax; syscall, on a stack that begins with the ucontext_t. */
static const unsigned char restorer[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
enum { RestorerCALL = 7 };
AtomicWord mutatorPosixReturn;

void mutatorPosixReturnsTo(const void *code) {
  if (memcmp(code, restorer, sizeof restorer) == 0)
    atomicStoreRelaxed(&mutatorPosixReturn, (AtomicWord)code);
}

static MutatorWord registerOf(const ucontext_t *ucontext, int reg) {
  return (MutatorWord)ucontext->uc_mcontext.gregs[reg];
}

static MutatorBool between(MutatorWord pc, const void *first, const void *end) {
  return pc >= (MutatorWord)first && pc < (MutatorWord)end;
}

MutatorBool mutatorPosixAtEntry(const ucontext_t *ucontext) {
  return between(registerOf(ucontext, REG_RIP), (const void *)(uintptr_t)mutatorPosixHandler, mutatorPosixHandlerLeft);
}

const ucontext_t *mutatorPosixTail(const ucontext_t *ucontext) {
  const MutatorWord pc = registerOf(ucontext, REG_RIP), stack = registerOf(ucontext, REG_RSP);
  const MutatorWord back = atomicLoadRelaxed(&mutatorPosixReturn);
  if (between(pc, mutatorPosixHandlerLeft, mutatorPosixHandlerEmpty))
    return ((const ucontext_t *const *)stack)[2];
  if (between(pc, mutatorPosixHandlerEmpty, mutatorPosixHandlerEnd))
    return (const ucontext_t *)registerOf(ucontext, REG_RDX);
  if (back != 0 && (pc == back || pc == back + RestorerCALL))
    return (const ucontext_t *)stack;
  return NULL;
}

/* There is one copy. */
void mutatorLinuxStateWritten(const ucontext_t *ucontext) { (void)ucontext; }

void mutatorLinuxStateX87(const ucontext_t *ucontext, unsigned char *image) {
  (void)ucontext;
  (void)image;
}
