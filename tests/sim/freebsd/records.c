/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/sim/freebsd/records.c -- records of stopped threads, made with FreeBSD's own headers
 *
 * Compiled for FreeBSD; the section "records" of the object, as bytes, is
 * records_<cpu>.inc (tests/sim/records makes it, and scripts/cross compares).
 */

#include <sys/types.h>

#include <signal.h>
#include <stddef.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <ucontext.h>

#include <machine/segments.h>
#include <machine/trap.h>

#include "records.h"

/* As in mutator/context.h, which this system's headers do not know. */
enum {
  PROTECTION = 1,
  UNMAPPED = 2,
  BUS = 3,
  KEY = 5,
  MISALIGNED = 8,
  GENERAL = 9,
  ILLEGAL = 10,
  BREAKPOINT = 11,
  TRACE = 12,
  DIVIDE = 13,
  FLOATING = 14,
  ASYNC = 15,
  OTHER = 16
};
enum { ADDRESS = 1, CODE = 2, PASSED = 4 };

#define ROW(signal, code, trapNumber, expected, has)            \
  {                                                             \
    .info = {.si_signo = (signal),                              \
             .si_code = (code),                                 \
             .si_addr = (void *)0x12345678,                     \
             ._reason = {._fault = {._trapno = (trapNumber)}}}, \
    .trap = (trapNumber), .kind = (expected), .known = (has)    \
  }

/* An entry's size with so many bytes of its path. */
#define ENTRY(path) (offsetof(struct kinfo_vmentry, kve_path) + (path))

/* Registers by their number as instructions encode them: 0x0a00 + n. */
#define REG(n) (0x0a00 + (n))

__attribute__((section("records"))) const SimRecordsStruct simRecords =
    {.ucontextSize = sizeof(ucontext_t),
     .infoSize = sizeof(siginfo_t),
     .rows = SimROWS,
     .selector = GSEL(GUCODE_SEL, SEL_UPL),
     .ucontext.uc_mcontext =
         {
#ifdef __amd64__
             .mc_rax = REG(0),
             .mc_rcx = REG(1),
             .mc_rdx = REG(2),
             .mc_rbx = REG(3),
             .mc_rsp = REG(4),
             .mc_rbp = REG(5),
             .mc_rsi = REG(6),
             .mc_rdi = REG(7),
             .mc_r8 = REG(8),
             .mc_r9 = REG(9),
             .mc_r10 = REG(10),
             .mc_r11 = REG(11),
             .mc_r12 = REG(12),
             .mc_r13 = REG(13),
             .mc_r14 = REG(14),
             .mc_r15 = REG(15),
             .mc_rip = REG(16),
             .mc_rflags = REG(17),
             .mc_tlsbase = 0x0b09,
#else
             .mc_eax = REG(0),
             .mc_ecx = REG(1),
             .mc_edx = REG(2),
             .mc_ebx = REG(3),
             .mc_esp = REG(4),
             .mc_ebp = REG(5),
             .mc_esi = REG(6),
             .mc_edi = REG(7),
             .mc_eip = REG(8),
             .mc_eflags = REG(9),
             .mc_isp = 0x0b09,
#endif
             .mc_cs = GSEL(GUCODE_SEL, SEL_UPL),
             .mc_ss = GSEL(GUDATA_SEL, SEL_UPL),
             .mc_ds = GSEL(GUDATA_SEL, SEL_UPL),
             .mc_es = GSEL(GUDATA_SEL, SEL_UPL),
#ifdef __amd64__
             .mc_fs = GSEL(GUFS32_SEL, SEL_UPL),
             .mc_gs = GSEL(GUGS32_SEL, SEL_UPL),
#else
             .mc_fs = GSEL(GUFS_SEL, SEL_UPL),
             .mc_gs = GSEL(GUGS_SEL, SEL_UPL),
#endif
             .mc_err = 6,
             .mc_len = sizeof(mcontext_t),
             .mc_flags = _MC_HASSEGS | _MC_HASFPXSTATE,
             .mc_fpformat = _MC_FPFMT_XMM,
             .mc_ownedfp = _MC_FPOWNED_FPU,
             .mc_fsbase = 0x0b01,
             .mc_gsbase = 0x0b02,
             .mc_xfpustate = 0x0b03,
             .mc_xfpustate_len = 0x0b04,
             .mc_fpstate = {0x0b05, 0x0b06},
         },
     .ucontext.uc_stack = {.ss_sp = (void *)0x0b07, .ss_size = 0x0b08},
     .row =
         {
             ROW(SIGSEGV, SEGV_MAPERR, T_PAGEFLT, UNMAPPED, ADDRESS | CODE),
             ROW(SIGSEGV, SEGV_ACCERR, T_PAGEFLT, PROTECTION, ADDRESS | CODE),
             ROW(SIGSEGV, SEGV_PKUERR, T_PAGEFLT, KEY, ADDRESS | CODE),
             ROW(SIGBUS, T_PAGEFLT, T_PAGEFLT, PROTECTION, ADDRESS | CODE), /* UCODE_PAGEFLT */
             ROW(SIGBUS, BUS_OBJERR, T_PAGEFLT, BUS, ADDRESS | CODE),
             ROW(SIGBUS, BUS_OOMERR, T_PAGEFLT, BUS, ADDRESS | CODE),
             ROW(SIGBUS, BUS_OBJERR, T_PROTFLT, GENERAL, 0),
             ROW(SIGBUS, BUS_ADRERR, T_STKFLT, GENERAL, 0),
             ROW(SIGBUS, BUS_ADRERR, T_SEGNPFLT, GENERAL, 0),
             ROW(SIGBUS, BUS_ADRALN, T_ALIGNFLT, MISALIGNED, 0),
             ROW(SIGILL, ILL_PRVOPC, T_PRIVINFLT, ILLEGAL, 0),
             ROW(SIGILL, ILL_COPROC, T_FPOPFLT, ILLEGAL, 0),
             ROW(SIGTRAP, TRAP_BRKPT, T_BPTFLT, BREAKPOINT, PASSED),
             ROW(SIGTRAP, TRAP_TRACE, T_TRCTRAP, TRACE, 0),
             ROW(SIGFPE, FPE_INTDIV, T_DIVIDE, DIVIDE, 0),
             ROW(SIGFPE, FPE_FLTDIV, T_XMMFLT, FLOATING, 0),
             ROW(SIGFPE, FPE_FLTINV, T_ARITHTRAP, FLOATING, 0),
             /* Sent: kill(2), sigqueue(2), thr_kill(2), the kernel for reasons of its own, nobody says. */
             ROW(SIGSEGV, SI_USER, T_PAGEFLT, ASYNC, 0),
             ROW(SIGSEGV, SI_QUEUE, T_PAGEFLT, ASYNC, 0),
             ROW(SIGBUS, SI_LWP, T_PAGEFLT, ASYNC, 0),
             ROW(SIGSEGV, SI_KERNEL, T_PAGEFLT, ASYNC, 0),
             ROW(SIGSEGV, SI_NOINFO, T_PAGEFLT, ASYNC, 0),
             /* What nobody knows. */
             ROW(SIGSEGV, SEGV_ACCERR, T_ALIGNFLT, OTHER, 0),
             ROW(SIGSEGV, 77, T_PAGEFLT, OTHER, 0),
             ROW(SIGBUS, BUS_OBJERR, T_DOUBLEFLT, OTHER, 0),
             ROW(SIGTRAP, TRAP_DTRACE, T_DTRACE_RET, OTHER, 0),
         },
     .mib = {CTL_KERN, KERN_PROC, KERN_PROC_VMMAP, 0},
     .entry = {
         {.kve_structsize = ENTRY(8),
          .kve_type = KVME_TYPE_VNODE,
          .kve_start = 0x100000,
          .kve_end = 0x103000,
          .kve_offset = 0x0e01,
          .kve_vn_fileid = 0x0e02,
          .kve_vn_fsid = 0x0e03,
          .kve_flags = KVME_FLAG_COW | KVME_FLAG_NEEDS_COPY,
          .kve_protection = KVME_PROT_READ | KVME_PROT_EXEC | KVME_MAX_PROT_WRITE,
          .kve_path = "/bin/sh"},
         {.kve_structsize = ENTRY(0), .kve_type = KVME_TYPE_GUARD, .kve_start = 0x103000, .kve_end = 0x104000},
         {.kve_structsize = ENTRY(16),
          .kve_type = KVME_TYPE_SWAP,
          .kve_start = 0x200000,
          .kve_end = 0x202000,
          .kve_offset = 0x1000,
          .kve_obj = 0x0e04,
          .kve_flags = KVME_FLAG_POSIXSHM,
          .kve_protection = KVME_PROT_READ | KVME_PROT_WRITE},
     }};
