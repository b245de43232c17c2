/* SPDX-License-Identifier: BSD-2-Clause
 *
 * macOS's signals as its ABI has them on x86-64, as much as the port looks at,
 * for a build on another system (XNU bsd/sys/signal.h).
 *
 * The names get out of the way of the machine's own headers.
 */

#ifndef SIM_MACOS_SIGNAL_H
#define SIM_MACOS_SIGNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define sigset_t sim_sigset_t
#define siginfo_t sim_siginfo_t
#define stack_t sim_stack_t
#define ucontext_t sim_ucontext_t
#define sigaction sim_sigaction

typedef uint32_t sigset_t;

enum { SIGILL = 4, SIGTRAP = 5, SIGFPE = 8, SIGBUS = 10, SIGSEGV = 11, SIGXFSZ = 25 };

typedef struct siginfo_t {
  int si_signo, si_errno, si_code;
  int32_t si_pid;
  uint32_t si_uid;
  int si_status;
  void *si_addr;
  void *si_value;
  long si_band;
  unsigned long pad[7];
} siginfo_t;

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

#include <sys/ucontext.h>

#endif
