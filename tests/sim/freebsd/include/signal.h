/* SPDX-License-Identifier: BSD-2-Clause
 *
 * FreeBSD's signals as its ABI has them on x86, as much as the port looks at,
 * for a build on another system (FreeBSD sys/sys/signal.h, sys/x86/include/ucontext.h).
 *
 * The names get out of the way of the machine's own headers.
 */

#ifndef SIM_FREEBSD_SIGNAL_H
#define SIM_FREEBSD_SIGNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define sigset_t sim_sigset_t
#define siginfo_t sim_siginfo_t
#define stack_t sim_stack_t
#define ucontext_t sim_ucontext_t
#define mcontext_t sim_mcontext_t
#define sigaction sim_sigaction
#define __register_t sim_register_t

typedef intptr_t __register_t;
typedef struct sigset_t {
  uint32_t bits[4];
} sigset_t;

enum { SIGILL = 4, SIGTRAP = 5, SIGFPE = 8, SIGBUS = 10, SIGSEGV = 11, SIGXFSZ = 25 };
enum {
  SEGV_MAPERR = 1,
  SEGV_ACCERR = 2,
  BUS_ADRALN = 1,
  BUS_ADRERR = 2,
  BUS_OBJERR = 3,
  TRAP_BRKPT = 1,
  TRAP_TRACE = 2
};
enum { FPE_INTDIV = 2, SI_USER = 0x10001, SI_QUEUE = 0x10002, SI_KERNEL = 0x10006, SI_LWP = 0x10007 };

typedef struct siginfo_t {
  int si_signo, si_errno, si_code;
  int32_t si_pid;
  uint32_t si_uid;
  int si_status;
  void *si_addr;
  void *si_value;
  union {
    int trapno;
    struct {
      long one;
      int seven[7];
    } spare;
  } reason;
} siginfo_t;
#define si_trapno reason.trapno

typedef struct stack_t {
  void *ss_sp;
  size_t ss_size;
  int ss_flags;
} stack_t;

struct sigaction {
  void (*sa_sigaction)(int, siginfo_t *, void *);
  int sa_flags;
  sigset_t sa_mask;
};

enum { _MC_HASFPXSTATE = 4, _MC_FPFMT_XMM = 0x10002 };
enum { _MC_FPOWNED_NONE = 0x20000, _MC_FPOWNED_FPU = 0x20001, _MC_FPOWNED_PCB = 0x20002 };

#include <sim_mcontext.h>

typedef struct ucontext_t {
  sigset_t uc_sigmask;
  mcontext_t uc_mcontext;
  struct ucontext_t *uc_link;
  stack_t uc_stack;
  int uc_flags;
  int spare[4];
} ucontext_t;

#endif
