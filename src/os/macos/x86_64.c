/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/macos/x86_64.c -- where macOS keeps the registers of an x86-64 thread
 */

#include "arch/x86/registers.h"
#include "os/macos/macos.h"

#define AT(field) offsetof(x86_thread_state64_t, __##field)

static const uint16_t offsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterRAX] = AT(rax), [MutatorRegisterRCX] = AT(rcx), [MutatorRegisterRDX] = AT(rdx),
    [MutatorRegisterRBX] = AT(rbx), [MutatorRegisterRSP] = AT(rsp), [MutatorRegisterRBP] = AT(rbp),
    [MutatorRegisterRSI] = AT(rsi), [MutatorRegisterRDI] = AT(rdi), [MutatorRegisterR8] = AT(r8),
    [MutatorRegisterR9] = AT(r9),   [MutatorRegisterR10] = AT(r10), [MutatorRegisterR11] = AT(r11),
    [MutatorRegisterR12] = AT(r12), [MutatorRegisterR13] = AT(r13), [MutatorRegisterR14] = AT(r14),
    [MutatorRegisterR15] = AT(r15), [MutatorRegisterPC] = AT(rip),  [MutatorRegisterFLAGS] = AT(rflags),
};

/* XNU osfmk/mach/i386/_structs.h; the sizes are the ABI's. */
_Static_assert(AT(rax) == 0 && AT(rsp) == 56 && AT(r8) == 64 && AT(r15) == 120, "general registers");
_Static_assert(AT(rip) == 128 && AT(rflags) == 136 && AT(cs) == 144 && AT(gs) == 160, "the rest");
_Static_assert(sizeof(x86_thread_state64_t) == 168 && sizeof(x86_exception_state64_t) == 16, "states");
_Static_assert(offsetof(x86_exception_state64_t, __err) == 4, "a trap number of 16 bits, a CPU number, the error code");
_Static_assert(offsetof(x86_exception_state64_t, __faultvaddr) == 8, "the address");
_Static_assert(offsetof(siginfo_t, si_code) == 8 && offsetof(siginfo_t, si_addr) == 24, "what a handler gets");
_Static_assert(sizeof(siginfo_t) == 104 && sizeof(ucontext_t) == 56, "what a handler gets");
_Static_assert(offsetof(ucontext_t, uc_mcsize) == 40 && offsetof(ucontext_t, uc_mcontext) == 48, "what a handler gets");

/* The bases are nowhere in these states. */
static MutatorBool segmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  (void)machine;
  (void)segment;
  (void)baseReturn;
  return 0;
}

/* Registers to point at where the record has none, so that nobody stumbles: contexts of it decline. */
static x86_thread_state64_t absent;

void mutatorOSMachine(const MutatorNativeStruct *native, Machine machine) {
  x86_thread_state64_t *general = mutatorMacosGeneral(native);
  machine->base = (unsigned char *)(general != NULL ? general : &absent);
  machine->offset = offsets;
  machine->segmentBase = segmentBase;
  machine->foreign = general == NULL || (general->__cs & 0xffff) != MacosSelectorCODE;
  machine->vectors = NULL;
  machine->native = native;
}

/* From __rax to __r15. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  x86_thread_state64_t *general = mutatorMacosGeneral(native);
  if (general == NULL)
    general = &absent;
  *baseReturn = (MutatorWord *)(void *)&general->__rax;
  *limitReturn = (MutatorWord *)(void *)(&general->__r15 + 1);
}
