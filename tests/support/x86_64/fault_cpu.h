/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/x86_64/fault_cpu.h -- word-sized registers, in the assembler's words and by number
 *
 * rAX and so on, as Intel's manual writes a register of the machine's width.
 */

#ifndef mutator_tests_support_x86_64_fault_cpu_h
#define mutator_tests_support_x86_64_fault_cpu_h

#define rAX "%rax"
#define rCX "%rcx"
#define rDX "%rdx"
#define rBX "%rbx"
#define rSP "%rsp"
#define rBP "%rbp"
#define rSI "%rsi"
#define rDI "%rdi"
#define FAULT_TEST_CLOBBER_XMM0 "xmm0",
#define WORD_SIZE "8"
#define WORD_DATA ".quad "
#define WORD "q" /* the suffix of an instruction on a word */

#define FaultTestAX MutatorRegisterRAX
#define FaultTestCX MutatorRegisterRCX
#define FaultTestDX MutatorRegisterRDX
#define FaultTestBX MutatorRegisterRBX
#define FaultTestBP MutatorRegisterRBP
#define FaultTestSI MutatorRegisterRSI
#define FaultTestDI MutatorRegisterRDI
#define FAULT_TEST_GENERAL 16 /* general registers */

/* The vector registers, for the assembler's .irp, and how many. */
#define FAULT_TEST_XMM "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"
#define FAULT_TEST_XMMS 16
#define FAULT_TEST_ZMM "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define FAULT_TEST_ZMMS 32

/* Places where the system maps nothing unasked, and no base address that an instruction could hold by itself. */
#define FAULT_TEST_PLACE ((uintptr_t)0x200000000000)

/* Addresses that no program can have: not canonical, at the end of the lower half, the kernel's. */
#define FAULT_TEST_IMPOSSIBLE 0x8000000000000000, 0x00007ffffffffffe, 0xffff800000000000

#endif
