/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/x86_64/store.h -- the instruction that faults: MOV [RDI], RSI
 */

#ifndef mutator_bench_x86_64_store_h
#define mutator_bench_x86_64_store_h

#define STORE_CODE "benchStore:\nbenchStoreAt:\n  mov %rsi, (%rdi)\n  ret\n"
#define STORE_LENGTH 3
#define STORE_CALL __attribute__((sysv_abi)) /* wherever it is called */
#define STORE_BYTES 0x48, 0x89, 0x37, 0xc3

#endif
