/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/linux/x86_64.c -- where the registers are
 */

#include "native_linux.h"

#include <asm/prctl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the order of their encoding (sys/ucontext.h). */
const int nativeSlots[MutatorRegisterLIMIT] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                               REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                               REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL};

unsigned char *nativeFxsave(const ucontext_t *ucontext) { return (unsigned char *)ucontext->uc_mcontext.fpregs; }

/* The selector of 32-bit code (Linux arch/x86/include/asm/segment.h, __USER32_CS). */
void nativeForeignCode(ucontext_t *ucontext) {
  greg_t *segments = &ucontext->uc_mcontext.gregs[REG_CSGSFS];
  *segments = (*segments & ~(greg_t)0xffff) | 0x23;
}

void nativeSettle(ucontext_t *ucontext) { (void)ucontext; }

MutatorBool nativeSegmentFS(MutatorWord *baseReturn) {
  if (syscall(SYS_arch_prctl, ARCH_GET_FS, baseReturn) != 0)
    nativeStopProgram("arch_prctl");
  return 1;
}

/* GS's base is free for programs to use: an odd one, at a low address. */
MutatorBool nativeSegmentGS(MutatorWord *baseReturn) {
  *baseReturn = 0x30001235;
  if (syscall(SYS_arch_prctl, ARCH_SET_GS, *baseReturn) != 0)
    nativeStopProgram("arch_prctl");
  return 1;
}

typedef struct CallStruct {
  void (*function)(void *closure);
  void *closure;
} CallStruct;

static void *call(void *closure) {
  const CallStruct *what = closure;
  what->function(what->closure);
  return NULL;
}

/* FS's base is where the thread's stack ends. */
void nativeRunLow(void (*function)(void *closure), void *closure) {
  const size_t size = (size_t)8 << 20;
  CallStruct what = {function, closure};
  void *stack = nativeMap((void *)(uintptr_t)0x20000000, size, NativeREADWRITE);
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstack(&attributes, stack, size) != 0 ||
      pthread_create(&thread, &attributes, call, &what) != 0 || pthread_join(thread, NULL) != 0)
    nativeStopProgram("a thread with a low stack");
}
