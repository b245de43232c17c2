/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/x86_64.c -- where FreeBSD keeps the registers of an x86-64 thread
 */

#include <ucontext.h>

#include "arch/x86/registers.h"
#include "os/freebsd/freebsd.h"
#include "os/posix/posix.h"

#define AT(field) offsetof(ucontext_t, uc_mcontext.mc_##field)

static const uint16_t offsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterRAX] = AT(rax), [MutatorRegisterRCX] = AT(rcx), [MutatorRegisterRDX] = AT(rdx),
    [MutatorRegisterRBX] = AT(rbx), [MutatorRegisterRSP] = AT(rsp), [MutatorRegisterRBP] = AT(rbp),
    [MutatorRegisterRSI] = AT(rsi), [MutatorRegisterRDI] = AT(rdi), [MutatorRegisterR8] = AT(r8),
    [MutatorRegisterR9] = AT(r9),   [MutatorRegisterR10] = AT(r10), [MutatorRegisterR11] = AT(r11),
    [MutatorRegisterR12] = AT(r12), [MutatorRegisterR13] = AT(r13), [MutatorRegisterR14] = AT(r14),
    [MutatorRegisterR15] = AT(r15), [MutatorRegisterPC] = AT(rip),  [MutatorRegisterFLAGS] = AT(rflags),
};

/* FreeBSD sys/x86/include/ucontext.h; the sizes are the ABI's. */
_Static_assert(AT(onstack) == 16 && AT(rdi) == 24 && AT(r15) == 136 && AT(trapno) == 144, "registers");
_Static_assert(AT(addr) == 152 && AT(flags) == 160 && AT(err) == 168 && AT(rip) == 176, "the trap");
_Static_assert(AT(rsp) == 200 && AT(len) == 216 && AT(fpformat) == 224 && AT(ownedfp) == 232, "what follows it");
_Static_assert(AT(fpstate) == 240 && AT(fsbase) == 752 && AT(xfpustate) == 768, "states");
_Static_assert(sizeof(ucontext_t) == 880 && sizeof(siginfo_t) == 80, "the whole");

/* The kernel fills in the bases whatever mc_flags says (FreeBSD sys/amd64/amd64/exec_machdep.c, sendsig, get_mcontext). */
static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  const ucontext_t *ucontext = (const void *)machine->base;
  if (segment != MachineSegmentFS && segment != MachineSegmentGS)
    return 0;
  *baseReturn =
      (MutatorWord)(segment == MachineSegmentFS ? ucontext->uc_mcontext.mc_fsbase : ucontext->uc_mcontext.mc_gsbase);
  return 1;
}

/* GUCODE_SEL (FreeBSD sys/x86/include/segments.h); GUCODE32_SEL is a 32-bit thread's. */
enum { SelectorCODE = 8 << 3 | 3 };

MutatorBool mutatorFreebsdNativeCode(const ucontext_t *ucontext) {
  return (ucontext->uc_mcontext.mc_cs & 0xffff) == SelectorCODE;
}

void mutatorOSMachine(const MutatorNativeStruct *native, Machine machine) {
  machine->base = (unsigned char *)native->ucontext;
  machine->offset = offsets;
  machine->segmentBase = segmentBase;
  machine->foreign = !mutatorFreebsdNativeCode(native->ucontext);
  machine->vectors = NULL;
  machine->native = native;
}

/* From mc_rdi to mc_r15; the stack pointer is apart, and no reference. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  mcontext_t *context = &native->ucontext->uc_mcontext;
  *baseReturn = (MutatorWord *)(void *)&context->mc_rdi;
  *limitReturn = (MutatorWord *)(void *)(&context->mc_r15 + 1);
}

/* The handler's address, and padding (struct sigframe). */
const size_t mutatorFreebsdBeforeUcontext = 16;

/* The hook's first instructions look for AC there. */
const MutatorWord mutatorSignalFlags = offsetof(ucontext_t, uc_mcontext.mc_rflags);

/* os/signal/x86_64.S says what lies between these. */
extern const char mutatorPosixHandlerLeft[], mutatorPosixHandlerEmpty[], mutatorPosixHandlerEnd[];

/* The C library's own handler is between ours and the kernel: it is not looked
 * through, and a thread in it is on its alternate stack, where it is not stopped. */
AtomicWord mutatorPosixReturn = 1; /* nobody asks for it */
void mutatorPosixReturnsTo(const void *code) { (void)code; }

static MutatorBool between(MutatorWord pc, const void *first, const void *end) {
  return pc >= (MutatorWord)first && pc < (MutatorWord)end;
}

MutatorBool mutatorPosixAtEntry(const ucontext_t *ucontext) {
  return between((MutatorWord)ucontext->uc_mcontext.mc_rip, (const void *)(uintptr_t)mutatorPosixHandler,
                 mutatorPosixHandlerLeft);
}

const ucontext_t *mutatorPosixTail(const ucontext_t *ucontext) {
  const MutatorWord pc = (MutatorWord)ucontext->uc_mcontext.mc_rip;
  if (between(pc, mutatorPosixHandlerLeft, mutatorPosixHandlerEmpty))
    return ((const ucontext_t *const *)ucontext->uc_mcontext.mc_rsp)[2];
  if (between(pc, mutatorPosixHandlerEmpty, mutatorPosixHandlerEnd))
    return (const ucontext_t *)ucontext->uc_mcontext.mc_rdx;
  return NULL;
}
