/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The registers of a 32-bit x86 thread (FreeBSD sys/x86/include/ucontext.h).
 */
typedef struct mcontext_t {
  __register_t mc_onstack, mc_gs, mc_fs, mc_es, mc_ds;
  __register_t mc_edi, mc_esi, mc_ebp, mc_isp, mc_ebx, mc_edx, mc_ecx, mc_eax;
  __register_t mc_trapno, mc_err, mc_eip, mc_cs, mc_eflags, mc_esp, mc_ss;
  int mc_len, mc_fpformat, mc_ownedfp;
  __register_t mc_flags;
  int mc_fpstate[128] __attribute__((aligned(16)));
  __register_t mc_fsbase, mc_gsbase, mc_xfpustate, mc_xfpustate_len;
  int mc_spare2[4];
} mcontext_t;
