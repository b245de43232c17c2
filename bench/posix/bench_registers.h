/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/posix/bench_registers.h -- a stopped thread's PC and flags, in place
 */

#ifndef mutator_bench_posix_bench_registers_h
#define mutator_bench_posix_bench_registers_h

#include <bench_record.h>

static inline MutatorWord *benchPC(ucontext_t *ucontext) {
  MachineStruct machine;
  benchMachine(&machine, ucontext);
  return machineRegister(&machine, MutatorRegisterPC);
}

static inline uint32_t *benchFlags(ucontext_t *ucontext) {
  MachineStruct machine;
  benchMachine(&machine, ucontext);
  return machineFlags(&machine);
}

#endif
