/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The states of an x86-64 thread (XNU osfmk/mach/i386/_structs.h, bsd/sys/_types/_ucontext.h).
 */

#ifndef SIM_MACOS_UCONTEXT_H
#define SIM_MACOS_UCONTEXT_H

#include <signal.h>

typedef struct x86_thread_state64_t {
  uint64_t __rax, __rbx, __rcx, __rdx, __rdi, __rsi, __rbp, __rsp;
  uint64_t __r8, __r9, __r10, __r11, __r12, __r13, __r14, __r15;
  uint64_t __rip, __rflags, __cs, __fs, __gs;
} x86_thread_state64_t;

typedef struct x86_exception_state64_t {
  uint16_t __trapno, __cpu;
  uint32_t __err;
  uint64_t __faultvaddr;
} x86_exception_state64_t;

/* What an FXSAVE area and the words around it have in common in all three. */
#define SIM_FLOAT                                       \
  int32_t reserved[2];                                  \
  uint16_t __fpu_fcw, __fpu_fsw;                        \
  uint8_t __fpu_ftw, reserved1;                         \
  uint16_t __fpu_fop;                                   \
  uint32_t __fpu_ip;                                    \
  uint16_t __fpu_cs, reserved2;                         \
  uint32_t __fpu_dp;                                    \
  uint16_t __fpu_ds, reserved3;                         \
  uint32_t __fpu_mxcsr, __fpu_mxcsrmask;                \
  uint8_t __fpu_stmm0[16], stmm[7][16];                 \
  uint8_t __fpu_xmm0[16], xmm[14][16], __fpu_xmm15[16]; \
  uint8_t reserved4[96];                                \
  int32_t reserved5;
#define SIM_AVX          \
  SIM_FLOAT              \
  uint8_t reserved6[64]; \
  uint8_t __fpu_ymmh0[16], ymmh[15][16];

typedef struct x86_float_state64_t {
  SIM_FLOAT
} x86_float_state64_t;
typedef struct x86_avx_state64_t {
  SIM_AVX
} x86_avx_state64_t;
typedef struct __attribute__((packed, aligned(4))) x86_avx512_state64_t {
  SIM_AVX
  uint8_t __fpu_k0[8], k[7][8], __fpu_zmmh0[32], zmmh[15][32], __fpu_zmm16[64], zmm[15][64];
} x86_avx512_state64_t;

#define SIM_CONTEXT(name, state)  \
  typedef struct name {           \
    x86_exception_state64_t __es; \
    x86_thread_state64_t __ss;    \
    state __fs;                   \
  } name;
SIM_CONTEXT(sim_mcontext, x86_float_state64_t)
SIM_CONTEXT(sim_mcontext_avx, x86_avx_state64_t)
SIM_CONTEXT(sim_mcontext_avx512, x86_avx512_state64_t)
#define _STRUCT_MCONTEXT64 sim_mcontext
#define _STRUCT_MCONTEXT_AVX64 sim_mcontext_avx
#define _STRUCT_MCONTEXT_AVX512_64 sim_mcontext_avx512

typedef struct ucontext_t {
  int uc_onstack;
  sigset_t uc_sigmask;
  stack_t uc_stack;
  struct ucontext_t *uc_link;
  uint64_t uc_mcsize;
  sim_mcontext *uc_mcontext;
} ucontext_t;

#endif
