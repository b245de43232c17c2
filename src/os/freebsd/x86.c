/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/freebsd/x86.c -- where FreeBSD keeps the registers of a 32-bit x86 thread
 */

#include <ucontext.h>

#include "arch/x86/registers.h"
#include "os/freebsd/freebsd.h"
#include "os/posix/posix.h"

#define AT(field) offsetof(ucontext_t, uc_mcontext.mc_##field)

/* mc_isp is what the CPU pushed, in the kernel's stack; mc_esp is the thread's. */
static const uint16_t offsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterEAX] = AT(eax),      [MutatorRegisterECX] = AT(ecx), [MutatorRegisterEDX] = AT(edx),
    [MutatorRegisterEBX] = AT(ebx),      [MutatorRegisterESP] = AT(esp), [MutatorRegisterEBP] = AT(ebp),
    [MutatorRegisterESI] = AT(esi),      [MutatorRegisterEDI] = AT(edi), [MutatorRegisterPC] = AT(eip),
    [MutatorRegisterFLAGS] = AT(eflags),
};

/* FreeBSD sys/x86/include/ucontext.h; the sizes are the ABI's. */
_Static_assert(AT(onstack) == 16 && AT(gs) == 20 && AT(edi) == 36 && AT(eax) == 64, "registers");
_Static_assert(AT(trapno) == 68 && AT(err) == 72 && AT(eip) == 76 && AT(esp) == 88, "the trap");
_Static_assert(AT(len) == 96 && AT(fpformat) == 100 && AT(ownedfp) == 104 && AT(flags) == 108, "what follows it");
_Static_assert(AT(fpstate) == 112 && AT(fsbase) == 624 && AT(xfpustate) == 632, "states");
_Static_assert(sizeof(ucontext_t) == 704 && sizeof(siginfo_t) == 64, "the whole");

/* FreeBSD sys/x86/include/segments.h: GUFS_SEL, GUGS_SEL, GUCODE_SEL, GUDATA_SEL, the same under a 64-bit kernel. */
enum { SelectorFS = 2 << 3 | 3, SelectorGS = 3 << 3 | 3, SelectorCODE = 6 << 3 | 3, SelectorDATA = 7 << 3 | 3 };

static unsigned selectorOf(const mcontext_t *context, unsigned segment) {
  switch (segment) {
  case MachineSegmentES: return (unsigned)context->mc_es & 0xffff;
  case MachineSegmentCS: return (unsigned)context->mc_cs & 0xffff;
  case MachineSegmentSS: return (unsigned)context->mc_ss & 0xffff;
  case MachineSegmentDS: return (unsigned)context->mc_ds & 0xffff;
  case MachineSegmentFS: return (unsigned)context->mc_fs & 0xffff;
  default: return (unsigned)context->mc_gs & 0xffff;
  }
}

/* The bases of the two segments that the system makes for a thread are in the record. */
static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  const mcontext_t *context = &((const ucontext_t *)(const void *)machine->base)->uc_mcontext;
  const unsigned selector = selectorOf(context, segment);
  *baseReturn = 0;
  if (selector == SelectorFS)
    *baseReturn = (MutatorWord)context->mc_fsbase;
  else if (selector == SelectorGS)
    *baseReturn = (MutatorWord)context->mc_gsbase;
  else
    return selector == (segment == MachineSegmentCS ? SelectorCODE : SelectorDATA);
  return segment != MachineSegmentCS;
}

MutatorBool mutatorFreebsdNativeCode(const ucontext_t *ucontext) {
  return selectorOf(&ucontext->uc_mcontext, MachineSegmentCS) == SelectorCODE;
}

void mutatorOSMachine(const MutatorNativeStruct *native, Machine machine) {
  machine->base = (unsigned char *)native->ucontext;
  machine->offset = offsets;
  machine->segmentBase = segmentBase;
  machine->foreign = !mutatorFreebsdNativeCode(native->ucontext);
  machine->vectors = NULL;
  machine->native = native;
}

/* From mc_edi to mc_eax, with mc_isp among them; the stack pointer is apart, and no reference. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  mcontext_t *context = &native->ucontext->uc_mcontext;
  *baseReturn = (MutatorWord *)(void *)&context->mc_edi;
  *limitReturn = (MutatorWord *)(void *)(&context->mc_eax + 1);
}

/* Four arguments, the handler's address, and padding (struct sigframe). */
const size_t mutatorFreebsdBeforeUcontext = 32;

/* The hook's first instructions look for AC there. */
const MutatorWord mutatorSignalFlags = offsetof(ucontext_t, uc_mcontext.mc_eflags);

/* os/signal/x86.S says what lies between these. */
extern const char mutatorPosixHandlerLeft[], mutatorPosixHandlerEmpty[], mutatorPosixHandlerEnd[];

/* The C library's own handler is between ours and the kernel: it is not looked
 * through, and a thread in it is on its alternate stack, where it is not stopped. */
AtomicWord mutatorPosixReturn = 1; /* nobody asks for it */
void mutatorPosixReturnsTo(const void *code) { (void)code; }

static MutatorBool between(MutatorWord pc, const void *first, const void *end) {
  return pc >= (MutatorWord)first && pc < (MutatorWord)end;
}

MutatorBool mutatorPosixAtEntry(const ucontext_t *ucontext) {
  return between((MutatorWord)ucontext->uc_mcontext.mc_eip, (const void *)(uintptr_t)mutatorPosixHandler,
                 mutatorPosixHandlerLeft);
}

const ucontext_t *mutatorPosixTail(const ucontext_t *ucontext) {
  const MutatorWord pc = (MutatorWord)ucontext->uc_mcontext.mc_eip;
  const ucontext_t *const *stack = (const ucontext_t *const *)ucontext->uc_mcontext.mc_esp;
  if (between(pc, mutatorPosixHandlerLeft, mutatorPosixHandlerEmpty))
    return stack[10];
  if (between(pc, mutatorPosixHandlerEmpty, mutatorPosixHandlerEnd))
    return stack[3];
  return NULL;
}
