/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/linux/x86.c -- where the registers are
 */

#include "native_linux.h"

#include <asm/ldt.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the order of their encoding (sys/ucontext.h). */
const int nativeSlots[MutatorRegisterLIMIT] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP,
                                               REG_EBP, REG_ESI, REG_EDI, REG_EIP, REG_EFL};

/* After the 112 bytes that FSAVE writes (asm/sigcontext.h, struct _fpstate_32). */
unsigned char *nativeFxsave(const ucontext_t *ucontext) {
  unsigned char *fsave = (unsigned char *)ucontext->uc_mcontext.fpregs;
  return fsave != NULL ? fsave + 112 : NULL;
}

/* x87's control and status words, tags and registers come from what FSAVE wrote (Linux arch/x86/kernel/fpu/regset.c,
 * convert_to_fxsr): seven words, of which the third has two bits a register, then ten bytes each. */
void nativeSettle(ucontext_t *ucontext) {
  enum {
    Registers = 8,
    StatusAT = 4,
    TagAT = 8,
    PointersAT = 12, /* instruction, selector, then the opcode, which no signal's frame keeps; operand, selector */
    LongAT = 28,
    LongSIZE = 10,
    AbridgedAT = 4,
    InstructionAT = 8,
    OperandAT = 16,
    ShortAT = 32,
    ShortSIZE = 16
  };
  unsigned char *fsave = (unsigned char *)ucontext->uc_mcontext.fpregs;
  const unsigned char *fxsave = nativeFxsave(ucontext);
  uint32_t tags = 0xffff0000;
  unsigned i;
  for (i = 0; i < Registers; ++i) {
    memcpy(fsave + LongAT + i * LongSIZE, fxsave + ShortAT + i * ShortSIZE, LongSIZE);
    if ((fxsave[AbridgedAT] >> i & 1) == 0)
      tags |= 3u << 2 * i;
  }
  memcpy(fsave + TagAT, &tags, sizeof tags);
  memcpy(fsave + PointersAT, fxsave + InstructionAT, 4);
  memcpy(fsave + PointersAT + 8, fxsave + OperandAT, 4);
  memcpy(fsave, fxsave, 2);
  memcpy(fsave + StatusAT, fxsave + 2, 2);
}

/* The selector of 64-bit code (Linux arch/x86/include/asm/segment.h, __USER_CS). */
void nativeForeignCode(ucontext_t *ucontext) { ucontext->uc_mcontext.gregs[REG_CS] = 0x33; }

/* FS is free for programs to use: a base of which 16-bit addresses reach the data pages of the differential test. */
MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  struct user_desc description;
  memset(&description, 0, sizeof description);
  description.entry_number = ~0u; /* any that is free */
  description.base_addr = 0x3fffedcb;
  description.limit = 0xfffff;
  description.limit_in_pages = 1;
  description.seg_32bit = 1;
  description.useable = 1;
  if (syscall(SYS_set_thread_area, &description) != 0)
    nativeStopProgram("set_thread_area");
  __asm__ volatile("mov %w0, %%fs" : : "r"(description.entry_number << 3 | 3));
  *baseReturn = description.base_addr;
  return 1;
}

/* The C library's thread block. */
MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  struct user_desc description;
  unsigned selector;
  __asm__ volatile("mov %%gs, %0" : "=r"(selector));
  memset(&description, 0, sizeof description);
  description.entry_number = (selector & 0xffff) >> 3;
  if (syscall(SYS_get_thread_area, &description) != 0)
    nativeStopProgram("get_thread_area");
  *baseReturn = description.base_addr;
  return 1;
}

/* All addresses are low. */
void nativeRunLow(void (*function)(void *closure), void *closure) { function(closure); }
