/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/x86/store.h -- the instruction that faults: MOV [ECX], EAX
 */

#ifndef mutator_bench_x86_store_h
#define mutator_bench_x86_store_h

#define STORE_CODE "benchStore:\n  mov 4(%esp), %ecx\n  mov 8(%esp), %eax\nbenchStoreAt:\n  mov %eax, (%ecx)\n  ret\n"
#define STORE_LENGTH 2
#define STORE_CALL
#define STORE_BYTES 0x89, 0x01, 0xc3

#endif
