/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/signal/bench_record.h -- a stopped thread as a handler gets it, on Linux and FreeBSD
 */

#ifndef mutator_bench_signal_bench_record_h
#define mutator_bench_signal_bench_record_h

#include <sched.h>

#include "arch/registers.h"
#include "os/os.h"

/* What stops a thread at a closed page. */
#define BENCH_MEMORY SIGSEGV

static inline MutatorRes benchInit(MutatorContext context, siginfo_t *info, ucontext_t *ucontext) {
  return MutatorContextInitFault(context, info, ucontext);
}

static inline void benchMachine(Machine machine, ucontext_t *ucontext) {
  const MutatorNativeStruct native = {.info = NULL, .ucontext = ucontext};
  mutatorOSMachine(&native, machine);
}

/* On one processor, where the thread is now. */
static inline void benchStay(void) {
  cpu_set_t set;
  const int processor = sched_getcpu();
  if (processor < 0)
    return;
  CPU_ZERO(&set);
  CPU_SET((unsigned)processor, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

#endif
