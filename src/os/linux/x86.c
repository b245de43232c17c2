/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/x86.c -- where Linux keeps the registers of a 32-bit x86 thread
 */

#include <asm/ldt.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/x86/registers.h"
#include "os/linux/linux.h"

#define AT(reg) (offsetof(ucontext_t, uc_mcontext.gregs) + (reg) * sizeof(greg_t))

/* REG_UESP is what the CPU pushed at the last system call or trap; sigreturn(2) reads REG_ESP. */
const uint16_t mutatorLinuxOffsets[MutatorRegisterLIMIT] = {
    [MutatorRegisterEAX] = AT(REG_EAX),   [MutatorRegisterECX] = AT(REG_ECX), [MutatorRegisterEDX] = AT(REG_EDX),
    [MutatorRegisterEBX] = AT(REG_EBX),   [MutatorRegisterESP] = AT(REG_ESP), [MutatorRegisterEBP] = AT(REG_EBP),
    [MutatorRegisterESI] = AT(REG_ESI),   [MutatorRegisterEDI] = AT(REG_EDI), [MutatorRegisterPC] = AT(REG_EIP),
    [MutatorRegisterFLAGS] = AT(REG_EFL),
};

/* In 32-bit mode there are eight vector registers, and neither zmm16 to zmm31 nor r16 to r31. */
const uint16_t mutatorLinuxPartSize[VectorPartLIMIT] = {
    [VectorPartX87] = 8 * 16, [VectorPartXMM] = 8 * 16,      [VectorPartYMMUpper] = 8 * 16,
    [VectorPartMask] = 8 * 8, [VectorPartZMMUpper] = 8 * 32,
};

/* A selector is index, table, privilege (Intel SDM volume 3, figure 3-6). */
enum { SelectorLOCAL = 4, SelectorIndexSHIFT = 3 };

/* The selectors are in the record, the descriptors are the calling thread's: it
 * is the one that faulted (get_thread_area(2)).  Local descriptors are not looked up. */
MutatorBool mutatorLinuxSegmentBase(const MachineStruct *machine, unsigned segment, MutatorWord *baseReturn) {
  const ucontext_t *ucontext = (const void *)machine->base;
  const unsigned selector =
      (unsigned)ucontext->uc_mcontext.gregs[segment == MachineSegmentFS ? REG_FS : REG_GS] & 0xffff;
  struct user_desc description;
  const int error = errno;
  long result;
  if ((selector & SelectorLOCAL) != 0)
    return 0;
  memset(&description, 0, sizeof description);
  description.entry_number = selector >> SelectorIndexSHIFT;
  result = syscall(SYS_get_thread_area, &description);
  errno = error;
  *baseReturn = description.base_addr;
  return result == 0;
}

/* REG_EDI to REG_EAX are the eight general-purpose registers, in PUSHA's order. */
void mutatorOSMachineArea(const MutatorNativeStruct *native, MutatorWord **baseReturn, MutatorWord **limitReturn) {
  greg_t *registers = native->ucontext->uc_mcontext.gregs;
  *baseReturn = (MutatorWord *)(void *)&registers[REG_EDI];
  *limitReturn = (MutatorWord *)(void *)&registers[REG_EAX + 1];
}

/* The FXSAVE area follows the 112 bytes of struct _fpstate_32, whose last field,
 * `magic`, is 0 when it does (Linux arch/x86/include/uapi/asm/sigcontext.h). */
enum { StateMAGIC = 110, StateFXSAVE = 112 };

unsigned char *mutatorLinuxStateBase(const ucontext_t *ucontext, unsigned char **baseReturn) {
  uint16_t magic;
  *baseReturn = (unsigned char *)ucontext->uc_mcontext.fpregs;
  if (*baseReturn == NULL)
    return NULL;
  memcpy(&magic, *baseReturn + StateMAGIC, sizeof magic);
  return magic == 0 ? *baseReturn + StateFXSAVE : NULL;
}
