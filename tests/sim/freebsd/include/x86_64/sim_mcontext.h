/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The registers of an x86-64 thread (FreeBSD sys/x86/include/ucontext.h).
 */
typedef struct mcontext_t {
  __register_t mc_onstack;
  __register_t mc_rdi, mc_rsi, mc_rdx, mc_rcx, mc_r8, mc_r9, mc_rax, mc_rbx;
  __register_t mc_rbp, mc_r10, mc_r11, mc_r12, mc_r13, mc_r14, mc_r15;
  uint32_t mc_trapno;
  uint16_t mc_fs, mc_gs;
  __register_t mc_addr;
  uint32_t mc_flags;
  uint16_t mc_es, mc_ds;
  __register_t mc_err, mc_rip, mc_cs, mc_rflags, mc_rsp, mc_ss;
  long mc_len, mc_fpformat, mc_ownedfp;
  long mc_fpstate[64] __attribute__((aligned(16)));
  __register_t mc_fsbase, mc_gsbase, mc_xfpustate, mc_xfpustate_len, mc_tlsbase;
  long mc_spare[3];
} mcontext_t;
