/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/macos/bench_record.h -- a stopped thread as a handler gets it, on macOS
 */

#ifndef mutator_bench_macos_bench_record_h
#define mutator_bench_macos_bench_record_h

#include "arch/registers.h"
#include "os/os.h"

/* What stops a thread at a closed page. */
#define BENCH_MEMORY SIGBUS

static inline MutatorRes benchInit(MutatorContext context, siginfo_t *info, ucontext_t *ucontext) {
  return MutatorContextInitSignal(context, info, ucontext);
}

static inline void benchMachine(Machine machine, ucontext_t *ucontext) {
  MutatorNativeStruct native; /* large: what is not looked at stays as it is */
  native.info = NULL;
  native.ucontext = ucontext;
  native.mach = NULL;
  mutatorOSMachine(&native, machine);
}

/* No program can choose a processor there. */
static inline void benchStay(void) {}

#endif
