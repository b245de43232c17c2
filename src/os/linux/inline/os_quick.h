/* SPDX-License-Identifier: BSD-2-Clause
 *
 * os/linux/inline/os_quick.h -- what lies between a fault and its callback, where a call would be too slow
 */

#ifndef mutator_os_quick_h
#define mutator_os_quick_h

#include <signal.h>

#include "os/linux/linux.h"
#include "os/posix/posix.h"

/* Exception 14 is the page fault (Intel SDM volume 3, table 6-1); os/linux/fault.c says when that, and its error
 * code, are to be believed. */
static inline MutatorBool mutatorOSQuickGlance(const MutatorNativeStruct *native, OSGlance glance) {
  const siginfo_t *info = native->info;
  if (info->si_signo != SIGSEGV || (info->si_code != SEGV_MAPERR && info->si_code != SEGV_ACCERR) ||
      mutatorLinuxTrap(native->ucontext) != 14)
    return 0;
  glance->pc = mutatorLinuxPC(native->ucontext);
  glance->address = (MutatorWord)info->si_addr;
  glance->access = posixAccessOf(mutatorLinuxErrorCode(native->ucontext));
  return 1;
}

/* Each by itself, as they are in registers: not by way of memory, as one wider word. */
static inline void mutatorOSQuickNative(MutatorNativeStruct *to, const MutatorNativeStruct *from) {
  *(siginfo_t *volatile *)&to->info = from->info;
  *(ucontext_t *volatile *)&to->ucontext = from->ucontext;
}

/* The C library finds it by a call. */
static inline void mutatorOSQuickBegin(OSLocal local) { local->error = mutatorPosixError(); }

static inline MutatorWord mutatorOSQuickError(const OSLocalStruct *local) {
  return (MutatorWord) * (const int *)local->error;
}
static inline void mutatorOSQuickErrorSet(const OSLocalStruct *local, MutatorWord error) {
  *(int *)local->error = (int)error;
}

#endif
